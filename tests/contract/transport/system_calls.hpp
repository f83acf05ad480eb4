// Calls of the system that a test may have fail or take long: the plugin finds those of this program first.
#pragma once

#include <atomic>
#include <chrono>

namespace agentroom::conformance {

/// While set, nothing more can be watched: epoll_ctl says ENOSPC.
inline std::atomic<bool> watches_are_exhausted = false;
/// Looking up a host whose name begins with "slow." takes so long, and finds nothing.
inline constexpr std::chrono::milliseconds kSlowLookup{400};

}  // namespace agentroom::conformance
