// The invites of this agent, from publishing to use, revocation or expiry (protocol sections 2 and 6).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/context.hpp"
#include "agent/links.hpp"
#include "agent/records.hpp"

namespace agentroom::agent {

/// An invite:
///
///   asked --link ready--> publishing --OK--> open --SessionInit--> gone
///                             |                |--expired, revoke--> revoking --confirmed--> gone
///                             \--given up------+                        \--ALREADY_CLAIMED--> claimed
///
/// Prekey and nonce stay until the SessionInit came or the relay confirmed that nobody can claim the invite any more.
class Invites {
 public:
  Invites(Context& context, Links& links) : context_(context), links_(links) {}
  Result<void> load();

  void name_url(std::string url) { named_url_ = std::move(url); }
  void create(std::int64_t ttl_ms, AgentEngine::Done<CreatedInvite> done);
  void revoke(const InviteId& invite, AgentEngine::Done<void> done);
  std::vector<OpenInvite> open() const;

  const InviteRecord* find(const InviteId& invite) const;
  /// Its SessionInit came: stages the end of its record.
  void close(InviteId invite);

  void on_ready(Link& link);
  /// Sends what waits for this relay.
  void pump(Link& link);
  /// False when the item answers nothing of ours.
  bool on_ack(Link& link, const protocol::AckItem& item);
  /// `hopeless`: the attempt did not get ready, or the link stopped for good.
  void on_down(const Link& link, const Error& why, bool hopeless);
  void on_time();
  /// Revokes what expired, forgets what nobody can use any more.
  void expire();
  std::optional<Duration> deadline() const;
  std::vector<std::string> urls() const;
  /// The URLs of the relays that know them.
  std::set<std::string> made_at() const;
  void shut_down();

 private:
  struct Creation {  ///< waits for the link, whose relay's key goes into the invite
    std::int64_t ttl_ms;
    AgentEngine::Done<CreatedInvite> done;
    Duration give_up;
  };
  struct Entry {
    InviteRecord record;
    bool durable = false;
    bool sent = false;  ///< on this connection
    RequestId request_id{};
    std::optional<Duration> retry_at{};  ///< the relay could not do it
    Duration give_up{};
    AgentEngine::Done<CreatedInvite> created{};
    AgentEngine::Done<void> revoked{};
    std::string why{};  ///< for the event at its end
  };

  void make(Link& link, Creation creation);
  void request(Link& link, Entry& entry);
  void published(Entry& entry, const protocol::AckItem& item);
  void revoked(Entry& entry, const protocol::AckItem& item);
  void begin_revoke(Entry& entry, std::string why);
  /// Stops waiting for the owner's sake; an unpublished invite is revoked.
  void give_up(Entry& entry, const Error& why);
  void save(Entry& entry);
  void forget(InviteId invite);  // by value: callers name it by the entry that goes
  CreatedInvite announce(const InviteRecord& record) const;
  Bytes key_of(const InviteId& invite) const;

  Context& context_;
  Links& links_;
  std::vector<Creation> creations_;
  std::string named_url_;  ///< stands in invites for that of the link; empty: none does
  std::map<InviteId, Entry> entries_;
};

}  // namespace agentroom::agent
