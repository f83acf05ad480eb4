// Time as the engines see it: handed in with every event, never read by them.
#pragma once

#include <chrono>
#include <cstdint>

namespace agentroom {

using Duration = std::chrono::microseconds;

/// Milliseconds since the Unix epoch. Expiry dates and timestamps; may jump when the clock is set.
using UnixMs = std::int64_t;

/// One reading of both clocks.
struct Now {
  Duration steady{};  ///< monotonic, from an arbitrary origin; timeouts and rates
  UnixMs unix_ms = 0;
};

/// Reads the real or a simulated clock. Thread: any.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

}  // namespace agentroom
