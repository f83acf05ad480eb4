#include "runtime/event_loop.hpp"

#include <algorithm>

namespace agentroom::runtime {
namespace {

// A loop without a deadline still looks around once in a while: a clock may have been set.
constexpr Duration kLongestTurn = std::chrono::seconds(10);

}  // namespace

void EventLoop::drive(Transport* transport) {
  transport_ = transport;
}

void EventLoop::add(LoopMember& member) {
  members_.push_back(&member);
}

void EventLoop::remove(LoopMember& member) {
  std::erase(members_, &member);
}

bool EventLoop::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) return false;
    posted_.push_back(std::move(task));
    // Only the first task of a turn has to wake the loop. Inside the lock, so that `drive(nullptr)` and the end of the
    // transport after `close` never race with it.
    if (Transport* transport = transport_; transport != nullptr && posted_.size() == 1) transport->wake();
  }
  return true;
}

void EventLoop::close() {
  std::vector<Task> dropped;
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  dropped.swap(posted_);
}

void EventLoop::run_posted() {
  {
    const std::scoped_lock lock(mutex_);
    running_.swap(posted_);
  }
  for (Task& task : running_) task();
  running_.clear();
}

void EventLoop::turn(std::optional<Duration> until, const std::function<bool()>& done) {
  run_posted();
  Now now = clock_.now();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto due = members_[i]->next_deadline();
    if (due && *due <= now.steady) members_[i]->on_time(now);
  }
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i]->flush(now);

  Duration wait = kLongestTurn;
  if (until) wait = std::min(wait, *until - now.steady);
  for (const LoopMember* member : members_) {
    if (const auto due = member->next_deadline()) wait = std::min(wait, *due - now.steady);
  }
  {
    const std::scoped_lock lock(mutex_);
    if (!posted_.empty()) wait = Duration::zero();
  }
  if (done()) wait = Duration::zero();  // what was sent is still written
  transport_.load()->turn(std::max(wait, Duration::zero()));
}

bool EventLoop::run_until(const std::function<bool()>& done, std::optional<Duration> timeout) {
  const std::optional<Duration> until =
      timeout ? std::optional(clock_.now().steady + *timeout) : std::optional<Duration>();
  while (!done()) {
    if (until && clock_.now().steady >= *until) return false;
    turn(until, done);
  }
  return true;
}

}  // namespace agentroom::runtime
