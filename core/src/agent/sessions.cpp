#include "agent/sessions.hpp"

#include <algorithm>
#include <map>

#include "crypto/keys.hpp"
#include "protocol/content.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {
namespace {

/// A relay keeps what it queued so long; a little more for the answer to what was read last.
constexpr std::int64_t kAnswerTimeMs = protocol::kMessageLifeMs + 3'600'000;
/// From when that was seen, for an answer that waits in the own mailbox.
constexpr std::int64_t kLapsedLifeMs = protocol::kMessageLifeMs;

}  // namespace

Result<void> Sessions::load() {
  struct Kept {
    std::map<std::uint64_t, crypto::KeptKey> keys;
    std::map<KeptKeyKey, std::uint64_t> places;
  };
  std::unordered_map<SessionId, Kept> kept;
  auto read = context_.journal.read_all(RecordKind::kKeptKey, [&](ByteView key, ByteView value) -> Result<void> {
    auto record = decode_kept_key(value);
    if (!record) return pass(record);
    auto place = KeptKeyKey::from(key);
    if (!place) return fail(ErrorCode::kCorrupt, "the store holds a record under a wrong key");
    Kept& of_session = kept[record->session_id];
    of_session.places.emplace(*place, record->order);
    of_session.keys.insert_or_assign(record->order, std::move(record->key));
    return {};
  });
  if (!read) return read;
  return context_.journal.read_all(RecordKind::kSession, [&](ByteView, ByteView value) -> Result<void> {
    auto id = session_of(value);
    if (!id) return pass(id);
    Kept& of_session = kept[*id];
    std::vector<crypto::KeptKey> keys;
    std::uint64_t next_kept = 0;
    for (auto& [order, key] : of_session.keys) {
      keys.push_back(std::move(key));
      next_kept = order + 1;
    }
    auto record = decode_session(value, std::move(keys));
    if (!record) return pass(record);
    next_order_ = std::max(next_order_, record->facts.order + 1);
    const AgentId peer = record->facts.peer;
    next_kept = std::max(next_kept, record->facts.relay_urls_at);  // places only grow
    auto session = std::make_unique<Session>(std::move(record->facts), std::move(record->ratchet),
                                             std::move(of_session.places), next_kept);
    by_peer_[peer].push_back(session.get());
    sessions_[*id] = std::move(session);
    return {};
  });
}

Session& Sessions::add(SessionFacts facts, crypto::Ratchet ratchet) {
  facts.order = next_order_++;
  const SessionId id = facts.id;
  auto session =
      std::make_unique<Session>(std::move(facts), std::move(ratchet), std::map<KeptKeyKey, std::uint64_t>{}, 0U);
  Session& added = *session;
  peers_.add(added.facts.peer);
  by_peer_[added.facts.peer].push_back(&added);
  sessions_[id] = std::move(session);
  save(added);
  return added;
}

void Sessions::remove(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = *found->second;
  for (const auto& [place, order] : session.kept) context_.journal.remove(to_bytes(place.view()));
  context_.journal.remove(key_of(id));
  const AgentId peer = session.facts.peer;
  std::erase(by_peer_[peer], &session);
  sessions_.erase(found);
  if (by_peer_[peer].empty()) {
    by_peer_.erase(peer);
    const PeerRecord* record = peers_.find(peer);
    // A name or a generation that the owner or the peer gave outlives the session.
    if (record != nullptr && record->given_name.empty() && record->generation == 0) peers_.forget(peer);
    return;
  }
  settle(peer);
}

