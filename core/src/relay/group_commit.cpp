#include "relay/group_commit.hpp"

#include <algorithm>
#include <utility>

namespace agentroom::relay {
namespace {

constexpr std::size_t kCommitsAtOnce = 2;
constexpr Duration kRetryAfter = std::chrono::seconds(1);

}  // namespace

void GroupCommit::reply_when_durable(const AgentId& to, const protocol::AckItem& item) {
  Effects& waits_for = !store_.has_changes() && !outstanding_.empty() ? outstanding_.back() : open_;
  waits_for.replies.push_back({to, item});
}

bool GroupCommit::takes_more() const {
  return state_ == State::kBroken || (state_ == State::kGood && outstanding_.size() < kCommitsAtOnce);
}

/// A completion comes without a time; the flush that follows it has one.
void GroupCommit::measure(Duration now) {
  for (const Duration handed_over : completed_) {
    const auto took = std::max<Duration::rep>((now - handed_over).count(), 0);
    counters_.commit_us.observe(kCommitTimeBoundsUs, static_cast<std::uint64_t>(took));
  }
  completed_.clear();
}

void GroupCommit::flush(Duration now) {
  measure(now);
  switch (state_) {
    case State::kGood:
      if (outstanding_.empty() && !store_.has_changes() && !open_.replies.empty()) {
        sink_.on_durable(std::exchange(open_, Effects{}));  // nothing that they wait for is left
      }
      if (store_.has_changes() && outstanding_.size() < kCommitsAtOnce) commit(false, now);
      return;
    case State::kBroken:
      if (retry_at_ && now < *retry_at_) return;
      retry_at_ = now + kRetryAfter;
      if (!store_.resume()) return;
      state_ = State::kProbing;
      commit(true, now);
      return;
    case State::kFailing:
    case State::kProbing:
      return;
  }
}

std::optional<Duration> GroupCommit::next_deadline() const {
  return state_ == State::kBroken ? retry_at_ : std::nullopt;
}

void GroupCommit::commit(bool probe, Duration now) {
  open_.handed_over = now;
  outstanding_.push_back(std::exchange(open_, Effects{}));
  ++awaited_;
  store_.commit(probe, [alive = std::weak_ptr(alive_)](Result<void> result) {
    if (const auto self = alive.lock()) (*self)->on_completed(std::move(result));
  });
}

void GroupCommit::on_completed(Result<void> result) {
  --awaited_;
  if (result && state_ != State::kFailing) {
    state_ = State::kGood;
    retry_at_.reset();
    Effects effects = std::move(outstanding_.front());
    outstanding_.pop_front();
    completed_.push_back(effects.handed_over);
    counters_.commit_messages.observe(kCommitMessageBounds, effects.rows.size());
    sink_.on_durable(std::move(effects));
    return;
  }
  ++counters_.failed_commits;
  if (state_ != State::kFailing) {
    state_ = State::kFailing;
    error_ = result.error();
  }
  if (awaited_ == 0) lose();
}

void GroupCommit::lose() {
  state_ = State::kBroken;
  std::vector<Effects> lost;
  lost.reserve(outstanding_.size() + 1);
  for (Effects& effects : outstanding_) lost.push_back(std::move(effects));
  outstanding_.clear();
  lost.push_back(std::exchange(open_, Effects{}));
  store_.forget_uncommitted();
  sink_.on_lost(std::move(lost), error_);
}

}  // namespace agentroom::relay
