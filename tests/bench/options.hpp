// What the command line asks for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace agentroom::bench {

enum class ServerKind : std::uint8_t { kRelay, kMosquitto, kJetStream };

struct Options {
  std::string mode;
  ServerKind server = ServerKind::kRelay;
  std::size_t pairs = 100;
  std::size_t window = 64;  ///< messages of a pair on their way at once
  std::size_t payload = 256;
  double seconds = 3;
  double warm_up = 1;
  std::uint64_t messages = 100'000;    ///< of drain and start
  std::uint64_t rate = 0;              ///< messages a second of an open loop; 0: a closed one
  std::uint64_t connections = 10'000;  ///< of idle
  std::uint64_t most_bytes = 0;        ///< idle fails above it; 0: never
  std::size_t runs = 1;
  bool system_calls = false;  ///< of the server, counted; for route and queue
  bool json = false;
  std::filesystem::path agentroom;  ///< the program
  std::filesystem::path folder;     ///< where servers keep their files, in a folder that goes with them
};

/// Nothing when the process is to end at once, with `exit_code`.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace agentroom::bench
