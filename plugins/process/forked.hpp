// What a process does between fork and exec. The process that forked has other threads, so only async-signal-safe calls
// are allowed here: no allocation, no lock, no exception.
#pragma once

#include <csignal>

namespace agentroom::process::forked {

/// Every signal as a fresh program expects it: not ignored, not handled, not blocked.
void reset_signals() noexcept;

/// Lets every descriptor from `first` on be closed by exec.
void close_on_exec_from(int first) noexcept;

/// Closes every descriptor but `kept`.
void close_all_but(int kept) noexcept;

}  // namespace agentroom::process::forked
