// What an agent's disk holds, read as the agent itself would.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/records.hpp"
#include "agentroom/store.hpp"
#include "chronicle.hpp"
#include "crypto/identity.hpp"
#include "crypto/sealed_record.hpp"

namespace agentroom::sim {

/// A session as one side's disk has it.
struct SessionNote {
  SessionId id;
  AgentId peer;
  bool invitee = false;
  bool confirmed = false;
  bool claim_pending = false;
  MsgId claim;
  UnixMs superseded_at = 0;
  UnixMs lapsed_at = 0;
};

/// What one commit changed.
struct Transaction {
  struct Posted {
    AgentId to;
    SessionId session;
    MsgId msg_id;
    UnixMs created_at;
    bool control;
  };
  struct Taken {
    AgentId from;
    MsgId msg_id;
    std::optional<MsgId> in_reply_to;
    std::uint32_t hops;
  };
  struct Handled {
    AgentId from;
    MsgId msg_id;
    std::uint32_t attempts;
  };
  std::vector<Posted> posted;    ///< new rows of the outbox, in order
  std::vector<MsgId> unposted;   ///< rows that left it
  std::vector<Taken> taken;      ///< new rows of the inbox, in order
  std::vector<Handled> handled;  ///< rows that left it, in order
  std::vector<SessionNote> started;
  std::vector<SessionNote> dropped;
  std::vector<SessionId> lapsed;  ///< that only receive from now on
  std::size_t keys_taken = 0;     ///< kept keys that went: used, or too old or too many
};

class AgentDisk {
 public:
  AgentDisk(const crypto::Identity& identity, Chronicle& chronicle, std::string name)
      : sealer_(identity.store_key()), chronicle_(chronicle), name_(std::move(name)) {}

  /// Told after each commit that changed one of these.
  std::function<void(const Transaction&)> on_commit;
  /// The header key that a session seals with, whenever it is another one.
  std::function<void(const SessionId& session, ByteView header_key)> on_header_key;

  void committed(const StoreBatch& batch);
  /// The disk holds `records` instead of what it held; nobody is told.
  void restored(const std::map<Bytes, Bytes>& records);

  /// True when `records`, this agent's, hold the dedupe key of the message.
  bool has_seen(const std::map<Bytes, Bytes>& records, const AgentId& from, const MsgId& msg_id) const;

  std::size_t outbox() const { return outbox_.size(); }
  std::size_t inbox() const { return inbox_.size(); }
  std::size_t kept_keys() const { return kept_keys_.size(); }
  std::size_t claims() const { return claims_.size(); }

 private:
  struct Session {
    SessionNote note;
    Bytes header_key;
  };

  void put(const Bytes& key, ByteView value, Transaction& changes);
  void put_outgoing(const Bytes& key, ByteView value, Transaction& changes);
  void put_incoming(const Bytes& key, ByteView value, Transaction& changes);
  void put_session(const Bytes& key, ByteView value, Transaction& changes);
  void put_unreadable(const Bytes& key, ByteView value);
  void put_kept_key(const Bytes& key, ByteView value);
  void remove(const Bytes& key, Transaction& changes);
  void check_bounds();

  crypto::RecordSealer sealer_;
  Chronicle& chronicle_;
  const std::string name_;
  std::map<Bytes, Transaction::Posted> outbox_;
  std::map<AgentId, std::size_t> texts_waiting_;  // in the outbox, by recipient
  std::map<Bytes, Transaction::Handled> inbox_;
  std::map<Bytes, Session> sessions_;
  std::map<Bytes, SessionId> kept_keys_;
  std::map<SessionId, std::size_t> kept_of_;
  std::set<Bytes> claims_;
  std::map<Bytes, std::size_t> unreadable_;
  std::size_t unreadable_bytes_ = 0;
};

}  // namespace agentroom::sim
