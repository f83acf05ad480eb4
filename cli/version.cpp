#include "commands.hpp"
#include "host/abi_version.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {

int run(const VersionCommand& /*command*/, const GlobalOptions& /*globals*/, Output& out) {
  out.result(
      {{"version", AGENTROOM_VERSION}, {"protocol", protocol::kProtocolVersion}, {"plugin_abi", host::abi_version()}});
  out.line("agentroom " AGENTROOM_VERSION);
  return 0;
}

}  // namespace agentroom::cli
