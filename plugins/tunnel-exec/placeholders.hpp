// Puts the relay's address into a command.
#pragma once

#include <string>
#include <vector>

#include "local_listener.hpp"

namespace agentroom::tunnel_exec {

/// Within each argument {host}, {port} and {url} (http://host:port) become the listener's; what else stands in braces
/// stays. An argument stays one argument, whatever is put into it.
std::vector<std::string> filled(const std::vector<std::string>& arguments, const tunnel::LocalListener& listener);

bool has_placeholder(const std::string& text);

/// The same for a line of shell, where text must not be put into text: AGENTROOM_LOCAL_HOST, AGENTROOM_LOCAL_PORT and
/// AGENTROOM_LOCAL_URL, each "NAME=value".
std::vector<std::string> variables(const tunnel::LocalListener& listener);

}  // namespace agentroom::tunnel_exec
