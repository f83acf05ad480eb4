// The names under which listeners of one process are found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentroom::transport_loopback {

struct Address {
  std::string host;  ///< lower case; "localhost" for every name of the own machine
  std::uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

/// "127.0.0.1:8787", "[::1]:0", "relay:1"; nothing when it is not host:port.
std::optional<Address> parse_address(std::string_view text);

struct Url {
  bool known_scheme = false;       ///< loopback, ws or wss
  std::optional<Address> address;  ///< with the scheme's port (80, 443; loopback has none) when none is written
};

/// Whatever follows the authority is ignored.
Url parse_url(std::string_view url);

}  // namespace agentroom::transport_loopback
