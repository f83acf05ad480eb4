#include "address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace agentroom::transport_loopback {

namespace {

struct Scheme {
  std::string_view prefix;
  std::string_view port;  // added when none is written; empty: must be written
};
constexpr std::array<Scheme, 3> kSchemes = {{{"loopback://", ""}, {"ws://", "80"}, {"wss://", "443"}}};

std::string canonical_host(std::string_view host) {
  std::string lower;
  for (const char c : host) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool own = lower.starts_with("127.") || lower == "0.0.0.0" || lower == "[::1]" || lower == "[::]";
  return own ? "localhost" : lower;
}

/// Where the port's colon is; an IPv6 address has colons of its own inside its brackets.
std::size_t port_colon(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  return colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket
             ? std::string_view::npos
             : colon;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = port_colon(text);
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Address address{canonical_host(text.substr(0, colon)), 0};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return address;
}

Url parse_url(std::string_view url) {
  for (const auto& [prefix, port] : kSchemes) {
    if (!url.starts_with(prefix)) continue;
    std::string authority(url.substr(prefix.size()));
    authority.resize(std::min(authority.find_first_of("/?#"), authority.size()));
    if (port_colon(authority) == std::string::npos && !port.empty()) authority += ':' + std::string(port);
    return {true, parse_address(authority)};
  }
  return {};
}

}  // namespace agentroom::transport_loopback
