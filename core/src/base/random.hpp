// The system's randomness.
#pragma once

#include "agentroom/random.hpp"

namespace agentroom {

/// libsodium's generator. Thread: any.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView out) override;
};

}  // namespace agentroom
