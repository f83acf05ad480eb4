#include "party.hpp"

#include <utility>

namespace agentroom::sim {

bool Party::boot() {
  life_ = std::make_shared<int>();
  ++lives_;
  armed_.reset();
  dead_ = false;
  effects_left_ = 0;
  if (!begin()) {
    crash();
    return false;
  }
  poke();
  return true;
}

void Party::crash() {
  if (!running()) return;
  life_.reset();
  end();
}

bool Party::lives() {
  if (effects_left_ > 0 && --effects_left_ == 0) dead_ = true;
  return !dead_;
}

void Party::poke() {
  if (!running()) return;
  if (!dead_) flush();
  if (dead_) {
    crash();
    if (on_death) on_death();
    return;
  }
  if (const auto due = deadline(); due && (!armed_ || *armed_ > *due)) wake_at(*due);
}

void Party::wake_at(Duration due) {
  armed_ = due;
  const Duration wait = std::max(Duration(0), due - scheduler_.steady());
  scheduler_.after(wait, [this, due, life = std::weak_ptr(life_)] {
    if (life.expired()) return;
    if (armed_ == due) armed_.reset();
    if (const auto now_due = deadline(); now_due && *now_due <= scheduler_.steady()) on_time();
    poke();
  });
}

void Party::set_clock(std::int64_t offset_ms) {
  latest_ = latest();
  set_back_ += std::max<std::int64_t>(0, clock_offset_ - offset_ms);
  clock_offset_ = offset_ms;
  earliest_ = std::min(earliest_, now().unix_ms);
}

std::unique_ptr<SimStore> Party::open_store() {
  return std::make_unique<SimStore>(
      disk_, scheduler_, dice_, chronicle_, [this] { return lives(); }, [this] { poke(); });
}

}  // namespace agentroom::sim
