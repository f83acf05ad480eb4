#include "restoration.hpp"

namespace agentroom::sim {

void Restoration::on_commit(const AgentId& agent, const Transaction& changes) {
  for (const SessionNote& session : changes.started) {
    if (renewing_ && !known_.contains(session.id)) {
      renewed_[session.id].insert(agent);
    } else if (begun_ && !known_.contains(session.id)) {
      chronicle_.violate("a session came into being after a restore although nobody invited");
    } else {
      known_.insert(session.id);
    }
  }
  for (const SessionNote& session : changes.dropped) {
    if (const auto found = renewed_.find(session.id); found != renewed_.end()) found->second.erase(agent);
  }
  for (const auto& handled : changes.handled) {
    const auto text = texts_.find(handled.msg_id);
    if (text != texts_.end() && text->second.to == agent) text->second.handled = true;
  }
}

void Restoration::renew() {
  renewing_ = true;
  texts_.clear();
}

void Restoration::on_written(const AgentId& from, const AgentId& to, const MsgId& msg_id) {
  if (begun_) texts_.try_emplace(msg_id, Text{.from = from, .to = to});
}

void Restoration::on_report(const AgentEvent& event) {
  const auto report = [&](const MsgId& msg_id) {
    if (const auto text = texts_.find(msg_id); text != texts_.end()) text->second.reported = true;
  };
  if (const auto* send = std::get_if<agent_events::SendProgress>(&event)) {
    if (send->status == SendStatus::kFailed) report(send->msg_id);
  } else if (const auto* bad = std::get_if<agent_events::Unreadable>(&event)) {
    report(bad->msg_id);
  }
}

bool Restoration::renewed(const AgentId& one, const AgentId& other) const {
  return std::ranges::any_of(
      renewed_, [&](const auto& session) { return session.second.contains(one) && session.second.contains(other); });
}

void Restoration::settle(bool strictly) {
  for (const auto& [msg_id, text] : texts_) {
    if (text.handled) continue;
    if (!text.reported) {
      chronicle_.violate("message " + short_name(msg_id.view()) +
                         ", written after a restore, was lost and nobody told");
    } else if (strictly) {
      chronicle_.violate("message " + short_name(msg_id.view()) +
                         " was not handled although a new invite made a new session");
    } else {
      chronicle_.met(Way::kRestoredReported);
    }
  }
}

}  // namespace agentroom::sim
