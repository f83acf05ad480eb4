// What relay and agents have in common: a disk, a clock, a life between crashes, timers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "disk.hpp"
#include "network.hpp"

namespace agentroom::sim {

/// What every party lives in.
struct Surroundings {
  Scheduler& scheduler;
  Network& network;
  Dice& dice;
  Chronicle& chronicle;
};

/// A life begins with `boot()` and ends with `crash()`, which leaves nothing but the disk. Engines are used between
/// `running()` and `poke()`:
///
///   event -> engine -> effects (frames, commits, handler runs ...), each of which `lives()` may refuse -> poke
class Party {
 public:
  Party(std::string name, const Surroundings& around)
      : name_(std::move(name)),
        scheduler_(around.scheduler),
        network_(around.network),
        dice_(around.dice),
        chronicle_(around.chronicle) {}
  virtual ~Party() = default;
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  const std::string& name() const { return name_; }
  Disk& disk() { return disk_; }
  bool running() const { return life_ != nullptr; }
  /// Which life this is, from 1.
  std::uint64_t life() const { return lives_; }

  /// False when its disk could not be read: to be tried again.
  bool boot();
  void crash();
  /// Dies in place of its `effects`-th effect from now: what the turn did before that is done, what follows is not.
  /// 0: does not.
  void die_at(std::uint64_t effects) { effects_left_ = effects; }
  /// Told when a life ended by `die_at`.
  std::function<void()> on_death;

  /// Asks the engine to come to its end; `ended()` tells when it has.
  virtual void shut_down() = 0;
  virtual bool ended() const = 0;

  Now now() const { return {scheduler_.steady(), scheduler_.unix_ms() + clock_offset_}; }
  void set_clock(std::int64_t offset_ms);
  std::int64_t clock_offset() const { return clock_offset_; }
  /// The latest that its clock ever showed.
  UnixMs latest() const { return std::max(latest_, now().unix_ms); }
  /// Its clock showed times so far apart, in whatever order.
  bool has_lived(std::int64_t ms) const { return latest() - earliest_ >= ms; }
  /// By how many ms its clock was set back in all.
  std::int64_t set_back() const { return set_back_; }

  /// After the engine was used: what the loop does at the end of a turn.
  void poke();

 protected:
  /// Makes the engine. False when its store could not be read.
  virtual bool begin() = 0;
  virtual void end() = 0;
  virtual std::optional<Duration> deadline() const = 0;
  virtual void on_time() = 0;
  virtual void flush() = 0;

  /// To be asked before each effect; false when the party is dead by then.
  bool lives();
  std::unique_ptr<SimStore> open_store();
  std::weak_ptr<int> this_life() const { return life_; }

  const std::string name_;
  Scheduler& scheduler_;
  Network& network_;
  Dice& dice_;
  Chronicle& chronicle_;
  Disk disk_;

 private:
  void wake_at(Duration due);

  std::shared_ptr<int> life_;
  std::uint64_t lives_ = 0;
  std::uint64_t effects_left_ = 0;
  bool dead_ = false;
  std::optional<Duration> armed_;
  std::int64_t clock_offset_ = 0;
  std::int64_t set_back_ = 0;
  UnixMs latest_ = 0;
  UnixMs earliest_ = scheduler_.unix_ms();
};

}  // namespace agentroom::sim
