// The table [handler.exec] of the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/sdk/result.hpp"

namespace agentroom::handler_exec {

enum class Mode : std::uint8_t { kSpawn, kStream };

struct Settings {
  Mode mode = Mode::kSpawn;
  std::vector<std::string> argv;                     ///< at least the program
  std::chrono::milliseconds timeout{120'000};        ///< 0: none
  std::size_t max_output = std::size_t{128} * 1024;  ///< of the reply, in bytes
  std::string cwd;                                   ///< empty: as it is
  std::vector<std::string> env;                      ///< "NAME=value"
};

/// Errors, each naming the key: AR_INVALID.
sdk::Result<Settings> parse_settings(std::string_view toml);

}  // namespace agentroom::handler_exec
