// Virtual time: events in a fixed order, whatever the machine does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "agentroom/time.hpp"

namespace agentroom::sim {

class Scheduler {
 public:
  using Event = std::function<void()>;

  Duration steady() const { return steady_; }
  /// The true time; each party's clock may differ from it.
  UnixMs unix_ms() const { return kEpoch + std::chrono::duration_cast<std::chrono::milliseconds>(steady_).count(); }

  void after(Duration delay, Event event) { events_.emplace(Key{steady_ + delay, next_++}, std::move(event)); }

  /// Runs the next event; false when there is none.
  bool step() {
    if (events_.empty()) return false;
    auto first = events_.extract(events_.begin());
    steady_ = std::max(steady_, first.key().first);
    first.mapped()();
    return true;
  }

 private:
  static constexpr UnixMs kEpoch = 1'800'000'000'000;
  using Key = std::pair<Duration, std::uint64_t>;

  Duration steady_ = std::chrono::hours(1);
  std::uint64_t next_ = 0;
  std::map<Key, Event> events_;
};

}  // namespace agentroom::sim
