#include "relay/invite_desk.hpp"

#include <algorithm>

namespace agentroom::relay {
namespace {

using protocol::AckItem;
using protocol::AckStatus;
using protocol::Code;

/// Hashes of refused lists that are kept, of all connections together.
constexpr std::size_t kRefusedKept = 250'000;

template <class Id>
AckItem item(const Id& id, AckStatus status, Code code = Code::kNone) {
  return {*decltype(AckItem::id)::from(id.view()), status, code, 0};
}

}  // namespace

InviteDesk::InviteDesk(const RelayConfig& config, Ledger& ledger, Connections& connections, MailboxStore& store,
                       GroupCommit& commits, Router& router, Admission& admission)
    : config_(config),
      ledger_(ledger),
      connections_(connections),
      store_(store),
      commits_(commits),
      router_(router),
      admission_(admission) {}

template <class Id>
void InviteDesk::reject(Connection& to, const Id& id, Code code) {
  ledger_.count_rejected(code);
  connections_.ack(to, item(id, AckStatus::kRejected, code));
}

void InviteDesk::refuse(Connection& to, const RequestId& request, RelayLimit limit) {
  ledger_.counters.hit(limit);
  reject(to, request, Code::kInviteQuota);
}

// ---- mailboxes ----

void InviteDesk::mailbox_changed(AgentRef agent) {
  if (std::exchange(ledger_.agents[agent].mailbox_changed, true)) return;
  changed_.push_back(agent);
}

bool InviteDesk::open_mailbox(AgentRef agent) {
  Agents& agents = ledger_.agents;
  if (agents[agent].has_mailbox) return true;
  if (!agents.open_mailbox(agent) && (!forget_idle_mailbox() || !agents.open_mailbox(agent))) {
    ledger_.counters.hit(RelayLimit::kMailboxes);
    return false;
  }
  mailbox_changed(agent);
  return true;
}

/// A newcomer that stays away loses an empty mailbox to the next one; it gets another when it comes back.
bool InviteDesk::forget_idle_mailbox() {
  const AgentRef idle = ledger_.agents.take_idle();
  if (idle == kNone) return false;
  const AgentId id = ledger_.agents[idle].id;
  store_.erase_mailbox(id);
  commits_.open().forgotten.push_back(id);
  ledger_.agents.close_mailbox(idle);
  ledger_.agents.release(idle);
  return true;
}

void InviteDesk::write_mailboxes() {
  for (const AgentRef ref : changed_) {
    Agent& agent = ledger_.agents[ref];
    agent.mailbox_changed = false;
    store_.put_mailbox({agent.id, agent.allowed, agent.claimed_here, agent.took_part});
    commits_.open().mailboxes.push_back(ref);
  }
  changed_.clear();
}

bool InviteDesk::list(AgentRef ref, std::vector<TokenHash>& hashes) {
  Agent& agent = ledger_.agents[ref];
  bool taken = open_mailbox(ref);
  if (taken && agent.allowed != hashes) {
    taken = ledger_.agents.allow(ref, std::move(hashes));
    taken ? mailbox_changed(ref) : ledger_.counters.hit(RelayLimit::kAllowedTokens);
  }
  if (!taken) return false;
  ledger_.invites.listed_anew(agent, [&](const InviteRecord& invite) {
    store_.put_invite(invite);
    wrote(invite.invite_id);
  });
  return true;
}

void InviteDesk::allow(Connection& from, protocol::Allow& allow) {
  take_refused(from);
  if (list(from.agent, allow.hashes)) return;
  keep_refused(from, allow.hashes);
  ledger_.count_rejected(Code::kNotAllowed);
  connections_.frame(from,
                     protocol::ErrorFrame{Code::kNotAllowed, "this relay keeps no more mailboxes or mailbox tokens"});
}

/// An agent that sends its list but once would have a mailbox without tokens after its first claim.
void InviteDesk::keep_refused(Connection& from, std::vector<TokenHash>& hashes) {
  if (ledger_.agents[from.agent].known || hashes.size() > kRefusedKept - refused_) return;
  refused_ += hashes.size();
  from.refused = std::move(hashes);
  from.refused.shrink_to_fit();
}

std::vector<TokenHash> InviteDesk::take_refused(Connection& from) {
  refused_ -= from.refused.size();
  return std::exchange(from.refused, {});
}

void InviteDesk::list_refused(AgentRef agent) {
  Connection* connection = ledger_.agents[agent].connection;
  if (connection == nullptr || connection->refused.empty()) return;
  std::vector<TokenHash> hashes = take_refused(*connection);
  list(agent, hashes);
}

// ---- invites ----

bool InviteDesk::may_publish(const Agent& agent) const {
  return !config_.publishers || agent.claimed_here || std::ranges::binary_search(*config_.publishers, agent.id);
}

void InviteDesk::decide(Connection& from, const RequestId& request, const InviteId& invite,
                        const InviteDecision& decision) {
  if (const auto evicted = ledger_.invites.take_evicted()) {
    store_.erase_invite(*evicted);
    wrote(*evicted);
  }
  if (decision.limit) return refuse(from, request, *decision.limit);
  if (decision.refused != Code::kNone) return reject(from, request, decision.refused);
  if (decision.write) {
    store_.put_invite(*ledger_.invites.find(invite));
    commits_.open().undo.push_back({invite, decision.before});
    wrote(invite);
  }
  commits_.reply_when_durable(ledger_.agents[from.agent].id, item(request, AckStatus::kOk));
}

void InviteDesk::publish(Connection& from, const protocol::InvitePublish& request) {
  if (!may_publish(ledger_.agents[from.agent])) return reject(from, request.request_id, Code::kNotAllowed);
  if (!commits_.usable()) return reject(from, request.request_id, Code::kInternal);
  const bool is_new = ledger_.invites.find(request.invite_id) == nullptr;
  if (is_new && !admission_.publish(from.address.key, ledger_.now.steady)) {
    return refuse(from, request.request_id, RelayLimit::kInvitesPerHour);
  }
  if (!open_mailbox(from.agent)) return reject(from, request.request_id, Code::kInviteQuota);
  decide(from, request.request_id, request.invite_id,
         ledger_.invites.publish(from.agent, request, ledger_.now.unix_ms));
}

void InviteDesk::revoke(Connection& from, const protocol::InviteRevoke& request) {
  if (!commits_.usable()) return reject(from, request.request_id, Code::kInternal);
  decide(from, request.request_id, request.invite_id, ledger_.invites.revoke(from.agent, request));
}

void InviteDesk::claim(Connection& from, const protocol::InviteClaim& request) {
  auto checked = ledger_.invites.check(from.agent, request, ledger_.now.unix_ms);
  if (!checked) return reject(from, request.msg_id, checked.error());
  if (checked->again) return router_.claim_again(from, request, *checked);
  const AgentRef inviter = ledger_.agents.find(checked->invite->inviter);
  const bool took_part = ledger_.agents[inviter].took_part;
  router_.claim(from, request, *checked);
  if (checked->invite->state != InviteRecord::State::kClaimed) return;
  // The mailboxes of both remember that they belong here; a relay without room for one forgets only that.
  if (!took_part) mailbox_changed(inviter);
  list_refused(inviter);
  if (!open_mailbox(from.agent)) return;
  if (!std::exchange(ledger_.agents[from.agent].claimed_here, true)) mailbox_changed(from.agent);
  list_refused(from.agent);
}

// ---- what becomes of it ----

void InviteDesk::give(const AgentId& to, const AckItem& answer) {
  const AgentRef agent = ledger_.agents.find(to);
  if (agent == kNone) return;
  if (Connection* connection = ledger_.agents[agent].connection) connections_.ack(*connection, answer);
}

void InviteDesk::durable(const Effects& effects) {
  for (const Effects::Reply& reply : effects.replies) give(reply.to, reply.item);
}

void InviteDesk::lost(const Effects& effects) {
  for (auto undo = effects.undo.rbegin(); undo != effects.undo.rend(); ++undo) {
    ledger_.invites.restore(undo->invite_id, undo->before);
  }
  for (const AgentRef agent : effects.mailboxes) {
    if (ledger_.agents.lives(agent) && ledger_.agents[agent].has_mailbox) mailbox_changed(agent);
  }
  for (const AgentId& id : effects.forgotten) {
    const AgentRef agent = ledger_.agents.find(id);
    if (agent != kNone && ledger_.agents[agent].has_mailbox) continue;
    store_.erase_mailbox(id);
    commits_.open().forgotten.push_back(id);
  }
  for (const Effects::Reply& reply : effects.replies) {
    AckItem answer = reply.item;
    answer.status = AckStatus::kRejected;
    answer.code = Code::kInternal;
    ledger_.count_rejected(answer.code);
    give(reply.to, answer);
  }
}

void InviteDesk::write_again(const std::vector<InviteId>& invites) {
  for (const InviteId& id : invites) {
    if (const InviteRecord* invite = ledger_.invites.find(id)) {
      store_.put_invite(*invite);
    } else {
      store_.erase_invite(id);
    }
    wrote(id);
  }
}

void InviteDesk::expire(UnixMs now) {
  ledger_.invites.expire(now, [&](const InviteId& id) {
    store_.erase_invite(id);
    wrote(id);
  });
}

}  // namespace agentroom::relay
