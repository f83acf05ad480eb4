// The environment of a tunnel's program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentroom::tunnel {

/// That of this process without the relay's secret and without variables that begin with one of `left_out`, and with
/// `more`, each "NAME=value", replacing. A program is asked to write no colours.
std::vector<std::string> environment(const std::vector<std::string_view>& left_out,
                                     const std::vector<std::string>& more);

}  // namespace agentroom::tunnel
