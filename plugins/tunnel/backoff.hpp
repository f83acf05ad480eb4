// How long to wait before the next attempt.
#pragma once

#include <chrono>
#include <random>

namespace agentroom::tunnel {

/// Doubles from `first` up to a minute. Of each pause a half is drawn by lot, so that many that failed together do not
/// come back together.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds first);

  std::chrono::milliseconds next();
  void reset() { pause_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds pause_;
  std::minstd_rand lot_;
};

}  // namespace agentroom::tunnel
