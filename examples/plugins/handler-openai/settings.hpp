// The table [handler.openai] of the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agentroom/sdk/result.hpp"

namespace openai {

namespace sdk = agentroom::sdk;

struct Settings {
  std::string model;
  std::string api_key;  ///< a secret: in no message and no log; empty: none
  std::string base_url = "https://api.openai.com/v1";
  std::string system;
  std::int64_t max_tokens = 4'096;
  std::size_t history = 10;
  std::size_t turns = 50;
  std::chrono::milliseconds period = std::chrono::hours(24);
  std::chrono::milliseconds timeout = std::chrono::seconds(100);
  unsigned retries = 4;
  std::chrono::milliseconds backoff{500};
};

/// Errors: AR_INVALID, naming the key.
sdk::Result<Settings> parse_settings(std::string_view toml);

}  // namespace openai
