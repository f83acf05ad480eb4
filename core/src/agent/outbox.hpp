// Messages on their way out (protocol section 7.1).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "agent/context.hpp"
#include "agent/links.hpp"
#include "agent/peers.hpp"
#include "agent/sessions.hpp"
#include "protocol/content.hpp"
#include "protocol/frames.hpp"

namespace agentroom::agent {

/// A lane holds what goes to one peer over one relay, in order. A message in it:
///
///   staged --durable--> waiting --window--> sent --DELIVERED, QUEUED--> gone
///                          ^                 |  \--REJECTED----------> gone, told as failed
///                          |                 |
///                          +-- new link, QUEUE_FULL, NO_MAILBOX (after retry_after_ms, the head alone first)
class Outbox {
 public:
  Outbox(Context& context, Links& links, Peers& peers, Sessions& sessions)
      : context_(context), links_(links), peers_(peers), sessions_(sessions) {}
  Result<void> load();

  /// Told when messages to a peer left the outbox.
  std::function<void(const AgentId&)> on_room;

  /// How many more messages to this peer may be encrypted now, as far as their number goes; 0 while none may.
  std::size_t room(const AgentId& peer) const;
  bool full(const AgentId& peer) const { return room(peer) == 0; }
  /// Encrypts and stages row and ratchet state; it is sent once both are durable.
  Result<MsgId> post(Session& session, const protocol::Content& content);

  /// Links were joined: rows go to the link that serves their URL now.
  void regroup();
  /// Takes back what was to tell a session's peer of relay URLs and has no Ack yet: something newer is told.
  void drop_relay_urls(const SessionId& session);

  void on_ready(Link& link);
  void on_ack(Link& link, const protocol::AckItem& item);
  /// Sends what the windows and the link have room for.
  void pump(Link& link);

  /// Fails what was encrypted in a session that is gone.
  void drop_session(const SessionId& session, const Error& why);
  void drop_peer(const AgentId& peer);
  /// Fails what has waited 7 days.
  void expire();
  /// Lanes whose retry time has come go on.
  void on_time();
  std::optional<Duration> deadline() const;

  /// Relays that rows wait for.
  std::set<std::string> urls() const;
  std::size_t count(const AgentId& peer) const;
  std::size_t size() const { return index_.size(); }

 private:
  struct Row {
    std::uint64_t sequence = 0;
    OutgoingRecord record;
    bool durable = false;
    bool in_flight = false;
    bool told = false;  ///< that it waits for room at the recipient or the relay
  };
  struct Lane {
    std::string url;
    AgentId to;
    std::map<std::uint64_t, Row> rows{};
    std::uint64_t cursor = 0;  ///< all durable rows below it are in flight
    std::size_t in_flight = 0;
    std::size_t in_flight_bytes = 0;
    std::optional<Duration> retry_at{};
    bool probing = false;              ///< only the head goes, alone, until it is taken
    std::uint64_t probe = 0;           ///< the head that went; 0 while earlier sends wait for answers
    std::optional<Error> waits_for{};  ///< why the head was not taken; nothing once it is
    bool listed = false;               ///< in its relay's turn order
  };
  /// By what they are, not by where they lie: the same events always make the same run.
  struct ByName {
    bool operator()(const Lane* a, const Lane* b) const { return std::tie(a->url, a->to) < std::tie(b->url, b->to); }
  };
  struct Relay {
    std::map<AgentId, Lane> lanes{};
    std::deque<Lane*> turns{};  ///< lanes with something to send, one message a turn
    std::size_t in_flight = 0;
    std::size_t in_flight_bytes = 0;
    std::size_t rows = 0;
  };
  struct Place {
    Relay* relay;
    Lane* lane;
    std::uint64_t sequence;
  };

  Lane& lane_of(const OutgoingRecord& record);
  void insert(std::uint64_t sequence, OutgoingRecord record, bool durable);
  void list(Relay& relay, Lane& lane);
  Row* next_row(Lane& lane);
  void land(Relay& relay, Lane& lane, Row& row);
  void erase(MsgId msg_id);  // by value: callers name it by the row that goes
  void reject(const Place& place, const protocol::AckItem& item);
  void retry_later(const Place& place, const protocol::AckItem& item);
  /// Tells once that a row waits because the head of its lane does.
  void tell_waiting(const Lane& lane, Row& row);
  void fail(MsgId msg_id, Error why);
  void progress(const Row& row, SendStatus status, std::optional<Error> why = {});
  void remember_queued(const MsgId& msg_id, const AgentId& to);

  Context& context_;
  Links& links_;
  Peers& peers_;
  Sessions& sessions_;
  std::map<std::string, Relay> relays_;
  std::unordered_map<MsgId, Place> index_;
  std::unordered_map<AgentId, std::size_t> counts_;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::set<Lane*, ByName> blocked_;  ///< with a retry_at
  /// What relays queued: a later refusal by the recipient is still told. Bounded; the oldest are forgotten.
  std::deque<MsgId> queued_order_;
  std::unordered_map<MsgId, AgentId> queued_;
};

}  // namespace agentroom::agent
