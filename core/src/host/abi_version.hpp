// The version of the plugin boundary that this host speaks.
#pragma once

#include <string>

namespace agentroom::host {

/// "MAJOR.MINOR".
std::string abi_version();

}  // namespace agentroom::host
