// The one version of cloudflared that is downloaded.
#pragma once

#include <string>
#include <string_view>

namespace agentroom::tunnel_cloudflared {

struct Pinned {
  std::string version;  ///< "2026.5.2"
  std::string asset;    ///< the file of the release: "cloudflared-linux-amd64"; empty: none for this machine
  std::string sha256;   ///< 64 hexadecimal digits in lower case
};

/// `machine`: as uname -m says it. docs/operations.md has how to move the table on.
Pinned pinned(std::string_view machine);

/// Of this machine.
std::string machine();

bool is_sha256(std::string_view text);

}  // namespace agentroom::tunnel_cloudflared
