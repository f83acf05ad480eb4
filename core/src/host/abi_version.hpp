// The version of the plugin boundary that this host speaks.
#pragma once

#include <string>

#include "agentroom/abi/types.h"

namespace agentroom::host {

/// "MAJOR.MINOR".
inline std::string abi_version() {
  return std::to_string(AR_ABI_MAJOR) + "." + std::to_string(AR_ABI_MINOR);
}

}  // namespace agentroom::host
