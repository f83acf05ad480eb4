// All chance of a run.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <random>

#include "agentroom/random.hpp"
#include "agentroom/time.hpp"

namespace agentroom::sim {

/// Everything that a run leaves to chance comes from its seed, keys and nonces too. The generator is the standard's
/// mt19937_64, whose sequence is specified.
class Dice : public Random {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  void fill(MutableByteView out) override {
    while (!out.empty()) {
      const std::uint64_t roll = engine_();
      const std::size_t size = std::min(out.size(), sizeof roll);
      std::memcpy(out.data(), &roll, size);
      out = out.subspan(size);
    }
  }
  /// 0 to n - 1. The slight bias of the remainder does not matter here, its being the same everywhere does.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  /// `from` to `to`, both included.
  std::uint32_t between(std::uint32_t from, std::uint32_t to) {
    return from + static_cast<std::uint32_t>(below(std::uint64_t{to} - from + 1));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  /// True so many times in a million.
  bool happens(std::uint32_t per_million) { return per_million != 0 && below(1'000'000) < per_million; }
  Duration up_to(Duration most) {
    return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return *(choices.begin() + below(choices.size()));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace agentroom::sim
