// The agents that the relay knows: those connected, those with a mailbox, and those whose messages it keeps.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/relay_engine.hpp"
#include "relay/budget.hpp"
#include "relay/keyed_hash.hpp"
#include "relay/refs.hpp"
#include "relay/token_bucket.hpp"

namespace agentroom::relay {

class Connection;

/// What one token's messages take of a mailbox.
struct TokenShare {
  TokenHash token;
  std::uint32_t messages = 0;  ///< 0: the slot is free
  std::uint64_t bytes = 0;
};

struct Agent {
  AgentId id;
  Connection* connection = nullptr;  ///< the live one, authenticated
  TokenBucket frames;

  // The mailbox.
  bool has_mailbox = false;
  bool claimed_here = false;        ///< it once claimed an invite at this relay
  bool took_part = false;           ///< in a claim at this relay, on either side
  bool known = false;               ///< no newcomer: it took part, or is named in `publishers`
  bool may_be_idle = false;         ///< stands in the list of mailboxes that could be forgotten
  bool mailbox_changed = false;     ///< since its record was last handed to the store
  bool pump_due = false;            ///< its queue may be able to move
  std::uint64_t allow_version = 0;  ///< grows whenever an answer to "is this token listed" may change; never repeats
  std::vector<TokenHash> allowed;   ///< ascending
  AllowDigest allow_digest;
  std::vector<InviteId> invites;  ///< published by this agent and still remembered

  // Its queue: rows that are kOpen or kStored, oldest first.
  RowId head = kNone;
  RowId tail = kNone;
  RowId cursor = kNone;  ///< the first row that `pump` has not looked at
  std::uint32_t queued = 0;

  // What its queue and its in-flight messages take.
  std::uint32_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t flight_bytes = 0;  ///< of these, in flight
  std::vector<TokenShare> shares;

  std::uint64_t queued_bytes() const { return bytes - flight_bytes; }

  std::uint32_t sent = 0;  ///< rows that this agent sent
};

/// Owns the agents. A reference stays valid until `release` finds nothing that needs the agent any more.
class Agents {
 public:
  Agents(const RelayLimits& limits, const KeyedHash& hash)
      : by_id_(0, hash),
        mailboxes_(limits.mailboxes, 0, limits.newcomer_percent),
        tokens_(limits.allowed_tokens, limits.mailboxes, limits.newcomer_percent) {}

  AgentRef find(const AgentId& id) const;
  AgentRef intern(const AgentId& id);
  /// Forgets the agent when it has no connection, no mailbox and no row.
  void release(AgentRef ref);

  Agent& operator[](AgentRef ref) { return *agents_[ref]; }
  const Agent& operator[](AgentRef ref) const { return *agents_[ref]; }

  /// False once it was released; another agent may have its place.
  bool lives(AgentRef ref) const { return agents_[ref] != nullptr; }

  /// Gives the agent a mailbox that accepts nothing. False when the relay keeps no more of them.
  bool open_mailbox(AgentRef ref);
  /// Replaces what the mailbox accepts. False when the relay keeps no more hashes; `ascending` is left alone then.
  bool allow(AgentRef ref, std::vector<TokenHash>&& ascending);
  /// A mailbox as it was kept, whatever the limits are now.
  void load_mailbox(AgentRef ref, std::vector<TokenHash> ascending);
  /// Takes the mailbox away; the agent may be released then.
  void close_mailbox(AgentRef ref);
  /// The agent is a newcomer no longer.
  void know(AgentRef ref);

  /// The agent left: its mailbox may be forgotten if it stays away, and is a newcomer's.
  void left(AgentRef ref);
  /// Of the newcomers' mailboxes that nobody is connected to and nothing waits in, the one left first; kNone when there
  /// is none.
  AgentRef take_idle();

  std::uint64_t mailboxes() const { return mailboxes_.all(); }
  std::uint64_t tokens() const { return tokens_.all(); }

  template <class Visit>
  void each(Visit&& visit) {
    for (AgentRef ref = 0; ref < agents_.size(); ++ref) {
      if (agents_[ref]) visit(ref, *agents_[ref]);
    }
  }

 private:
  void set_allowed(Agent& agent, std::vector<TokenHash> ascending);

  boost::unordered_flat_map<AgentId, AgentRef, KeyedHash> by_id_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<AgentRef> free_;
  std::deque<AgentRef> idle_;  ///< in the order in which they left; some came back or are gone
  Budget mailboxes_;
  Budget tokens_;
  std::uint64_t incarnations_ = 0;
};

}  // namespace agentroom::relay
