// Keeps what strangers cause from filling a log.
#pragma once

#include <cstdint>
#include <optional>

#include "agentroom/time.hpp"

namespace agentroom::runtime {

/// Lets so many lines through in each period and counts the others. A period begins with its first line.
class LogLimit {
 public:
  LogLimit(std::uint32_t lines, Duration period) : lines_(lines), period_(period) {}

  /// True when one more line may be written; counts it in either case.
  bool take(Duration now) {
    if (!ends_) {
      ends_ = now + period_;
      written_ = 0;
    }
    if (written_ < lines_) {
      ++written_;
      return true;
    }
    ++left_out_;
    return false;
  }

  /// Once a period is over: how many lines it left out.
  std::uint64_t take_left_out(Duration now) {
    if (!ends_ || now < *ends_) return 0;
    ends_.reset();
    const std::uint64_t left_out = left_out_;
    left_out_ = 0;
    return left_out;
  }

  /// When `take_left_out` has something to tell.
  std::optional<Duration> next_deadline() const { return left_out_ > 0 ? ends_ : std::nullopt; }

 private:
  const std::uint32_t lines_;
  const Duration period_;
  std::optional<Duration> ends_;
  std::uint32_t written_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace agentroom::runtime
