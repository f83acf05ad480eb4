// A rate with a burst.
#pragma once

#include <cstdint>

#include "agentroom/time.hpp"

namespace agentroom::relay {

struct Rate {
  std::uint64_t per_minute = 0;
  std::uint32_t burst = 0;
};

/// Holds at most `burst` tokens and gains `per_minute`. May go into debt, which is repaid before anything is taken.
/// Starts full.
class TokenBucket {
 public:
  /// Takes one token if there is one.
  bool take(const Rate& rate, Duration now) {
    refill(rate, now);
    if (level_ < kToken) return false;
    level_ -= kToken;
    return true;
  }

  /// Takes `count` tokens, into debt if they are not there. True while there is no debt.
  bool spend(const Rate& rate, std::uint64_t count, Duration now) {
    refill(rate, now);
    level_ -= static_cast<std::int64_t>(count) * kToken;
    return level_ >= 0;
  }

  bool has_token(const Rate& rate, Duration now) {
    refill(rate, now);
    return level_ >= kToken;
  }

  bool holds(const Rate& rate, std::uint32_t count, Duration now) {
    refill(rate, now);
    return level_ >= static_cast<std::int64_t>(count) * kToken;
  }

  bool is_full(const Rate& rate, Duration now) {
    refill(rate, now);
    return level_ >= full(rate);
  }

  /// When there is a token again, if nothing is taken until then.
  Duration ready_at(const Rate& rate) const {
    if (level_ >= kToken) return last_;
    const auto gain = static_cast<std::int64_t>(rate.per_minute == 0 ? 1 : rate.per_minute);
    return last_ + Duration((kToken - level_) / gain + 1);
  }

 private:
  /// A microsecond at one token a minute gains one unit.
  static constexpr std::int64_t kToken = 60'000'000;
  static std::int64_t full(const Rate& rate) { return static_cast<std::int64_t>(rate.burst) * kToken; }

  void refill(const Rate& rate, Duration now) {
    if (!started_) {
      started_ = true;
      level_ = full(rate);
      last_ = now;
      return;
    }
    const std::int64_t elapsed = (now - last_).count();
    if (elapsed <= 0) return;
    last_ = now;
    if (rate.per_minute == 0) return;
    const std::int64_t missing = full(rate) - level_;
    const auto gain = static_cast<std::int64_t>(rate.per_minute);
    // Compared before it is multiplied: a bucket that was left alone for long must not overflow.
    level_ = elapsed > missing / gain ? full(rate) : level_ + elapsed * gain;
  }

  std::int64_t level_ = 0;
  Duration last_{};
  bool started_ = false;
};

}  // namespace agentroom::relay
