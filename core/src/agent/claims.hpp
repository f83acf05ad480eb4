// Invites of others that this agent accepts (protocol sections 3 and 7.6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/context.hpp"
#include "agent/links.hpp"
#include "agent/outbox.hpp"
#include "agent/peers.hpp"
#include "agent/pins.hpp"
#include "agent/records.hpp"
#include "agent/sessions.hpp"
#include "protocol/invite.hpp"

namespace agentroom::agent {

/// An acceptance:
///
///   asked --link ready, relay is the invite's--> staged (session, claim) --durable--> sent --OK--> session usable
///     \--link fails--> told                                                ^  |\--rejected--> both gone
///                                                                          +--+ new link: the same bytes again
class Claims {
 public:
  Claims(Context& context, Links& links, const Pins& pins, Peers& peers, Sessions& sessions, Outbox& outbox)
      : context_(context), links_(links), pins_(pins), peers_(peers), sessions_(sessions), outbox_(outbox) {}
  Result<void> load();

  /// A session became usable.
  std::function<void(const AgentId&)> on_usable;
  /// The tokens that a mailbox accepts changed, durably.
  std::function<void()> on_tokens;

  void accept(const std::string& url, std::optional<std::string> server, AgentEngine::Done<AcceptedInvite> done);
  /// Forgets claims on invites of a peer that is removed.
  void drop_peer(const AgentId& peer);

  /// The keys that waiting invites name for the relay at `url`.
  std::vector<RelayId> expected(const std::string& url) const;

  void on_ready(Link& link);
  void pump(Link& link);
  bool on_ack(Link& link, const protocol::AckItem& item);
  void on_down(const Link& link, const Error& why, bool hopeless);
  void on_time();
  void expire();
  std::optional<Duration> deadline() const;
  std::vector<std::string> urls() const;
  void shut_down();

 private:
  struct Acceptance {  ///< waits for the link
    protocol::Invite invite;
    std::string url;
    AgentEngine::Done<AcceptedInvite> done;
    Duration give_up;
  };
  struct Entry {
    ClaimRecord record;
    bool durable = false;
    bool sent = false;  ///< on this connection
    std::optional<Duration> retry_at{};
    std::optional<Error> refusal{};  ///< the last that is not final
    AgentEngine::Done<AcceptedInvite> done{};
    Duration give_up{};
  };

  void start(Link& link, Acceptance acceptance);
  void claimed(Entry& entry);
  void rejected(Entry& entry, Error why);
  /// After OK the inviter refused the session.
  bool refused_by_inviter(Link& link, const MsgId& claim, const protocol::AckItem& item);
  void forget(MsgId claim);  // by value: callers name it by the entry that goes
  void answer(AgentEngine::Done<AcceptedInvite>& done, Error why);
  Bytes key_of(const ClaimRecord& record) const;

  Context& context_;
  Links& links_;
  const Pins& pins_;
  Peers& peers_;
  Sessions& sessions_;
  Outbox& outbox_;
  std::vector<Acceptance> waiting_;
  std::map<MsgId, Entry> entries_;
};

}  // namespace agentroom::agent
