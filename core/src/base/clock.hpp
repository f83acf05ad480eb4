// The system's clocks.
#pragma once

#include "agentroom/time.hpp"

namespace agentroom {

/// CLOCK_MONOTONIC and CLOCK_REALTIME. Thread: any.
class SystemClock final : public Clock {
 public:
  Now now() const override;
};

}  // namespace agentroom
