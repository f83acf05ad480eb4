#include "config/server_url.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/text.hpp"
#include "config/address.hpp"
#include "config/home.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kLongestUrl = 2048;

bool is_scheme(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

bool is_port(std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port >= 1 && port <= 65'535;
}

/// The same as `what_is_wrong_with_server_url` for `host[:port]` of a WebSocket URL.
std::string what_is_wrong_with_authority(std::string_view authority) {
  std::string_view host = authority;
  std::optional<std::string_view> port;
  const std::size_t bracket = authority.find(']');
  const bool is_bracketed = authority.starts_with('[');
  const std::size_t colon = authority.find(':', is_bracketed && bracket != std::string_view::npos ? bracket : 0);
  if (colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (is_bracketed) {
    const bool closed = host.ends_with(']') && host.size() > 2;
    if (!closed || !is_ip_address(std::string(host.substr(1, host.size() - 2)))) {
      return "must have an IPv6 address between its brackets";
    }
  } else if (host.empty()) {
    return "must name a host, such as \"wss://relay.example.org/ws\"";
  }
  if (port && port->find(':') != std::string_view::npos) return "must have brackets around its IPv6 address";
  if (port && !is_port(*port)) {
    return "must have a port from 1 to 65535, not \"" + printable(*port) + "\"";
  }
  return {};
}

Result<ServerChoice> chosen(const std::string& url, const std::string& origin, ErrorCode code) {
  if (const std::string what = what_is_wrong_with_server_url(url); !what.empty()) {
    return fail(code, origin + " " + what,
                "a relay's URL looks like wss://relay.example.org/ws; on this machine: ws://localhost:8787/ws");
  }
  return ServerChoice{url, origin, true, false};
}

}  // namespace

std::string what_is_wrong_with_server_url(const std::string& url) {
  const std::string shown = "\"" + printable(url.substr(0, kLongestUrl)) + "\"";
  const std::size_t colon = url.find("://");
  const std::string_view rest = colon == std::string::npos ? url : std::string_view(url).substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  // A password is shown nowhere, whatever else is wrong with the URL around it.
  if (authority.find('@') != std::string_view::npos) return "must not hold a user name or a password";
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (colon == std::string::npos || !is_scheme(std::string_view(url).substr(0, colon)) || colon + 3 == url.size() ||
      !plain) {
    return "must be a URL such as \"wss://relay.example.org/ws\", not " + shown;
  }
  if (url.size() > kLongestUrl) return "must be at most " + std::to_string(kLongestUrl) + " characters long";
  if (url.starts_with("http://") || url.starts_with("https://")) {
    return "must begin with ws:// or wss://, not " + shown;
  }
  if (!url.starts_with("ws://") && !url.starts_with("wss://")) return {};
  if (url.find('#') != std::string::npos) return "must not have a #fragment";
  return what_is_wrong_with_authority(authority);
}

Result<ServerChoice> choose_server(const std::optional<std::string>& flag, const Environment& environment,
                                   const std::optional<std::string>& configured, const Home& home) {
  if (flag) {
    auto choice = chosen(*flag, "--server", ErrorCode::kUsage);
    if (choice) choice->flag = true;
    return choice;
  }
  if (const auto variable = non_empty(environment, "AGENTROOM_SERVER")) {
    return chosen(*variable, "AGENTROOM_SERVER", ErrorCode::kUsage);
  }
  if (configured) return ServerChoice{*configured, "configuration", true, false};
  auto kept = home.server_url();
  if (!kept) return pass(kept);
  if (*kept) return chosen(**kept, home.server_url_file().string(), ErrorCode::kConfig);
  return ServerChoice{kDefaultServer, "default", false, false};
}

}  // namespace agentroom::config
