#include "agentroom/abi/types.h"
#include "commands.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {

int run(const VersionCommand& /*command*/, const GlobalOptions& /*globals*/, Output& out) {
  const std::string abi = std::to_string(AR_ABI_MAJOR) + "." + std::to_string(AR_ABI_MINOR);
  out.result({{"version", AGENTROOM_VERSION}, {"protocol", protocol::kProtocolVersion}, {"plugin_abi", abi}});
  out.line("agentroom " AGENTROOM_VERSION);
  return 0;
}

}  // namespace agentroom::cli
