#include "options.hpp"

#include <algorithm>
#include <utility>

#include "agentroom/sdk/units.hpp"
#include "curl_handles.hpp"

namespace agentroom::tunnel_cloudflared {
namespace {

constexpr std::string_view kReleases = "https://github.com/cloudflare/cloudflared/releases/download";
constexpr std::uint64_t kMaxDownload = std::uint64_t{128} * 1024 * 1024;

/// In the box that cloudflared draws around it; what it says of api.trycloudflare.com when that fails has none. A whole
/// line at level INF: other lines hold URLs that strangers asked for.
constexpr const char* kQuickTunnelUrl = R"(^\S+ INF \|\s+(https://[a-z0-9-]+\.trycloudflare\.com)\s+\|\s*$)";

/// It becomes part of a path and of a URL.
bool is_version(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && text.front() != '.' && std::all_of(text.begin(), text.end(), allowed);
}

sdk::Result<Pinned> read_pinned(const tunnel::Keys& keys) {
  auto version = keys.text("version");
  if (!version) return version.error();
  auto sha256 = keys.text("sha256");
  if (!sha256) return sha256.error();
  Pinned found = pinned(machine());
  if (version->has_value() != sha256->has_value()) {
    return sdk::fail(AR_INVALID, "version and sha256 belong together: another version has another digest",
                     "Take the digest of " + (found.asset.empty() ? "the file" : found.asset) +
                         " from cloudflared's release notes.");
  }
  if (!*version) return found;
  if (!is_version(**version)) {
    return sdk::fail(AR_INVALID, "version must be the name of a release of cloudflared, such as \"2026.5.2\"");
  }
  if (!is_sha256(**sha256)) {
    return sdk::fail(AR_INVALID, "sha256 must have 64 hexadecimal digits in lower case, not " +
                                     std::to_string((*sha256)->size()) + " characters of any kind");
  }
  found.version = **version;
  found.sha256 = **sha256;
  return found;
}

sdk::Status read_download(const tunnel::Keys& keys, Options& options) {
  DownloadOptions& download = options.download;
  auto base = keys.text("download_base");
  if (!base) return base.error();
  download.base = base->value_or(std::string(kReleases));
  while (download.base.ends_with('/')) download.base.pop_back();
  if (!download.base.starts_with("https://")) {
    return sdk::fail(AR_INVALID, "download_base must begin with https://");
  }
  const tunnel::UrlHandle url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, download.base.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    // Not shown: it may hold a password, which messages about the download would tell as well.
    return sdk::fail(AR_INVALID, "download_base must be the URL of a folder, without a user name or a password");
  }
  download.ca_file = options.settings.ca_file;
  download.retry_delay = options.settings.pace.restart_delay;
  if (auto read = keys.duration("connect_timeout", download.connect_timeout); !read) return read;
  if (auto read = keys.duration("stall_timeout", download.stall_timeout); !read) return read;
  auto max = keys.text("max_download");
  if (!max) return max.error();
  const auto bytes = *max ? sdk::parse_size(**max) : kMaxDownload;
  if (!bytes || *bytes == 0) return sdk::fail(AR_INVALID, R"(max_download must be a size such as "128MiB")");
  download.max_bytes = *bytes;
  return {};
}

/// A named tunnel's URL is configured at Cloudflare, and it does not tell it.
sdk::Status read_named(const tunnel::Keys& keys, Options& options) {
  auto token = keys.text("token");
  if (!token) return token.error();
  auto url = keys.text("public_url");
  if (!url) return url.error();
  options.token = token->value_or("");
  options.public_url = url->value_or("");
  if (options.token.empty() == options.public_url.empty()) return {};
  return options.token.empty()
             ? sdk::fail(AR_INVALID, "public_url is for a named tunnel, which needs its token too",
                         "A quick tunnel, without an account, gets its URL from Cloudflare: take public_url out.")
             : sdk::fail(AR_INVALID, "a named tunnel needs its public_url too, which cloudflared does not tell",
                         "Set public_url to the https:// name that the tunnel has at Cloudflare.");
}

}  // namespace

sdk::Result<Options> parse_options(std::string_view config) {
  const auto keys = tunnel::Keys::parse(config);
  if (!keys) return keys.error();
  auto settings = keys->common();
  if (!settings) return settings.error();
  auto found = read_pinned(*keys);
  if (!found) return found.error();
  auto written = keys->text("public_url_pattern");
  if (!written) return written.error();
  auto pattern = tunnel::UrlPattern::make("public_url_pattern", written->value_or(kQuickTunnelUrl));
  if (!pattern) return pattern.error();
  auto binary = keys->text("binary");
  if (!binary) return binary.error();
  auto protocol = keys->text("protocol");
  if (!protocol) return protocol.error();
  Options options{std::move(*settings),       std::move(*found),  {}, binary->value_or(""), {}, {},
                  protocol->value_or("auto"), std::move(*pattern)};
  if (sdk::Status read = read_download(*keys, options); !read) return read.error();
  if (sdk::Status read = read_named(*keys, options); !read) return read.error();
  return options;
}

}  // namespace agentroom::tunnel_cloudflared
