// The table [transport.ws] of the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace agentroom::ws {

struct Config {
  std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
  std::size_t max_requests = 1024;
};

/// Errors: AR_INVALID, naming the key.
sdk::Result<Config> parse_config(std::string_view toml);

}  // namespace agentroom::ws
