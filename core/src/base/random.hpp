// The system's randomness.
#pragma once

#include "agentroom/random.hpp"

namespace agentroom {

/// libsodium's generator. Thread: any.
class SystemRandom final : public Random {
 public:
  void fill(MutableByteView out) override;
  /// From what one system call brought for some dozen of calls. A thread has its own, and a child process begins anew.
  void fill_public(MutableByteView out) override;
};

}  // namespace agentroom
