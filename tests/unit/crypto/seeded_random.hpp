// Reproducible randomness for tests: never the same bytes twice from one generator.
#pragma once

#include <sodium.h>

#include "agentroom/random.hpp"

namespace agentroom::crypto::test {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(unsigned char seed) : seed_{seed} {}
  void fill(MutableByteView out) override {
    seed_[31] = static_cast<unsigned char>(calls_);
    seed_[30] = static_cast<unsigned char>(calls_ >> 8);
    seed_[29] = static_cast<unsigned char>(calls_ >> 16);
    ++calls_;
    randombytes_buf_deterministic(out.data(), out.size(), seed_.data());
  }
  std::size_t calls() const { return calls_; }

 private:
  std::array<unsigned char, randombytes_SEEDBYTES> seed_{};
  std::size_t calls_ = 0;
};

}  // namespace agentroom::crypto::test
