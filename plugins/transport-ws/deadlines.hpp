// Points in time at which something is given up. The turn asks when the next one comes, and runs those that came.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

namespace agentroom::ws {

using Clock = std::chrono::steady_clock;

class Deadline;

class Deadlines {
 public:
  Deadlines() = default;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines();

  std::optional<Clock::time_point> next() const;
  /// Runs what is due, earliest first; each once.
  void expire(Clock::time_point now);

 private:
  friend class Deadline;
  std::multimap<Clock::time_point, Deadline*> pending_;
};

/// One point in time of one owner; at most one action waits. Cancelled by its destructor.
class Deadline {
 public:
  explicit Deadline(Deadlines& all) : all_(&all) {}
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { cancel(); }

  /// Replaces what waits.
  void set(Clock::time_point when, std::function<void()> action);
  void set(Clock::duration from_now, std::function<void()> action) { set(Clock::now() + from_now, std::move(action)); }
  void cancel();

 private:
  friend class Deadlines;
  Deadlines* all_;
  std::optional<std::multimap<Clock::time_point, Deadline*>::iterator> place_;
  std::function<void()> action_;
};

}  // namespace agentroom::ws
