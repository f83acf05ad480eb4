// The environment of a tunnel's program.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace agentroom::tunnel {

/// The variables of this process whose name `passes`, and `more`, each "NAME=value", replacing. A program is asked to
/// write no colours.
std::vector<std::string> environment(const std::function<bool(std::string_view name)>& passes,
                                     const std::vector<std::string>& more);

/// As the names of secrets end: _KEY, _TOKEN, _SECRET, _PASSWORD, in capitals or not.
bool names_a_secret(std::string_view name);

}  // namespace agentroom::tunnel
