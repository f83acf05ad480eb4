#include "relay/invite_desk.hpp"

#include <algorithm>

namespace agentroom::relay {
namespace {

using protocol::AckItem;
using protocol::AckStatus;
using protocol::Code;

template <class Id>
AckItem item(const Id& id, AckStatus status, Code code = Code::kNone) {
  return {*decltype(AckItem::id)::from(id.view()), status, code, 0};
}

}  // namespace

InviteDesk::InviteDesk(const RelayConfig& config, Ledger& ledger, Connections& connections, MailboxStore& store,
                       GroupCommit& commits, Router& router)
    : config_(config), ledger_(ledger), connections_(connections), store_(store), commits_(commits), router_(router) {}

template <class Id>
void InviteDesk::reject(Connection& to, const Id& id, Code code) {
  ++ledger_.counters.rejected;
  connections_.ack(to, item(id, AckStatus::kRejected, code));
}

// ---- mailboxes ----

void InviteDesk::mailbox_changed(AgentRef agent) {
  if (std::exchange(ledger_.agents[agent].mailbox_changed, true)) return;
  changed_.push_back(agent);
}

bool InviteDesk::open_mailbox(AgentRef agent) {
  if (ledger_.agents[agent].has_mailbox) return true;
  if (!ledger_.agents.open_mailbox(agent, ledger_.limits.mailboxes)) return false;
  mailbox_changed(agent);
  return true;
}

void InviteDesk::write_mailboxes() {
  for (const AgentRef ref : changed_) {
    Agent& agent = ledger_.agents[ref];
    agent.mailbox_changed = false;
    store_.put_mailbox({agent.id, agent.allowed, agent.claimed_here});
    commits_.open().mailboxes.push_back(ref);
  }
  changed_.clear();
}

void InviteDesk::allow(Connection& from, protocol::Allow& allow) {
  Agent& agent = ledger_.agents[from.agent];
  bool taken = open_mailbox(from.agent);
  if (taken && agent.allowed != allow.hashes) {
    taken = ledger_.agents.allow(from.agent, std::move(allow.hashes), ledger_.limits.allowed_tokens);
    if (taken) mailbox_changed(from.agent);
  }
  if (!taken) {
    ++ledger_.counters.rejected;
    return connections_.frame(
        from, protocol::ErrorFrame{Code::kNotAllowed, "this relay keeps no more mailboxes or mailbox tokens"});
  }
  ledger_.invites.listed_anew(agent, [&](const InviteRecord& invite) {
    store_.put_invite(invite);
    wrote(invite.invite_id);
  });
}

// ---- invites ----

bool InviteDesk::may_publish(const Agent& agent) const {
  return !config_.publishers || agent.claimed_here ||
         std::ranges::find(*config_.publishers, agent.id) != config_.publishers->end();
}

void InviteDesk::decide(Connection& from, const RequestId& request, const InviteId& invite,
                        const InviteDecision& decision) {
  if (const auto evicted = ledger_.invites.take_evicted()) {
    store_.erase_invite(*evicted);
    wrote(*evicted);
  }
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
  router_.claim(from, request, *checked);
  if (checked->invite->state != InviteRecord::State::kClaimed) return;
  // The claimant's mailbox remembers that it belongs here; a relay without room for it forgets only that.
  if (!open_mailbox(from.agent)) return;
  Agent& claimant = ledger_.agents[from.agent];
  if (!std::exchange(claimant.claimed_here, true)) mailbox_changed(from.agent);
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
  for (const AgentRef agent : effects.mailboxes) mailbox_changed(agent);
  for (const Effects::Reply& reply : effects.replies) {
    AckItem answer = reply.item;
    answer.status = AckStatus::kRejected;
    answer.code = Code::kInternal;
    ++ledger_.counters.rejected;
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
