#include "agent_disk.hpp"

#include <utility>

#include "agent/inbox.hpp"
#include "agent/record_keys.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "protocol/limits.hpp"

namespace agentroom::sim {
namespace {

using agent::RecordKind;

// Where a serialised ratchet has the header key that it seals with; see crypto/ratchet/state_codec.cpp.
constexpr std::size_t kSendingHeaderKey = 198;

bool is_kind(const Bytes& key, RecordKind kind) {
  return !key.empty() && key[0] == static_cast<std::byte>(kind);
}

}  // namespace

void AgentDisk::committed(const StoreBatch& batch) {
  Transaction changes;
  for (const StoreOp& op : batch) {
    if (op.kind == StoreOp::Kind::kDelete) {
      remove(op.key, changes);
      continue;
    }
    const bool read = is_kind(op.key, RecordKind::kOutgoing) || is_kind(op.key, RecordKind::kIncoming) ||
                      is_kind(op.key, RecordKind::kSession) || is_kind(op.key, RecordKind::kKeptKey) ||
                      is_kind(op.key, RecordKind::kUnreadable);
    if (read) {
      const auto value = sealer_.open(op.key, op.value);
      if (!value) return chronicle_.violate(name_ + " wrote a record that does not open");
      put(op.key, *value, changes);
    } else if (is_kind(op.key, RecordKind::kClaim)) {
      claims_.insert(op.key);
    }
  }
  check_bounds();
  if (on_commit) on_commit(changes);
}

// After the whole batch: its operations come in the order of their keys.
void AgentDisk::check_bounds() {
  if (inbox_.size() > agent::Inbox::kMaxRows) chronicle_.violate("the inbox of " + name_ + " is beyond its bound");
  for (const auto& [peer, texts] : texts_waiting_) {
    if (texts > protocol::kOutboxPerPeer) {
      chronicle_.violate("the outbox of " + name_ + " for one peer is beyond its bound");
    }
  }
  if (unreadable_.size() > protocol::kUnreadableKept || unreadable_bytes_ > protocol::kUnreadableBytes) {
    chronicle_.violate("what " + name_ + " cannot read is beyond its bound");
  }
  for (const auto& [session, keys] : kept_of_) {
    if (keys == crypto::kMaxKeptKeys) chronicle_.met(Way::kKeptKeysFull);
    if (keys > crypto::kMaxKeptKeys) chronicle_.violate(name_ + " keeps more than 2,000 keys for one session");
  }
}

void AgentDisk::put(const Bytes& key, ByteView value, Transaction& changes) {
  if (is_kind(key, RecordKind::kOutgoing)) return put_outgoing(key, value, changes);
  if (is_kind(key, RecordKind::kIncoming)) return put_incoming(key, value, changes);
  if (is_kind(key, RecordKind::kSession)) return put_session(key, value, changes);
  if (is_kind(key, RecordKind::kUnreadable)) return put_unreadable(key, value);
  put_kept_key(key, value);
}

void AgentDisk::put_unreadable(const Bytes& key, ByteView value) {
  const auto record = agent::decode_unreadable(value);
  if (!record) return chronicle_.violate(name_ + " wrote an unreadable message that does not decode");
  if (unreadable_.try_emplace(key, record->envelope.size()).second) unreadable_bytes_ += record->envelope.size();
}

void AgentDisk::put_outgoing(const Bytes& key, ByteView value, Transaction& changes) {
  const auto record = agent::decode_outgoing(value);
  if (!record) return chronicle_.violate(name_ + " wrote an outgoing message that does not decode");
  const Transaction::Posted posted{.to = record->to,
                                   .session = record->session_id,
                                   .msg_id = record->msg_id,
                                   .created_at = record->created_at,
                                   .control = record->control};
  if (!outbox_.try_emplace(key, posted).second) return;
  changes.posted.push_back(posted);
  if (!posted.control) ++texts_waiting_[posted.to];
}

void AgentDisk::put_incoming(const Bytes& key, ByteView value, Transaction& changes) {
  const auto record = agent::decode_incoming(value);
  if (!record) return chronicle_.violate(name_ + " wrote an incoming message that does not decode");
  const bool fresh = !inbox_.contains(key);
  inbox_[key] = {.from = record->from, .msg_id = record->msg_id, .attempts = record->attempts};
  if (record->attempts > protocol::kHandlerAttempts) {
    chronicle_.violate(name_ + " began the handler more than 3 times on one message");
  }
  if (!fresh) return;
  changes.taken.push_back(
      {.from = record->from, .msg_id = record->msg_id, .in_reply_to = record->in_reply_to, .hops = record->hops});
}

void AgentDisk::put_session(const Bytes& key, ByteView value, Transaction& changes) {
  const auto record = agent::decode_session(value, {});
  if (!record) return chronicle_.violate(name_ + " wrote a session that does not decode");
  const agent::SessionFacts& facts = record->facts;
  const bool fresh = !sessions_.contains(key);
  Session& session = sessions_[key];
  if (session.note.superseded_at == 0 && facts.superseded_at != 0) chronicle_.met(Way::kSuperseded);
  if (session.note.lapsed_at == 0 && facts.lapsed_at != 0) changes.lapsed.push_back(facts.id);
  session.note = {.id = facts.id,
                  .peer = facts.peer,
                  .invitee = facts.invitee,
                  .confirmed = facts.confirmed,
                  .claim_pending = facts.claim_pending,
                  .claim = facts.claim_msg_id,
                  .superseded_at = facts.superseded_at,
                  .lapsed_at = facts.lapsed_at};
  if (fresh) changes.started.push_back(session.note);
  const Bytes state = record->ratchet.serialize();
  const auto header_key = ByteView(state).subspan(kSendingHeaderKey, crypto::HeaderKey::kSize);
  if (std::ranges::equal(header_key, session.header_key)) return;
  session.header_key = to_bytes(header_key);
  if (on_header_key) on_header_key(facts.id, header_key);
}

void AgentDisk::put_kept_key(const Bytes& key, ByteView value) {
  const auto record = agent::decode_kept_key(value);
  if (!record) return chronicle_.violate(name_ + " wrote a kept key that does not decode");
  if (kept_keys_.try_emplace(key, record->session_id).second) {
    ++kept_of_[record->session_id];
    chronicle_.met(Way::kKeptKey);
  }
}

void AgentDisk::remove(const Bytes& key, Transaction& changes) {
  claims_.erase(key);
  if (const auto row = outbox_.find(key); row != outbox_.end()) {
    if (!row->second.control) --texts_waiting_[row->second.to];
    changes.unposted.push_back(row->second.msg_id);
    outbox_.erase(row);
  } else if (const auto held = inbox_.find(key); held != inbox_.end()) {
    changes.handled.push_back(held->second);
    inbox_.erase(held);
  } else if (const auto session = sessions_.find(key); session != sessions_.end()) {
    changes.dropped.push_back(session->second.note);
    sessions_.erase(session);
  } else if (const auto kept = kept_keys_.find(key); kept != kept_keys_.end()) {
    --kept_of_[kept->second];
    ++changes.keys_taken;
    kept_keys_.erase(kept);
  } else if (is_kind(key, RecordKind::kKeptKey)) {
    ++changes.keys_taken;  // it was kept and used within the commit
  } else if (const auto apart = unreadable_.find(key); apart != unreadable_.end()) {
    unreadable_bytes_ -= apart->second;
    unreadable_.erase(apart);
  }
}

void AgentDisk::restored(const std::map<Bytes, Bytes>& records) {
  outbox_.clear();
  texts_waiting_.clear();
  inbox_.clear();
  sessions_.clear();
  kept_keys_.clear();
  kept_of_.clear();
  claims_.clear();
  unreadable_.clear();
  unreadable_bytes_ = 0;
  StoreBatch all;
  for (const auto& [key, value] : records) all.push_back({StoreOp::Kind::kPut, key, value});
  const auto told = std::exchange(on_commit, nullptr);
  committed(all);
  on_commit = told;
}

bool AgentDisk::has_seen(const std::map<Bytes, Bytes>& records, const AgentId& from, const MsgId& msg_id) const {
  return records.contains(to_bytes(agent::seen_key(sealer_, from, msg_id).view()));
}

}  // namespace agentroom::sim
