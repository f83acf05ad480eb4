// Carries one message through one process.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agentroom/sdk/handler.hpp"
#include "processes.hpp"

namespace agentroom::handler_exec {

struct Limits {
  std::chrono::milliseconds timeout{0};  ///< 0: none
  std::size_t max_output = 0;
};

/// Why a run came to its end.
enum class Ending : std::uint8_t {
  kItself,  ///< the command ended by itself; `exit` says how
  kTimeout,
  kCancelled,
  kTooLarge,  ///< it wrote more than `max_output` and a newline
};

struct RunResult {
  Ending ending = Ending::kItself;
  ExitStatus exit;
  std::string output;      ///< all of standard output
  std::string errors_end;  ///< the last bytes of standard error, at most kErrorsKept
};

inline constexpr std::size_t kErrorsKept = std::size_t{4} * 1024;

///   [running] --the command ends----------------> [draining] --nobody holds its output, or the grace is over--> done
///       |
///       +--timeout, cancelled, too much output--> [ending] SIGTERM, later SIGKILL --the command ends--> done
///
/// Whatever is left of its process group is killed then. Thread: the one that started the process.
RunResult run(CommandProcess process, std::string_view input, const Limits& limits, const sdk::Cancel& cancel);

}  // namespace agentroom::handler_exec
