// The table [tunnel.cloudflared].
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"
#include "pinned.hpp"
#include "settings.hpp"
#include "url_pattern.hpp"

namespace agentroom::tunnel_cloudflared {

struct DownloadOptions {
  std::string base;     ///< VERSION/ASSET follow
  std::string ca_file;  ///< PEM; empty: the authorities of the system
  std::uint64_t max_bytes = 0;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds retry_delay{1'000};
};

struct Options {
  tunnel::Settings settings;
  Pinned pinned;
  DownloadOptions download;
  std::string binary;      ///< empty: looked for
  std::string token;       ///< of a named tunnel; empty: a quick one
  std::string public_url;  ///< of a named tunnel
  std::string protocol;    ///< "auto", "quic", "http2"
  tunnel::UrlPattern pattern;
};

/// Errors: AR_INVALID.
sdk::Result<Options> parse_options(std::string_view config);

}  // namespace agentroom::tunnel_cloudflared
