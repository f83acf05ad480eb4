// The parts of an agent put together.
#pragma once

#include <map>
#include <set>
#include <string>

#include "agent/announcements.hpp"
#include "agent/claims.hpp"
#include "agent/context.hpp"
#include "agent/inbox.hpp"
#include "agent/invites.hpp"
#include "agent/journal.hpp"
#include "agent/links.hpp"
#include "agent/outbox.hpp"
#include "agent/peers.hpp"
#include "agent/pins.hpp"
#include "agent/receiver.hpp"
#include "agent/sessions.hpp"
#include "agent/turns.hpp"
#include "agent/unreadable.hpp"
#include "agentroom/agent_engine.hpp"

namespace agentroom {

/// Who owns what, and what a turn of the loop does with it:
///
///   relay --frames--> Receiver, Outbox, Claims, Invites --changes--> Journal --durable--> effects --frames--> relay
///                                                   \--rows--> Turns --handler--> Outbox
struct AgentEngine::State final : private agent::LinkOwner {
 public:
  State(const AgentConfig& config_in, const crypto::Identity& self_in, Store& store, AgentIo& io, Random& random);

  Result<void> start(const Now& now);
  void flush(const Now& now);
  void on_time(const Now& now);
  std::optional<Duration> next_deadline() const;
  void send(const AgentId& to, std::string text, Done<SentMessage> done);
  void remove_peer(const AgentId& peer, Done<void> done);
  void rename_peer(const AgentId& peer, const std::string& name, Done<void> done);
  std::vector<PeerSummary> summaries();
  void shut_down(const Now& now);
  bool idle() const;
  bool dead() const { return journal.failed(); }

  AgentConfig config;
  const crypto::Identity& self;
  agent::Journal journal;
  agent::Context context;
  agent::Links links;
  agent::Pins pins;
  agent::Peers peers;
  agent::Sessions sessions;
  agent::Outbox outbox;
  agent::Inbox inbox;
  agent::UnreadableMessages unreadable;
  agent::Invites invites;
  agent::Claims claims;
  agent::Turns turns;
  agent::Receiver receiver;
  agent::Announcements announcements;

 private:
  std::vector<agent::Route> routes(const agent::Link& link) override;
  Result<agent::Verdict> judge(const agent::Link& link, const protocol::RelayProof& proof) override;
  void on_ready(agent::Link& link) override;
  bool replaced_by_own(const agent::Link& link) override;
  void on_frame(agent::Link& link, const protocol::Frame& frame) override;
  void on_down(agent::Link& link, const Error& why, bool was_ready, bool more) override;

  void on_store_failed(const Error& why);
  void allow(agent::Link& link);
  void connect_what_is_wanted();
  void serve_links();
  void run_answers();
  void keep_house();
  void lapse();
  /// Whether `url` is one of the relay of this link.
  bool one_relay(const std::string& url, const agent::Link& link) const;
  void join(const std::string& from, const std::string& to);
  void regroup();
  /// The relay of this link is certain: all URLs that are its own lead to this link, which goes by the owner's.
  void settle_names(agent::Link& link);
  /// URLs with one pin are one relay.
  void join_known();
  /// The URL by which each relay is known: the configured one, else the one that sessions have longest. An invite alone
  /// makes no name.
  std::map<RelayId, std::string> names() const;
  /// The configured URL, those of sessions, and those of the own invites.
  std::set<std::string> urls_in_use() const;
  /// Those that an invite brought and no session has any more.
  void forget_pins();

  bool tokens_changed_ = false;
  Duration next_housekeeping_{};
};

}  // namespace agentroom
