// The SHA-256 of a file.
#pragma once

#include <optional>
#include <string>

namespace agentroom::tunnel_cloudflared {

/// Of all that the descriptor's file holds, as 64 hexadecimal digits in lower case; nothing when it cannot be read.
std::optional<std::string> sha256_of(int descriptor);

}  // namespace agentroom::tunnel_cloudflared
