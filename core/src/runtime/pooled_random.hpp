// Randomness for a process that draws many nonces.
#pragma once

#include <array>

#include "base/random.hpp"

namespace agentroom::runtime {

/// The system's randomness; one system call brings public bytes for some dozen of calls. After a fork the child begins
/// anew. Thread: the owner's only.
class PooledRandom final : public Random {
 public:
  void fill(MutableByteView out) override { system_.fill(out); }
  void fill_public(MutableByteView out) override;

 private:
  SystemRandom system_;
  std::array<std::byte, 1'024> pool_{};
  std::size_t left_ = 0;  ///< at the end of `pool_`
  unsigned of_fork_ = 0;
};

}  // namespace agentroom::runtime