Session* Sessions::find(const SessionId& id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

Session* Sessions::find_by_invite(const InviteId& invite) {
  for (auto& [id, session] : sessions_) {
    if (session->facts.invitee && session->facts.invite_id == invite) return session.get();
  }
  return nullptr;
}

Session* Sessions::find_by_claim(const MsgId& claim) {
  for (auto& [id, session] : sessions_) {
    if (session->facts.invitee && session->facts.claim_msg_id == claim) return session.get();
  }
  return nullptr;
}

std::vector<Session*> Sessions::of(const AgentId& peer) {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? std::vector<Session*>{} : found->second;
}

Session* Sessions::sending(const AgentId& peer) {
  const auto found = by_peer_.find(peer);
  if (found == by_peer_.end()) return nullptr;
  Session* best = nullptr;
  const auto better = [](const SessionFacts& a, const SessionFacts& b) {
    if (a.confirmed != b.confirmed) return a.confirmed;
    if (!a.confirmed) return a.order > b.order;
    return std::tie(a.generation, a.id) > std::tie(b.generation, b.id);
  };
  for (Session* session : found->second) {
    if (session->facts.claim_pending || session->facts.lapsed_at != 0 || !session->ratchet.can_send()) continue;
    if (best == nullptr || better(session->facts, best->facts)) best = session;
  }
  return best;
}

Result<Bytes> Sessions::encrypt(Session& session, const MsgId& msg_id, ByteView content) {
  const crypto::MessageContext between{.from = context_.self.id(), .to = session.facts.peer, .msg_id = msg_id};
  auto message = session.ratchet.encrypt(between, content, context_.random);
  if (!message) return pass(message);
  session.facts.last_used = context_.now.unix_ms;
  save(session);
  return protocol::encode_envelope(std::move(*message));
}

Result<Bytes> Sessions::decrypt(Session& session, const MsgId& msg_id, const crypto::RatchetMessage& message) {
  const crypto::MessageContext between{.from = session.facts.peer, .to = context_.self.id(), .msg_id = msg_id};
  auto opened = session.ratchet.decrypt(between, message, context_.now.unix_ms, context_.random);
  // Also after a failure: the ratchet remembers false long skips.
  save(session);
  if (!opened) return pass(opened);
  const auto late = late_place(session, opened->changes);
  stage(session, opened->changes);
  session.place = late.value_or(session.next_kept);
  session.facts.last_used = context_.now.unix_ms;
  return std::move(opened->plaintext);
}

std::optional<std::uint64_t> Sessions::late_place(const Session& session,
                                                  const std::vector<crypto::KeptKeyChange>& changes) const {
  // A key that was taken comes first; alone, one that is removed may only have grown old.
  if (changes.empty() || changes[0].kind != crypto::KeptKeyChange::Kind::kRemoved) return std::nullopt;
  const crypto::KeptKey& key = changes[0].key;
  if (key.kept_at + crypto::kKeptKeyLifeMs < context_.now.unix_ms) return std::nullopt;
  const auto kept = session.kept.find(kept_key_key(context_.journal.sealer(), session.facts.id, key.hk.view(), key.n));
  return kept == session.kept.end() ? std::nullopt : std::optional(kept->second);
}

void Sessions::stage(Session& session, const std::vector<crypto::KeptKeyChange>& changes) {
  for (const auto& change : changes) {
    const KeptKeyKey place =
        kept_key_key(context_.journal.sealer(), session.facts.id, change.key.hk.view(), change.key.n);
    if (change.kind == crypto::KeptKeyChange::Kind::kRemoved) {
      if (session.kept.erase(place) > 0) context_.journal.remove(to_bytes(place.view()));
      continue;
    }
    session.kept.insert_or_assign(place, session.next_kept);
    const KeptKeyRecord record{.session_id = session.facts.id,
                               .key = {change.key.hk.clone(), change.key.n, change.key.mk.clone(), change.key.kept_at},
                               .order = session.next_kept++};
    context_.journal.put(to_bytes(place.view()), encode(record));
  }
}

void Sessions::save(Session& session) {
  context_.journal.put_encoded(key_of(session.facts.id), [this, id = session.facts.id]() -> Bytes {
    const Session* current = find(id);
    return current == nullptr ? Bytes{} : encode(current->facts, current->ratchet);
  });
}

void Sessions::settle(const AgentId& peer) {
  const Session* sender = sending(peer);
  for (Session* session : of(peer)) {
    if (session->facts.claim_pending) continue;
    const UnixMs at = session == sender || sender == nullptr ? 0
                      : session->facts.superseded_at != 0    ? session->facts.superseded_at
                                                             : context_.now.unix_ms;
    if (session->facts.superseded_at == at) continue;
    session->facts.superseded_at = at;
    save(*session);
  }
}

std::vector<TokenHash> Sessions::tokens(const std::function<bool(const std::string&)>& uses) const {
  std::vector<const Session*> listed;
  for (const auto& [id, session] : sessions_) {
    if (uses(session->facts.url)) listed.push_back(session.get());
  }
  if (listed.size() > protocol::kAllowHashes) {
    // More than a mailbox takes: the sessions used last stay.
    std::ranges::sort(listed, std::greater{}, [](const Session* session) { return session->facts.last_used; });
    listed.resize(protocol::kAllowHashes);
  }
  std::vector<TokenHash> hashes;
  hashes.reserve(listed.size());
  for (const Session* session : listed) hashes.push_back(crypto::hash_token(session->facts.token_in));
  std::ranges::sort(hashes);
  const auto [first, last] = std::ranges::unique(hashes);
  hashes.erase(first, last);
  return hashes;
}

std::vector<Session*> Sessions::lapse() {
  std::vector<Session*> lapsed;
  for (auto& [id, session] : sessions_) {
    SessionFacts& facts = session->facts;
    const bool waits = facts.invitee && !facts.confirmed && !facts.claim_pending && facts.lapsed_at == 0;
    if (!waits || facts.claimed_at + kAnswerTimeMs >= context_.now.unix_ms) continue;
    facts.lapsed_at = context_.now.unix_ms;
    lapsed.push_back(session.get());
  }
  std::ranges::sort(lapsed, {}, [](const Session* session) { return session->facts.order; });
  for (Session* session : lapsed) {
    save(*session);
    settle(session->facts.peer);
  }
  return lapsed;
}

bool Sessions::expire() {
  std::vector<SessionId> over;
  for (auto& [id, session] : sessions_) {
    if (session->ratchet.kept_keys() > 0) {
      const auto changes = session->ratchet.expire(context_.now.unix_ms);
      if (!changes.empty()) {
        stage(*session, changes);
        save(*session);
      }
    }
    const SessionFacts& facts = session->facts;
    const UnixMs last = std::max(facts.superseded_at, facts.last_used);
    const bool unused = facts.superseded_at != 0 && last + protocol::kSupersededSessionLifeMs < context_.now.unix_ms;
    if (unused || (facts.lapsed_at != 0 && facts.lapsed_at + kLapsedLifeMs < context_.now.unix_ms)) over.push_back(id);
  }
  for (const SessionId& id : over) remove(id);
  return !over.empty();
}

Bytes Sessions::key_of(const SessionId& id) const {
  return blinded_key(RecordKind::kSession, context_.journal.sealer(), id.view());
}

}  // namespace agentroom::agent
