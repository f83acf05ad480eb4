#include "config/server_url.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "config/home.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kLongestUrl = 2048;

bool is_scheme(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

Result<ServerChoice> chosen(const std::string& url, const std::string& origin, ErrorCode code) {
  if (const std::string what = what_is_wrong_with_server_url(url); !what.empty()) {
    return fail(code, origin + " " + what, "a relay's URL looks like wss://relay.example.org/ws");
  }
  return ServerChoice{url, origin, true, false};
}

}  // namespace

std::string what_is_wrong_with_server_url(const std::string& url) {
  const std::string shown = "\"" + printable(url.substr(0, kLongestUrl)) + "\"";
  const std::size_t colon = url.find("://");
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (colon == std::string::npos || !is_scheme(std::string_view(url).substr(0, colon)) || colon + 3 == url.size() ||
      !plain) {
    return "must be a URL such as \"wss://relay.example.org/ws\", not " + shown;
  }
  if (url.size() > kLongestUrl) return "must be at most " + std::to_string(kLongestUrl) + " characters long";
  if (url.starts_with("http://") || url.starts_with("https://")) {
    return "must begin with ws:// or wss://, not " + shown;
  }
  return {};
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
