// The URL of a relay as invites and peers give it (protocol sections 2 and 5).
#pragma once

#include <algorithm>
#include <string_view>

#include "protocol/limits.hpp"

namespace agentroom::protocol {

/// `ws://` or `wss://`, then a host, in printable ASCII without spaces, of bounded length. What a transport makes of
/// the rest is its own.
inline bool is_server_url(std::string_view url) {
  if (url.size() > kServerUrlBytes) return false;
  for (const std::string_view scheme : {std::string_view("wss://"), std::string_view("ws://")}) {
    if (!url.starts_with(scheme)) continue;
    const auto rest = url.substr(scheme.size());
    return !rest.empty() && std::string_view("/?#:@").find(rest.front()) == std::string_view::npos &&
           std::ranges::all_of(rest, [](char c) { return c > 0x20 && c < 0x7f; });
  }
  return false;
}

/// A server URL of scheme, host, port and path alone: no user name, no query, no fragment. What one side dials for the
/// other has no more than these.
inline bool is_bare_server_url(std::string_view url) {
  return is_server_url(url) && url.find_first_of("?#@\\") == std::string_view::npos;
}

}  // namespace agentroom::protocol
