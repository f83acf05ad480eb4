#include "relay/agents.hpp"

#include <algorithm>
#include <utility>

#include "crypto/keys.hpp"

namespace agentroom::relay {
namespace {

/// What one search costs at most, where many mailboxes that are left are not empty.
constexpr std::size_t kLooksForIdle = 1'024;

}  // namespace

AgentRef Agents::find(const AgentId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kNone : found->second;
}

AgentRef Agents::intern(const AgentId& id) {
  if (const AgentRef known = find(id); known != kNone) return known;
  AgentRef ref = static_cast<AgentRef>(agents_.size());
  if (free_.empty()) {
    agents_.emplace_back();
  } else {
    ref = free_.back();
    free_.pop_back();
  }
  agents_[ref] = std::make_unique<Agent>();
  agents_[ref]->id = id;
  agents_[ref]->allow_version = ++incarnations_ << 32;
  by_id_.emplace(id, ref);
  return ref;
}

void Agents::release(AgentRef ref) {
  const Agent& agent = *agents_[ref];
  if (agent.connection != nullptr || agent.has_mailbox || agent.messages > 0 || agent.sent > 0) return;
  by_id_.erase(agent.id);
  agents_[ref].reset();
  free_.push_back(ref);
}

// ---- mailboxes ----

bool Agents::open_mailbox(AgentRef ref) {
  Agent& agent = *agents_[ref];
  if (agent.has_mailbox) return true;
  if (!mailboxes_.fits(!agent.known, 0, 1)) return false;
  load_mailbox(ref, {});
  return true;
}

bool Agents::allow(AgentRef ref, std::vector<TokenHash>&& ascending) {
  Agent& agent = *agents_[ref];
  if (!tokens_.fits(!agent.known, agent.allowed.size(), ascending.size())) return false;
  set_allowed(agent, std::move(ascending));
  return true;
}

void Agents::load_mailbox(AgentRef ref, std::vector<TokenHash> ascending) {
  Agent& agent = *agents_[ref];
  if (!std::exchange(agent.has_mailbox, true)) mailboxes_.change(!agent.known, 0, 1);
  set_allowed(agent, std::move(ascending));
}

void Agents::set_allowed(Agent& agent, std::vector<TokenHash> ascending) {
  tokens_.change(!agent.known, agent.allowed.size(), ascending.size());
  agent.allowed = std::move(ascending);
  agent.allowed.shrink_to_fit();
  agent.allow_digest = crypto::digest_allowed(agent.allowed);
  ++agent.allow_version;
}

void Agents::close_mailbox(AgentRef ref) {
  Agent& agent = *agents_[ref];
  set_allowed(agent, {});
  mailboxes_.change(!agent.known, 1, 0);
  agent.has_mailbox = false;
}

void Agents::know(AgentRef ref) {
  Agent& agent = *agents_[ref];
  if (std::exchange(agent.known, true)) return;
  tokens_.know(agent.allowed.size());
  if (agent.has_mailbox) mailboxes_.know(1);
}

void Agents::left(AgentRef ref) {
  Agent& agent = *agents_[ref];
  if (!agent.has_mailbox || agent.known || std::exchange(agent.may_be_idle, true)) return;
  idle_.push_back(ref);
}

AgentRef Agents::take_idle() {
  for (std::size_t looks = std::min(idle_.size(), kLooksForIdle); looks > 0; --looks) {
    const AgentRef ref = idle_.front();
    idle_.pop_front();
    if (!agents_[ref] || !std::exchange(agents_[ref]->may_be_idle, false)) continue;
    const Agent& agent = *agents_[ref];
    if (agent.known || agent.connection != nullptr || !agent.has_mailbox) continue;
    if (agent.messages == 0 && agent.invites.empty() && !agent.mailbox_changed) return ref;
    left(ref);  // something still waits for it
  }
  return kNone;
}

}  // namespace agentroom::relay
