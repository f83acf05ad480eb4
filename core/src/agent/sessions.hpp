// The sessions with all peers (protocol section 3): which one sends, which ones still receive.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/context.hpp"
#include "agent/peers.hpp"
#include "agent/record_keys.hpp"
#include "agent/records.hpp"
#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::agent {

/// One session. Changes are written by `Sessions::save`.
struct Session {
  SessionFacts facts;
  crypto::Ratchet ratchet;
  std::map<KeptKeyKey, std::uint64_t> kept;  ///< where its kept keys lie in the store, and in which order
  std::uint64_t next_kept = 0;
  /// Of the message that was opened last, in the order in which the peer sent them: what came late has the place of its
  /// kept key. Messages without a skipped one between them share a place.
  std::uint64_t place = 0;
};

/// A session between two agents:
///
///   invitee:  claimed --OK--> provisional --first message of the peer--> confirmed --another sends--> superseded
///                |               |   |                                       ^                           |
///                |               |   \--7 days--> lapsed --the same, late----/     14 days unused --> gone <-/
///                \--rejected     \--refused           \--7 more days--> gone
///                    --> gone        by the inviter --> gone
///   inviter:  confirmed from the start
///
/// Lapsed: the relay keeps a session's start for 7 days, so it was not read; the session sends no more. It still
/// receives for as long as an answer may lie in the own mailbox.
class Sessions {
 public:
  Sessions(Context& context, Peers& peers) : context_(context), peers_(peers) {}
  Result<void> load();

  /// Takes it over and stages its record.
  Session& add(SessionFacts facts, crypto::Ratchet ratchet);
  void remove(SessionId id);

  Session* find(const SessionId& id);
  Session* find_by_invite(const InviteId& invite);
  Session* find_by_claim(const MsgId& claim);
  std::vector<Session*> of(const AgentId& peer);
  /// The session that sends: confirmed with the greatest (generation, id), else the newest provisional one. Null while
  /// there is none, or its claim is unanswered, or it lapsed.
  Session* sending(const AgentId& peer);

  /// Encodes and encrypts for the session's peer; the result is the envelope. The advanced state is staged.
  Result<Bytes> encrypt(Session& session, const MsgId& msg_id, ByteView content);
  /// Opens a message of the session's peer. On success the advanced state and kept keys are staged.
  Result<Bytes> decrypt(Session& session, const MsgId& msg_id, const crypto::RatchetMessage& message);

  /// Stages the session's record; it is encoded at the commit.
  void save(Session& session);
  /// Notes which sessions with a peer were superseded; after every change of `confirmed`, `generation` or membership.
  void settle(const AgentId& peer);

  /// Hashes of the tokens that a relay's mailbox accepts, ascending. `uses` tells which session URLs it serves.
  std::vector<TokenHash> tokens(const std::function<bool(const std::string&)>& uses) const;

  /// The sessions that lapse now.
  std::vector<Session*> lapse();
  /// Drops superseded and lapsed sessions and kept keys whose time is over. True when tokens changed.
  bool expire();

  const std::unordered_map<SessionId, std::unique_ptr<Session>>& all() const { return sessions_; }

 private:
  Bytes key_of(const SessionId& id) const;
  /// The place of a message that a kept key opened.
  std::optional<std::uint64_t> late_place(const Session& session,
                                          const std::vector<crypto::KeptKeyChange>& changes) const;
  void stage(Session& session, const std::vector<crypto::KeptKeyChange>& changes);

  Context& context_;
  Peers& peers_;
  std::unordered_map<SessionId, std::unique_ptr<Session>> sessions_;
  std::unordered_map<AgentId, std::vector<Session*>> by_peer_;
  std::uint64_t next_order_ = 1;
};

}  // namespace agentroom::agent
