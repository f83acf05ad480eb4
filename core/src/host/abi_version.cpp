#include "host/abi_version.hpp"

#include "agentroom/abi/types.h"

namespace agentroom::host {

std::string abi_version() {
  return std::to_string(AR_ABI_MAJOR) + "." + std::to_string(AR_ABI_MINOR);
}

}  // namespace agentroom::host
