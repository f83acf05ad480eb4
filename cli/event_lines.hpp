// What people see of an agent's events.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "agentroom/ids.hpp"
#include "output.hpp"

namespace agentroom::cli {

/// How a person sees a peer: its name when there is one, else the beginning of its key. Safe on a terminal.
std::string peer_text(std::string_view key, std::string_view name);
/// Text from a peer as people see it: escaped, later lines indented under the first.
std::string quote_text(std::string_view text);

/// One line, or several for a text of several; empty for events that say nothing to people. `event` is the object that
/// programs get, with `type` and `ts`; a member that is missing counts as empty.
std::string event_line(const Output& out, const boost::json::object& event);

}  // namespace agentroom::cli
