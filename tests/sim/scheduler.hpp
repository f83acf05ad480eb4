// Virtual time: events in a fixed order, whatever the machine does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "agentroom/random.hpp"
#include "agentroom/time.hpp"

namespace agentroom::sim {

/// All chance of a run comes from its seed. The generator is the standard's mt19937_64, whose sequence is specified.
class Dice final : public Random {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  void fill(MutableByteView out) override {
    for (std::byte& b : out) b = static_cast<std::byte>(engine_() & 0xffU);
  }
  /// 0 to n - 1. The slight bias of the remainder does not matter here, its being the same everywhere does.
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  Duration up_to(Duration most) {
    return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(most.count()) + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

class Scheduler {
 public:
  using Event = std::function<void()>;

  Now now() const { return {steady_, kEpoch + std::chrono::duration_cast<std::chrono::milliseconds>(steady_).count()}; }

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
