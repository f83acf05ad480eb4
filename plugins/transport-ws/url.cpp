#include "url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace agentroom::ws {

namespace {

using sdk::fail;

constexpr std::size_t kMaxUrl = 2048;
constexpr std::string_view kHint = "Expected a URL like ws://localhost:8787/ws.";

/// What stands between "://" and the path.
std::string_view authority_of(std::string_view text) {
  const std::size_t begin = text.find("://") + 3;
  return text.substr(begin, text.find_first_of("/?#", begin) - begin);
}

}  // namespace

sdk::Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrl) return fail(AR_INVALID, "the server URL is longer than 2048 characters");
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (parsed.has_error() || !parsed->has_authority())
    return fail(AR_INVALID, "the server URL is malformed", std::string(kHint));
  const boost::urls::url_view& url = *parsed;
  // The parser ends a host that begins like an IPv4 address with it, and takes the rest for a path.
  if (std::string_view(url.encoded_authority()) != authority_of(text)) {
    return fail(AR_INVALID, "the server URL has a host that is neither a name nor an address", std::string(kHint));
  }

  Url out;
  if (url.scheme_id() == boost::urls::scheme::wss) {
    out.secure = true;
  } else if (url.scheme_id() != boost::urls::scheme::ws) {
    return fail(AR_UNSUPPORTED, "transport-ws cannot connect to " + std::string(url.scheme()) + ":// URLs",
                std::string(kHint));
  }
  if (url.has_userinfo()) return fail(AR_INVALID, "the server URL must not have a user name", std::string(kHint));
  if (url.has_fragment()) return fail(AR_INVALID, "the server URL must not have a #fragment", std::string(kHint));
  // The zone of a link-local address and other texts in brackets than IPv6 are no address for connect.
  if (url.host_type() == boost::urls::host_type::ipvfuture) {
    return fail(AR_INVALID, "the server URL has an address of an unknown kind", std::string(kHint));
  }
  out.host = url.host_address();
  if (out.host.empty()) return fail(AR_INVALID, "the server URL has no host", std::string(kHint));
  const auto is_graphic = [](char c) { return c > ' ' && c < '\x7f'; };
  if (out.host.starts_with('.') || !std::ranges::all_of(out.host, is_graphic)) {
    return fail(AR_INVALID, "the server URL has a host that is neither a name nor an address", std::string(kHint));
  }
  out.port = out.secure ? 443 : 80;
  if (const std::string_view digits = url.port(); !digits.empty()) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (error != std::errc() || end != digits.data() + digits.size() || out.port == 0) {
      return fail(AR_INVALID, "the server URL has an invalid port", std::string(kHint));
    }
  }
  const std::string_view target = url.encoded_target();
  out.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  out.host_header = url.encoded_host_and_port();
  return out;
}

}  // namespace agentroom::ws
