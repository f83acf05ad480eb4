// The table [transport.ws] of the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::ws {

/// The files of TLS; empty where none is named.
struct TlsFiles {
  std::string cert_file;  ///< a listener's, with its key
  std::string key_file;
  std::string ca_file;  ///< the authorities that servers must show, in place of the system's
};

struct Config {
  std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
  std::size_t max_requests = 1024;
  TlsFiles tls;
};

/// Errors: AR_INVALID, naming the key.
sdk::Result<Config> parse_config(std::string_view toml);

}  // namespace agentroom::ws
