// Whose address a connection counts for (protocol section 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/transport.hpp"

namespace agentroom::relay {

/// 16 bytes as IPv6 writes them; IPv4 as ::ffff:a.b.c.d.
using IpAddress = FixedBytes<struct IpAddressTag, 16>;

/// Numeric only.
std::optional<IpAddress> parse_address(std::string_view text);

/// What limits count by: an IPv4 address, or the /64 of an IPv6 one.
IpAddress limit_key(const IpAddress& address);

/// The /48 that such a key lies in, in a form that is no key; nothing for IPv4. Whoever rents a server has one.
std::optional<IpAddress> site_of(const IpAddress& key);

struct ClientAddress {
  std::string text;              ///< printable; empty where the transport has none
  std::optional<IpAddress> key;  ///< nothing: no limit by address applies
};

/// Reads the addresses that proxies report, believing only those that were named.
class TrustedProxies {
 public:
  /// `shared`: addresses that many clients come from; they have no key.
  explicit TrustedProxies(const std::vector<std::string>& addresses, const std::vector<std::string>& shared = {});

  /// The peer's own address, unless it is a trusted proxy: then the last address of X-Forwarded-For that is none, since
  /// each proxy appends the one it saw; without such a header CF-Connecting-IP.
  ClientAddress client(const PeerInfo& peer) const;

 private:
  bool trusts(const IpAddress& address) const;

  std::vector<IpAddress> trusted_;
  std::vector<IpAddress> shared_;
};

}  // namespace agentroom::relay
