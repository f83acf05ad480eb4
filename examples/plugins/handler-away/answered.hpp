// Which peers were answered a short while ago.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace away {

/// Holds kMaxPeers peers: beyond them the one that was answered longest ago is forgotten, and so answered again.
class Answered {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMaxPeers = 10'000;

  explicit Answered(std::chrono::milliseconds every) : every_(every) {}

  /// Whether `peer` is to be answered at `now`; if so, it counts as answered. Thread: any.
  bool is_due(std::string_view peer, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    const auto found = at_.find(peer);
    if (found != at_.end()) {
      if (now - found->second < every_) return false;
      found->second = now;
      return true;
    }
    if (at_.size() == kMaxPeers) {
      at_.erase(std::ranges::min_element(at_, {}, [](const auto& each) { return each.second; }));
    }
    at_.emplace(peer, now);
    return true;
  }

 private:
  const std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::map<std::string, Clock::time_point, std::less<>> at_;  // guarded by mutex_
};

}  // namespace away
