// A handler that stops after so many replies.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "agentroom/handler.hpp"

namespace agentroom::cli {

/// Lets messages through to another handler until it has given `limit` replies; later ones wait until the agent stops
/// and stay in the inbox. A message whose reply was lost before it became durable may come again and is not counted
/// twice. For one call at a time: the agent that uses it has concurrency 1.
class TurnLimit final : public Handler {
 public:
  /// `inner` outlives it.
  TurnLimit(Handler& inner, std::uint64_t limit) : inner_(inner), limit_(limit) {}

  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& cancel) override;

 private:
  using Key = std::pair<AgentId, MsgId>;
  bool may_run(const Key& key);

  Handler& inner_;
  const std::uint64_t limit_;
  std::mutex mutex_;
  std::set<Key> answered_;  // guarded by mutex_; at most limit_
};

}  // namespace agentroom::cli
