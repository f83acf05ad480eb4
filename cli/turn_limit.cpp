#include "turn_limit.hpp"

#include <poll.h>

namespace agentroom::cli {

bool TurnLimit::may_run(const Key& key) {
  const std::scoped_lock lock(mutex_);
  return answered_.size() < limit_ || answered_.contains(key);
}

HandlerOutcome TurnLimit::handle(const HandlerMessage& message, const CancelFlag& cancel) {
  const Key key{message.from, message.msg_id};
  if (!may_run(key)) {
    pollfd stopped{cancel.descriptor(), POLLIN, 0};
    while (!cancel.cancelled()) ::poll(&stopped, 1, -1);
    return fail(ErrorCode::kCancelled, "the last turn is over");
  }
  HandlerOutcome outcome = inner_.handle(message, cancel);
  if (outcome && outcome->has_value()) {
    const std::scoped_lock lock(mutex_);
    answered_.insert(key);
  }
  return outcome;
}

}  // namespace agentroom::cli
