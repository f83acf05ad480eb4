// What relay and agents have in common: a disk, a life between crashes, timers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "disk.hpp"
#include "network.hpp"

namespace agentroom::sim {

/// `crash()` ends a life at once: nothing but the disk is left. `boot()` begins another.
class Party {
 public:
  Party(std::string name, Scheduler& scheduler, Network& network, Dice& dice)
      : name_(std::move(name)), scheduler_(scheduler), network_(network), dice_(dice) {}
  virtual ~Party() = default;
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  const std::string& name() const { return name_; }
  Disk& disk() { return disk_; }
  bool running() const { return life_ != nullptr; }

  virtual void boot() = 0;
  virtual void crash() = 0;

 protected:
  virtual std::optional<Duration> deadline() const = 0;
  virtual void on_time(const Now& now) = 0;
  virtual void flush(const Now& now) = 0;

  /// After every event: what the loop does at the end of a turn.
  void poke() {
    if (!running()) return;
    flush(scheduler_.now());
    const auto due = deadline();
    if (!due || (armed_ && *armed_ <= *due)) return;
    armed_ = due;
    const Duration wait = std::max(Duration(0), *due - scheduler_.now().steady);
    scheduler_.after(wait, [this, life = std::weak_ptr(life_)] {
      if (life.expired()) return;
      armed_.reset();
      const auto now_due = deadline();
      if (now_due && *now_due <= scheduler_.now().steady) on_time(scheduler_.now());
      poke();
    });
  }

  void begin_life() {
    life_ = std::make_shared<int>();
    armed_.reset();
  }
  void end_life() { life_.reset(); }

  std::string name_;
  Scheduler& scheduler_;
  Network& network_;
  Dice& dice_;
  Disk disk_;
  std::shared_ptr<int> life_;
  std::optional<Duration> armed_;
};

}  // namespace agentroom::sim
