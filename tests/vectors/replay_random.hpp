// Randomness that was written down.
#pragma once

#include <deque>
#include <stdexcept>

#include "agentroom/random.hpp"

namespace agentroom::vectors {

/// Hands out the given pieces in order; each call must ask for exactly one.
class ReplayRandom final : public Random {
 public:
  void expect(Bytes piece) { pieces_.push_back(std::move(piece)); }
  bool used_up() const { return pieces_.empty(); }

  void fill(MutableByteView out) override {
    if (pieces_.empty() || pieces_.front().size() != out.size()) throw std::runtime_error("randomness not foreseen");
    std::ranges::copy(pieces_.front(), out.begin());
    pieces_.pop_front();
  }

 private:
  std::deque<Bytes> pieces_;
};

}  // namespace agentroom::vectors
