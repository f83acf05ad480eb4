// How long things took: a histogram whose buckets are 3 % wide.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace agentroom::bench {

class Latency {
 public:
  void add(std::chrono::nanoseconds time) {
    const auto ns = static_cast<std::uint64_t>(time.count() < 0 ? 0 : time.count());
    ++counts_[bucket(ns)];
    ++count_;
  }

  void clear() { *this = {}; }
  std::uint64_t count() const { return count_; }

  /// In microseconds: so many of a hundred took no longer. 0 when nothing was added.
  double percentile(double percent) const {
    if (count_ == 0) return 0;
    const double wanted = percent / 100 * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (counts_[i] > 0 && static_cast<double>(seen) >= wanted) return middle(i) / 1000;
    }
    return middle(counts_.size() - 1) / 1000;
  }

 private:
  // 32 buckets for each power of two; below 64 ns one for each nanosecond.
  static constexpr int kSplit = 5;
  static constexpr std::size_t kBuckets = (64 - kSplit) << kSplit;

  static std::size_t bucket(std::uint64_t ns) {
    const int power = static_cast<int>(std::bit_width(ns | 1)) - 1;
    if (power <= kSplit) return static_cast<std::size_t>(ns);
    const int shift = power - kSplit;
    return (static_cast<std::size_t>(shift) << kSplit) + static_cast<std::size_t>(ns >> shift);
  }
  static double middle(std::size_t index) {
    if (index < (std::size_t{2} << kSplit)) return static_cast<double>(index);
    const std::size_t shift = (index >> kSplit) - 1;
    const std::size_t mantissa = index - (shift << kSplit);
    return (static_cast<double>(mantissa) + 0.5) * static_cast<double>(std::uint64_t{1} << shift);
  }

  std::array<std::uint32_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace agentroom::bench
