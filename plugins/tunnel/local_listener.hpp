// The relay's own listener, as a program on this machine reaches it.
#pragma once

#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::tunnel {

struct LocalListener {
  std::string host;  ///< "127.0.0.1", "[::1]", a name
  std::string port;
  bool tls = false;

  std::string address() const { return host + ":" + port; }
  std::string url() const { return (tls ? "https://" : "http://") + address(); }
};

/// `address`: host:port as it listens; one that stands for all addresses becomes the loopback one. `scheme`: "ws" or
/// "wss".
sdk::Result<LocalListener> local_listener(std::string_view address, std::string_view scheme);

}  // namespace agentroom::tunnel
