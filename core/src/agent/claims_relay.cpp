// What the relay, and through it the inviter, answers to a claim.
#include <algorithm>
#include <utility>

#include "agent/claims.hpp"
#include "agent/words.hpp"

namespace agentroom::agent {
namespace {

constexpr std::uint32_t kRetryMs = 2'000;
constexpr std::uint32_t kLongestRetryMs = 60'000;

bool is_for_now(protocol::Code code) {
  using protocol::Code;
  return code == Code::kQueueFull || code == Code::kNoMailbox || code == Code::kInternal;
}

Error refusal(protocol::Code code) {
  using protocol::Code;
  switch (code) {
    case Code::kExpired:
      return words::invite_expired();
    case Code::kRevoked:
      return words::invite_revoked();
    case Code::kAlreadyClaimed:
      return words::invite_used();
    case Code::kQueueFull:
      return words::recipient_queue_full();
    case Code::kNotFound:
      return {ErrorCode::kNotFound, "the relay does not know this invite",
              "it may have expired long ago; ask the inviter for a new one: `agentroom invite create`"};
    default:
      return words::refused("the invite", code);
  }
}

}  // namespace

void Claims::on_ready(Link& link) {
  for (auto& [id, entry] : entries_) {
    if (links_.resolve(entry.record.url) != link.url()) continue;
    entry.sent = false;
    entry.retry_at.reset();
  }
}

void Claims::pump(Link& link) {
  std::vector<Acceptance> ours;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (links_.resolve(at->url) != link.url()) {
      ++at;
      continue;
    }
    ours.push_back(std::move(*at));
    at = waiting_.erase(at);
  }
  for (Acceptance& acceptance : ours) start(link, std::move(acceptance));
  for (auto& [id, entry] : entries_) {
    if (!entry.durable || entry.sent || entry.retry_at || links_.resolve(entry.record.url) != link.url()) continue;
    entry.sent = true;
    link.send(protocol::InviteClaim{.msg_id = id,
                                    .invite_id = entry.record.invite_id,
                                    .envelope = entry.record.envelope,
                                    .claim_sig = entry.record.sig});
  }
}

bool Claims::on_ack(Link& link, const protocol::AckItem& item) {
  const MsgId id = *MsgId::from(item.id.view());
  const auto found = entries_.find(id);
  if (found == entries_.end()) return refused_by_inviter(link, id, item);
  Entry& entry = found->second;
  if (!entry.durable || links_.resolve(entry.record.url) != link.url()) return true;
  if (item.status == protocol::AckStatus::kOk) {
    claimed(entry);
  } else if (item.status == protocol::AckStatus::kRejected && is_for_now(item.code)) {
    const std::uint32_t after = item.retry_after_ms == 0 ? kRetryMs : std::min(item.retry_after_ms, kLongestRetryMs);
    entry.retry_at = context_.now.steady + std::chrono::milliseconds(after);
    entry.refusal = refusal(item.code);
  } else if (item.status == protocol::AckStatus::kRejected) {
    rejected(entry, refusal(item.code));
  }
  return true;
}

void Claims::claimed(Entry& entry) {
  const SessionId session_id = entry.record.session_id;
  auto done = std::exchange(entry.done, {});
  forget(entry.record.msg_id);
  Session* session = sessions_.find(session_id);
  if (session == nullptr) return answer(done, {ErrorCode::kAborted, "the peer was removed", {}});
  session->facts.claim_pending = false;
  session->facts.claimed_at = context_.now.unix_ms;
  sessions_.save(*session);
  sessions_.settle(session->facts.peer);
  context_.journal.finally([this, session_id, done = std::move(done)](Result<void> stored) mutable {
    if (!stored) return answer(done, words::store_failed(stored.error()));
    if (on_tokens) on_tokens();  // a relay that had no room for this agent's tokens may have it now
    Session* usable = sessions_.find(session_id);
    if (usable == nullptr) return answer(done, {ErrorCode::kAborted, "the peer was removed", {}});
    context_.answer(std::move(done), Result<AcceptedInvite>(AcceptedInvite{.peer = usable->facts.peer,
                                                                           .server_url = usable->facts.url,
                                                                           .peer_online = usable->facts.confirmed}));
    if (on_usable) on_usable(usable->facts.peer);
  });
}

void Claims::rejected(Entry& entry, Error why) {
  const Session* answered = sessions_.find(entry.record.session_id);
  // The inviter itself has answered: the relay took the claim once, whatever it says now.
  if (answered != nullptr && answered->facts.confirmed) return claimed(entry);
  auto done = std::exchange(entry.done, {});
  const SessionId session = entry.record.session_id;
  const InviteId invite = entry.record.invite_id;
  forget(entry.record.msg_id);
  sessions_.remove(session);
  context_.journal.finally([this, invite, done = std::move(done), why = std::move(why)](Result<void> stored) mutable {
    if (stored && on_tokens) on_tokens();
    if (stored && !done) context_.emit(agent_events::InviteClosed{.invite_id = invite, .why = why.message});
    answer(done, std::move(why));
  });
}

bool Claims::refused_by_inviter(Link& link, const MsgId& claim, const protocol::AckItem& item) {
  Session* session = sessions_.find_by_claim(claim);
  if (session == nullptr) return false;
  const bool refused = item.status == protocol::AckStatus::kRejected && item.code == protocol::Code::kUnreadable;
  if (!refused || session->facts.confirmed || links_.resolve(session->facts.url) != link.url()) return true;
  const SessionId id = session->facts.id;
  const InviteId invite = session->facts.invite_id;
  outbox_.drop_session(id, words::no_session(peers_.label(session->facts.peer)));
  sessions_.remove(id);
  context_.journal.then([this, invite] {
    context_.emit(agent_events::InviteClosed{.invite_id = invite, .why = "the inviter refused the session"});
    if (on_tokens) on_tokens();
  });
  return true;
}

void Claims::on_down(const Link& link, const Error& why, bool hopeless) {
  if (!hopeless) return;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (links_.resolve(at->url) != link.url()) {
      ++at;
      continue;
    }
    answer(at->done, why);
    at = waiting_.erase(at);
  }
  for (auto& [id, entry] : entries_) {
    if (entry.done && links_.resolve(entry.record.url) == link.url()) answer(entry.done, why);
  }
}

}  // namespace agentroom::agent
