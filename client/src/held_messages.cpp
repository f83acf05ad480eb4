#include "held_messages.hpp"

#include <vector>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "words.hpp"

namespace agentroom::client {

void HeldMessages::take(const HandlerMessage& message) {
  held_[{message.from, message.msg_id}] = nullptr;
  queue_.push(message_of(message));
}

void HeldMessages::answer(AgentEngine& engine, const Now& now, const std::string& peer, const std::string& id,
                          HandlerOutcome outcome, std::shared_ptr<Answer<std::string>> answer) {
  const auto from = fixed_from_base64url<AgentId>(peer);
  const auto msg_id = uuid_from_text<MsgId>(id);
  const auto found = from && msg_id ? held_.find({*from, *msg_id}) : held_.end();
  if (found == held_.end()) {
    answer->give(fail(ErrorCode::kNotFound, "this message does not wait for an answer",
                      "it is done already, or it came to another client"));
    return;
  }
  if (found->second) {
    answer->give(fail(ErrorCode::kExists, "this message is being answered already", "wait for that call to return"));
    return;
  }
  found->second = std::move(answer);
  queue_.take_back(peer, id);  // handed over again while the program had it
  engine.on_handled(*from, *msg_id, std::move(outcome), false, now);
}

bool HeldMessages::see(const AgentEvent& event) {
  if (const auto* replied = std::get_if<agent_events::Replied>(&event)) {
    return settle({replied->to, replied->in_reply_to}, uuid_text(replied->msg_id.view()));
  }
  if (const auto* handled = std::get_if<agent_events::NoReply>(&event)) {
    return settle({handled->from, handled->msg_id}, std::string());
  }
  if (const auto* failed = std::get_if<agent_events::HandlerFailed>(&event)) {
    return settle({failed->from, failed->msg_id}, std::unexpected(failed->error));
  }
  if (std::holds_alternative<agent_events::StoreFailed>(event)) {
    held_.clear();
    queue_.take_back_messages();
  }
  return false;
}

bool HeldMessages::settle(const Key& key, agentroom::Result<std::string> result) {
  auto node = held_.extract(key);
  if (!node) return false;
  if (node.mapped()) node.mapped()->give(std::move(result));
  return true;
}

void HeldMessages::cancel(AgentEngine& engine, const Now& now) {
  std::vector<Key> open;
  for (const auto& [key, answer] : held_) {
    if (!answer) open.push_back(key);
  }
  for (const Key& key : open) {
    held_.erase(key);
    engine.on_handled(key.first, key.second, fail(ErrorCode::kCancelled, "the client is closing"), false, now);
  }
}

}  // namespace agentroom::client
