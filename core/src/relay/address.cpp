#include "relay/address.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kLongestAddress = 45;  // an IPv6 address with an embedded IPv4 one
constexpr std::size_t kMappedPrefix = 12;    // ::ffff:0:0/96

bool is_ipv4(const IpAddress& address) {
  const ByteView bytes = address.view();
  return std::ranges::all_of(bytes.first(10), [](std::byte b) { return b == std::byte{0}; }) &&
         bytes[10] == std::byte{0xff} && bytes[11] == std::byte{0xff};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<IpAddress> parse_all(const std::vector<std::string>& texts) {
  std::vector<IpAddress> addresses;
  for (const std::string& text : texts) {
    if (auto address = parse_address(text)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  if (text.empty() || text.size() > kLongestAddress) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would read no further
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  address.mutable_view()[10] = address.mutable_view()[11] = std::byte{0xff};
  if (inet_pton(AF_INET, terminated.c_str(), address.data() + kMappedPrefix) == 1) return address;
  return std::nullopt;
}

IpAddress limit_key(const IpAddress& address) {
  if (is_ipv4(address)) return address;
  IpAddress network = address;
  std::ranges::fill(network.mutable_view().last<8>(), std::byte{0});
  return network;
}

std::optional<IpAddress> site_of(const IpAddress& key) {
  if (is_ipv4(key)) return std::nullopt;
  IpAddress site = key;
  std::ranges::fill(site.mutable_view().last<10>(), std::byte{0});
  site.mutable_view().back() = std::byte{48};
  return site;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& addresses, const std::vector<std::string>& shared)
    : trusted_(parse_all(addresses)), shared_(parse_all(shared)) {}

bool TrustedProxies::trusts(const IpAddress& address) const {
  return std::ranges::find(trusted_, address) != trusted_.end();
}

ClientAddress TrustedProxies::client(const PeerInfo& peer) const {
  const auto known = [&](std::string_view text, const IpAddress& address) {
    const bool shared = std::ranges::find(shared_, address) != shared_.end();
    return ClientAddress{std::string(text), shared ? std::nullopt : std::optional(limit_key(address))};
  };
  const auto own = parse_address(peer.address);
  if (!own) return {printable(peer.address), std::nullopt};
  if (!trusts(*own)) return known(peer.address, *own);

  for (std::string_view rest = peer.forwarded_for; !rest.empty();) {
    const std::size_t comma = rest.rfind(',');
    const std::string_view last = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
    const auto address = parse_address(last);
    // What stands before something unreadable was written by nobody we believe.
    if (!address) return known(peer.address, *own);
    if (!trusts(*address)) return known(last, *address);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
  }
  const std::string_view cloudflare = trimmed(peer.cf_connecting_ip);
  if (const auto address = parse_address(cloudflare)) return known(cloudflare, *address);
  return known(peer.address, *own);
}

}  // namespace agentroom::relay
