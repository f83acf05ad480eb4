#include "protocol/told_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "protocol/server_url.hpp"

namespace agentroom::protocol {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view after_scheme(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == std::string_view::npos ? std::string_view() : url.substr(end + 3);
}

/// In small letters, without port and brackets.
std::string host_of(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.starts_with('[')) {
    authority = authority.substr(1, authority.find(']') - 1);
  } else {
    authority = authority.substr(0, authority.find(':'));
  }
  std::string host(authority);
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool is_here(const std::array<std::uint8_t, 4>& ip) {
  return ip[0] == 127 || ip[0] == 0 || (ip[0] == 169 && ip[1] == 254);
}

bool is_here(const std::array<std::uint8_t, 16>& ip) {
  if (ip[0] == 0xfe && (ip[1] & 0xc0U) == 0x80) return true;
  const auto zeros = [&](std::size_t count) { return std::all_of(ip.begin(), ip.begin() + count, std::logical_not{}); };
  const bool mapped = zeros(10) && ip[10] == 0xff && ip[11] == 0xff;
  // ::1 and :: are among the compatible ones, as 0.0.0.1 and 0.0.0.0.
  return (mapped || zeros(12)) && is_here(std::array<std::uint8_t, 4>{ip[12], ip[13], ip[14], ip[15]});
}

template <std::size_t Bytes>
std::optional<std::array<std::uint8_t, Bytes>> parse(int family, const std::string& host) {
  std::array<std::uint8_t, Bytes> ip{};
  if (inet_pton(family, host.c_str(), ip.data()) != 1) return std::nullopt;
  return ip;
}

/// 2130706433, 0x7f.1 and 127.1 are addresses to a resolver, too, as the last label tells.
bool ends_in_a_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return last.starts_with("0x") || (!last.empty() && std::ranges::all_of(last, is_digit));
}

bool is_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

bool is_told_url(std::string_view url) {
  if (!is_bare_server_url(url)) return false;
  const std::string_view rest = after_scheme(url);
  const std::size_t path = rest.find('/');
  return path != std::string_view::npos && rest.substr(path).ends_with("/ws");
}

bool leads_here(std::string_view url) {
  const std::string host = host_of(url);
  if (const auto ip = parse<4>(AF_INET, host)) return is_here(*ip);
  if (const auto ip = parse<16>(AF_INET6, host)) return is_here(*ip);
  return !is_name(host) || ends_in_a_number(host) || host == "localhost" || host.ends_with(".localhost");
}

}  // namespace agentroom::protocol
