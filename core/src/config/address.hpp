// Where a relay listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentroom::config {

/// `host:port`, an IPv6 host in brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0 picks a free one

  std::string text() const;
};

/// Nothing unless `text` is a host (a name, an IPv4 address, or an IPv6 address in brackets), a colon and a port.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// A numeric IPv4 or IPv6 address without port.
bool is_ip_address(const std::string& text);

}  // namespace agentroom::config
