#include "relay/agents.hpp"

#include "crypto/keys.hpp"

namespace agentroom::relay {

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

bool Agents::open_mailbox(AgentRef ref, std::size_t limit) {
  Agent& agent = *agents_[ref];
  if (agent.has_mailbox) return true;
  if (mailboxes_ >= limit) return false;
  ++mailboxes_;
  agent.has_mailbox = true;
  agent.allow_digest = crypto::digest_allowed({});
  return true;
}

bool Agents::allow(AgentRef ref, std::vector<TokenHash> ascending, std::size_t limit) {
  Agent& agent = *agents_[ref];
  const std::size_t others = hashes_ - agent.allowed.size();
  if (others + ascending.size() > limit) return false;
  hashes_ = others + ascending.size();
  agent.allowed = std::move(ascending);
  agent.allowed.shrink_to_fit();
  agent.allow_digest = crypto::digest_allowed(agent.allowed);
  ++agent.allow_version;
  return true;
}

}  // namespace agentroom::relay
