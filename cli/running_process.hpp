// Another process, told apart from a later one that has its pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "agentroom/result.hpp"

namespace agentroom::cli {

/// A pid is used again; together with the boot and the moment at which its process started it is not.
struct ProcessMark {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< clock ticks from the boot to its start
  std::string boot;         ///< the kernel's id of this boot

  bool operator==(const ProcessMark&) const = default;
};

/// Errors: kIo (no /proc).
Result<ProcessMark> mark_of_this_process();

/// A running process that is held by a descriptor: what is sent reaches it or nobody.
class RunningProcess {
 public:
  /// Nothing when the process has ended or its pid belongs to another one. Errors: kIo (the system does not tell).
  static Result<std::optional<RunningProcess>> find(const ProcessMark& mark);
  RunningProcess(RunningProcess&& other) noexcept;
  RunningProcess& operator=(RunningProcess&& other) noexcept;
  ~RunningProcess();

  /// Sends SIGTERM. Errors: kPermission (another user's), kNotFound (it has just ended).
  Result<void> ask_to_end();
  /// True once it has ended; false after `timeout`.
  bool wait(std::chrono::milliseconds timeout);

 private:
  explicit RunningProcess(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace agentroom::cli
