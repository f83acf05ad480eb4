// The invites that this relay knows, and who may use them (protocol sections 2, 6 and 7.6).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "protocol/frames.hpp"
#include "relay/agents.hpp"
#include "relay/records.hpp"

namespace agentroom::relay {

/// What is decided about a request; `write` names a record that changed, `before` what it was (nothing: new).
struct InviteDecision {
  protocol::Code refused = protocol::Code::kNone;
  bool write = false;
  std::optional<InviteRecord> before = std::nullopt;
  std::optional<RelayLimit> limit = std::nullopt;  ///< that stands against it
};

///   open --claim--> claimed --14 days after expiry--> forgotten
///     |---revoke--> revoked --------------------------^
///     \---expiry---------------------------------------^
class Invites {
 public:
  Invites(const RelayLimits& limits, const KeyedHash& hash, Agents& agents)
      : limits_(limits), agents_(agents), room_(limits.invites, 0, limits.newcomer_percent), by_id_(0, hash) {}

  InviteDecision publish(AgentRef by, const protocol::InvitePublish& request, UnixMs now);
  InviteDecision revoke(AgentRef by, const protocol::InviteRevoke& request);

  /// A claim in two steps, so that room is looked for in between.
  struct Claim {
    InviteRecord* invite = nullptr;  ///< valid until the next call
    EnvelopeHash envelope_hash;
    bool again = false;  ///< the claim that used it, once more
  };
  /// Checks the signature first: without the invite's secret nothing is learned about it.
  std::expected<Claim, protocol::Code> check(AgentRef by, const protocol::InviteClaim& request, UnixMs now);
  InviteDecision claim(AgentRef by, const protocol::InviteClaim& request, const Claim& checked);

  /// True when a claimed invite of `recipient` lists this token for `sender`.
  bool lists(const Agent& recipient, const Agent& sender, const TokenHash& token) const;

  /// The inviter receipted the SessionInit; one that it refused lists the token no longer. The record that changed, or
  /// null.
  const InviteRecord* receipted(Agent& inviter, const Agent& claimant, const MsgId& claim_msg_id, bool stored);
  /// The inviter sent its list: tokens whose SessionInit it receipted stand in it or are gone.
  template <class Changed>
  void listed_anew(Agent& inviter, Changed&& changed) {
    for (const InviteId& id : inviter.invites) {
      InviteRecord& invite = by_id_.find(id)->second;
      if (!invite.listed || !invite.receipted) continue;
      invite.listed = false;
      ++inviter.allow_version;
      changed(invite);
    }
  }

  const InviteRecord* find(const InviteId& id) const;
  void load(InviteRecord record);
  void restore(const InviteId& id, const std::optional<InviteRecord>& before);

  /// Forgets what is 14 days past its expiry; `forgotten` is called with each id.
  template <class Forgotten>
  void expire(UnixMs now, Forgotten&& forgotten) {
    std::vector<InviteId> old;
    for (const auto& entry : by_id_) {
      if (forget_at(entry.second) <= now) old.push_back(entry.first);
    }
    for (const InviteId& id : old) {
      remove(id);
      forgotten(id);
    }
  }
  /// When `expire` has something to do.
  std::optional<UnixMs> next_expiry() const;

  std::uint64_t open(UnixMs now) const;
  std::uint64_t remembered() const { return by_id_.size(); }
  /// To be told before an agent is a newcomer no longer.
  void know(const Agent& agent) { room_.know(agent.invites.size()); }

  /// Set by `publish` when a remembered invite had to make room; its record is to be erased.
  std::optional<InviteId> take_evicted() { return std::exchange(evicted_, std::nullopt); }

 private:
  static UnixMs forget_at(const InviteRecord& invite);
  /// Forgets the one of these that is missed least.
  template <class Candidate>
  bool forget_one(UnixMs now, Candidate&& is_candidate);
  std::optional<RelayLimit> make_room(const Agent& inviter, UnixMs now);
  void add(InviteRecord record);
  void remove(const InviteId& id);

  const RelayLimits& limits_;
  Agents& agents_;
  Budget room_;
  boost::unordered_flat_map<InviteId, InviteRecord, KeyedHash> by_id_;
  std::optional<InviteId> evicted_;
};

}  // namespace agentroom::relay
