#include "host/completion_queue.hpp"

#include <utility>
#include <vector>

#include "host/call.hpp"

namespace agentroom::host {

CompletionQueue::Pending& CompletionQueue::add(Store::Completion done) {
  pending_.push_back(std::make_unique<Pending>());
  Pending& pending = *pending_.back();
  pending.queue = this;
  pending.done = std::move(done);
  return pending;
}

void CompletionQueue::end(Pending& pending, Result<void> outcome) {
  {
    const std::scoped_lock lock(mutex_);
    if (pending.ended) return;
    pending.ended = true;
    pending.outcome = std::move(outcome);
    if (std::exchange(posted_, true)) return;
  }
  executor_.post([queue = shared_from_this()] { queue->run_ended(); });
}

void CompletionQueue::run_ended() {
  std::vector<std::unique_ptr<Pending>> ended;
  {
    const std::scoped_lock lock(mutex_);
    posted_ = false;
    while (!pending_.empty() && pending_.front()->ended) {
      ended.push_back(std::move(pending_.front()));
      pending_.pop_front();
    }
  }
  // A completion may end the engine and with it the store: then nothing more runs.
  for (const auto& each : ended) {
    if (closed_) return;
    each->done(std::move(each->outcome));
  }
}

void CompletionQueue::close() {
  closed_ = true;
  pending_.clear();
}

void CompletionQueue::on_done(void* ctx, ar_status status, const ar_error* error) noexcept {
  auto& pending = *static_cast<Pending*>(ctx);
  Result<void> outcome;
  if (status != AR_OK) {
    outcome = std::unexpected(plugin_error(pending.queue->plugin_, "commit", status, said_by_plugin(error)));
  }
  pending.queue->end(pending, std::move(outcome));
}

}  // namespace agentroom::host
