#include "config/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace agentroom::config {
namespace {

bool is_ip(int family, const std::string& text) {
  in6_addr address{};
  // inet_pton reads no further than a zero.
  return text.find('\0') == std::string::npos && inet_pton(family, text.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

}  // namespace

std::string ListenAddress::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + std::to_string(port);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  ListenAddress address;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;

  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    address.host = host.substr(1, host.size() - 2);
    if (!is_ip(AF_INET6, address.host)) return std::nullopt;
  } else {
    address.host = host;
    if (!is_host_name(host)) return std::nullopt;
  }
  return address;
}

bool is_ip_address(const std::string& text) {
  return is_ip(AF_INET, text) || is_ip(AF_INET6, text);
}

}  // namespace agentroom::config
