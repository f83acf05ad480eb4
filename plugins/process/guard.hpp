// Ends the process groups of running commands when this process dies, however it dies.
#pragma once

#include <sys/types.h>

#include <memory>

#include "agentroom/sdk/result.hpp"
#include "descriptor.hpp"

namespace agentroom::process {

/// A process of its own that is told which groups run. Its socket reaches the end of file when the last process that
/// holds the other end is gone; then it kills every group that still runs and ends. (PR_SET_PDEATHSIG, which the kernel
/// ties to one thread and one child, reaches the command but not what the command started.)
class Guard {
 public:
  static sdk::Result<std::unique_ptr<Guard>> start();

  /// No command runs then.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Watches over a group. Async-signal-safe: the group's leader calls it itself before exec.
  void watch(pid_t group) const noexcept { tell(group); }

  /// To be called before the leader is reaped: from then on the number may be another's.
  void forget(pid_t group) const noexcept { tell(-group); }

 private:
  Guard(pid_t process, Descriptor socket) : process_(process), socket_(std::move(socket)) {}

  void tell(pid_t message) const noexcept;

  pid_t process_;
  Descriptor socket_;
};

}  // namespace agentroom::process
