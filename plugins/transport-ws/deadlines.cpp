#include "deadlines.hpp"

#include <utility>

namespace agentroom::ws {

Deadlines::~Deadlines() {
  for (auto& [when, deadline] : pending_) deadline->place_.reset();
}

std::optional<Clock::time_point> Deadlines::next() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.begin()->first;
}

void Deadlines::expire(Clock::time_point now) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    Deadline& due = *pending_.begin()->second;
    // The action may destroy the deadline's owner, so nothing of it is touched afterwards.
    const std::function<void()> action = std::exchange(due.action_, nullptr);
    due.cancel();
    action();
  }
}

void Deadline::set(Clock::time_point when, std::function<void()> action) {
  cancel();
  action_ = std::move(action);
  place_ = all_->pending_.emplace(when, this);
}

void Deadline::cancel() {
  if (place_) all_->pending_.erase(*place_);
  place_.reset();
  action_ = nullptr;
}

}  // namespace agentroom::ws
