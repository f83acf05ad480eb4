// What a URL that a program printed means for a relay.
#pragma once

#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::tunnel {

struct PublicUrl {
  std::string channel;  ///< "wss://name.example/ws"
  std::string https;    ///< "https://name.example"
  std::string health;   ///< "https://name.example/health"
};

/// `printed`: http:// or https:// with a host and maybe a port and a path, below which the relay then is.
/// Errors: AR_INVALID.
sdk::Result<PublicUrl> public_url(const std::string& printed, std::string_view health_path);

}  // namespace agentroom::tunnel
