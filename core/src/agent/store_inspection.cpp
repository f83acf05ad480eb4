#include "agentroom/store_inspection.hpp"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "agent/record_keys.hpp"
#include "agent/records.hpp"
#include "crypto/identity.hpp"

namespace agentroom {
namespace {

using namespace agent;

struct Named {
  RecordKind kind;
  const char* name;
};
constexpr std::array kKinds{
    Named{RecordKind::kPeer, "peers"},        Named{RecordKind::kSession, "sessions"},
    Named{RecordKind::kKeptKey, "kept keys"}, Named{RecordKind::kOutgoing, "outbox"},
    Named{RecordKind::kIncoming, "inbox"},    Named{RecordKind::kSeen, "dedupe keys"},
    Named{RecordKind::kInvite, "invites"},    Named{RecordKind::kClaim, "claims"},
    Named{RecordKind::kPin, "pins"},          Named{RecordKind::kUnreadable, "unreadable"},
};
/// The counter of `runtime::EpochStore`.
constexpr char kEpoch = 'e';

/// One walk over all records. Those that refer to a session come before the sessions, so they wait for the end.
class Inspector {
 public:
  explicit Inspector(const crypto::Identity& identity) : self_(identity.id()), sealer_(identity.store_key()) {
    for (const Named& each : kKinds) found_.kinds.push_back({.name = each.name});
  }

  void see(ByteView key, ByteView sealed) {
    if (key.empty()) {
      ++records_;
      return found_.problem("a record lies under no key: this version does not write such records");
    }
    const char kind = static_cast<char>(key.front());
    if (kind == kEpoch) return;
    ++records_;
    auto value = sealer_.open(key, sealed);
    const std::string name = count(kind, sealed.size());
    if (!value) return found_.problem(name + ": " + value.error().message);
    if (auto good = judge(static_cast<RecordKind>(kind), key, *value); !good) {
      found_.problem(name + ": " + good.error().message);
    }
    wipe(*value);
  }

  Result<StoreInspection> end() {
    if (records_ > 0 && !meta_) {
      return fail(ErrorCode::kCorrupt, "the store does not hold the records of this identity",
                  "put back the identity.json that the store was made with");
    }
    for (const auto& [session, what] : referred_) {
      if (!sessions_.contains(session)) found_.problem(what + ": the session that it belongs to is not there");
    }
    for (const AgentId& peer : session_peers_) {
      if (!peers_.contains(peer)) found_.problem("sessions: the peer of one is not there");
    }
    return std::move(found_);
  }

 private:
  std::string count(char kind, std::size_t bytes) {
    if (kind == static_cast<char>(RecordKind::kMeta)) return "meta";
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if (static_cast<char>(kKinds.at(i).kind) != kind) continue;
      ++found_.kinds[i].records;
      found_.kinds[i].bytes += bytes;
      return kKinds.at(i).name;
    }
    return "a record of unknown kind";
  }

  static Result<void> under(bool right) {
    return right ? Result<void>() : fail(ErrorCode::kCorrupt, "one lies under a wrong key");
  }

  Result<void> under_blinded(ByteView key, RecordKind kind, ByteView part) const {
    return under(std::ranges::equal(key, blinded_key(kind, sealer_, part)));
  }

  Result<void> judge(RecordKind kind, ByteView key, ByteView value) {
    switch (kind) {
      case RecordKind::kMeta: {
        auto record = decode_meta(value);
        if (!record) return pass(record);
        if (record->agent != self_) return fail(ErrorCode::kCorrupt, "the store belongs to another identity");
        meta_ = true;
        return {};
      }
      case RecordKind::kPeer: {
        auto record = decode_peer(value);
        if (!record) return pass(record);
        peers_.insert(record->id);
        return under_blinded(key, kind, record->id.view());
      }
      case RecordKind::kKeptKey: {
        auto record = decode_kept_key(value);
        if (!record) return pass(record);
        const auto place = kept_key_key(sealer_, record->session_id, record->key.hk.view(), record->key.n);
        referred_.emplace_back(record->session_id, "kept keys");
        kept_[record->session_id].insert_or_assign(record->order, std::move(record->key));
        return under(std::ranges::equal(key, place.view()));
      }
      case RecordKind::kSession:
        return judge_session(key, value);
      case RecordKind::kOutgoing: {
        auto record = decode_outgoing(value);
        if (!record) return pass(record);
        referred_.emplace_back(record->session_id, "outbox");
        return under(sequence_of(key).has_value());
      }
      case RecordKind::kIncoming: {
        auto record = decode_incoming(value);
        if (!record) return pass(record);
        wipe_bytes(std::as_writable_bytes(std::span(record->text)));
        return under(sequence_of(key).has_value());
      }
      case RecordKind::kSeen: {
        auto at = decode_seen(value);
        if (!at) return pass(at);
        return under(key.size() == SeenKey::kSize);
      }
      case RecordKind::kUnreadable: {
        auto record = decode_unreadable(value);
        if (!record) return pass(record);
        return under(sequence_of(key).has_value());
      }
      case RecordKind::kInvite: {
        auto record = decode_invite(value);
        if (!record) return pass(record);
        return under_blinded(key, kind, record->invite_id.view());
      }
      case RecordKind::kClaim: {
        auto record = decode_claim(value);
        if (!record) return pass(record);
        referred_.emplace_back(record->session_id, "claims");
        return under_blinded(key, kind, record->invite_id.view());
      }
      case RecordKind::kPin: {
        auto record = decode_pin(value);
        if (!record) return pass(record);
        return under_blinded(key, kind, as_bytes(record->url));
      }
    }
    return fail(ErrorCode::kCorrupt, "this version does not write such records");
  }

  Result<void> judge_session(ByteView key, ByteView value) {
    auto id = session_of(value);
    if (!id) return pass(id);
    std::vector<crypto::KeptKey> kept;
    for (auto& [order, each] : kept_[*id]) kept.push_back(std::move(each));
    kept_.erase(*id);
    auto record = decode_session(value, std::move(kept));
    if (!record) return pass(record);
    sessions_.insert(*id);
    session_peers_.insert(record->facts.peer);
    return under_blinded(key, RecordKind::kSession, id->view());
  }

  const AgentId self_;
  const crypto::RecordSealer sealer_;
  StoreInspection found_;
  std::uint64_t records_ = 0;
  bool meta_ = false;
  std::set<AgentId> peers_;
  std::set<AgentId> session_peers_;
  std::set<SessionId> sessions_;
  std::map<SessionId, std::map<std::uint64_t, crypto::KeptKey>> kept_;
  std::vector<std::pair<SessionId, std::string>> referred_;
};

}  // namespace

Result<StoreInspection> inspect_agent_store(Store& store, const crypto::Identity& identity) {
  Inspector inspector(identity);
  auto scanned = store.scan({}, {}, 0, [&](ByteView key, ByteView value) {
    inspector.see(key, value);
    return true;
  });
  if (!scanned) return pass(scanned);
  return inspector.end();
}

}  // namespace agentroom
