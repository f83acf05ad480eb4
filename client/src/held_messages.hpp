// The messages that the program has, or will read next.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "agentroom/agent_engine.hpp"
#include "answer.hpp"
#include "event_queue.hpp"

namespace agentroom::client {

/// A message that the engine handed over, until its outcome is durable:
///
///   queued --read--> with the program --done, reply--> answered --durable--> gone
///      |                    |                            |
///      +--------------------+------ store failed --------+--> handed over again, by the next engine
///
/// Thread: the engine's.
class HeldMessages {
 public:
  explicit HeldMessages(EventQueue& queue) : queue_(queue) {}

  void take(const HandlerMessage& message);
  /// Gives the engine an outcome; `answer` gets the id of the reply, which is empty where there is none.
  void answer(AgentEngine& engine, const Now& now, const std::string& peer, const std::string& id,
              HandlerOutcome outcome, std::shared_ptr<Answer<std::string>> answer);
  /// True: the event told of one of them, and was the program's answer.
  bool see(const AgentEvent& event);
  /// Gives those back to the engine that have no outcome.
  void cancel(AgentEngine& engine, const Now& now);
  /// Forgets all; calls that wait for an answer hear why.
  void clear() { held_.clear(); }

 private:
  using Key = std::pair<AgentId, MsgId>;
  bool settle(const Key& key, agentroom::Result<std::string> result);

  EventQueue& queue_;
  std::map<Key, std::shared_ptr<Answer<std::string>>> held_;  // an answer: it has an outcome
};

}  // namespace agentroom::client
