// Where this machine is found on its own network.
#pragma once

#include <string>
#include <vector>

namespace agentroom::cli {

/// The IPv4 addresses of interfaces that are up, have a carrier and are not loopback, at most four, in the system's
/// order.
std::vector<std::string> local_addresses();

}  // namespace agentroom::cli
