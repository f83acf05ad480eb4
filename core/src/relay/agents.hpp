// The agents that the relay knows: those connected, those with a mailbox, and those whose messages it keeps.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <vector>

#include "agentroom/ids.hpp"
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
  bool mailbox_changed = false;     ///< since its record was last handed to the store
  bool pump_due = false;            ///< its queue may be able to move
  std::uint32_t allow_version = 0;  ///< grows whenever an answer to "is this token listed" may change
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
  std::vector<TokenShare> shares;

  std::uint32_t sent = 0;  ///< rows that this agent sent
};

/// Owns the agents. A reference stays valid until `release` finds nothing that needs the agent any more.
class Agents {
 public:
  explicit Agents(const KeyedHash& hash) : by_id_(0, hash) {}

  AgentRef find(const AgentId& id) const;
  AgentRef intern(const AgentId& id);
  /// Forgets the agent when it has no connection, no mailbox and no row.
  void release(AgentRef ref);

  Agent& operator[](AgentRef ref) { return *agents_[ref]; }
  const Agent& operator[](AgentRef ref) const { return *agents_[ref]; }

  /// Gives the agent a mailbox that accepts nothing. False when the relay keeps no more of them.
  bool open_mailbox(AgentRef ref, std::size_t limit);
  /// Replaces what the mailbox accepts. False when the relay keeps no more hashes.
  bool allow(AgentRef ref, std::vector<TokenHash> ascending, std::size_t limit);

  template <class Visit>
  void each(Visit&& visit) {
    for (AgentRef ref = 0; ref < agents_.size(); ++ref) {
      if (agents_[ref]) visit(ref, *agents_[ref]);
    }
  }

 private:
  boost::unordered_flat_map<AgentId, AgentRef, KeyedHash> by_id_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<AgentRef> free_;
  std::size_t mailboxes_ = 0;
  std::size_t hashes_ = 0;
};

}  // namespace agentroom::relay
