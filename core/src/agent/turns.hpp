// Taking turns with the handler (protocol section 7.5).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/context.hpp"
#include "agent/inbox.hpp"
#include "agent/outbox.hpp"
#include "agent/peers.hpp"
#include "agent/sessions.hpp"

namespace agentroom::agent {

/// One message of a peer at a time and in order, up to `concurrency` peers at once. A peer:
///
///   resting --its turn--> marked (attempt + 1 staged) --durable--> running --outcome--> resting, row handled
///      ^                                                             |  \--no room for the reply--> holding it
///      +------------------------- cancelled (attempt taken back) ----+                                 |
///      +-------------------------------- room, reply and row committed together <----------------------+
///
/// The mark rides on whatever is committed with it: the row itself when it came, or the reply to the row before. While
/// a handler is quick, the rows behind the one that runs are marked ahead, and all that are marked go to it in one run,
/// so that none waits for the commit of the one before. A crash costs such a row one attempt, and no more: what an
/// earlier run of the agent stored is marked alone.
class Turns {
 public:
  Turns(Context& context, Inbox& inbox, Outbox& outbox, Peers& peers, Sessions& sessions)
      : context_(context), inbox_(inbox), outbox_(outbox), peers_(peers), sessions_(sessions) {}

  /// This peer has a row, or room for a reply that was held.
  void offer(const AgentId& peer);
  /// Gives turns to those that wait for one. Before the commit of each turn of the loop.
  void pump();
  void on_handled(const AgentId& from, const MsgId& msg_id, HandlerOutcome outcome, bool quick);
  void drop_peer(const AgentId& peer);
  /// Takes back the attempts of rows that were marked and do not run.
  void stop();
  void on_time();
  std::optional<Duration> deadline() const;

  std::size_t running() const { return running_; }

 private:
  enum class Phase : std::uint8_t { kResting, kMarked, kRunning, kHolding };
  struct Ended {
    MsgId msg_id;
    HandlerOutcome outcome;
  };
  /// Of the peer's rows, `ended` are the first ones and `out` those behind; unless the peer was removed meanwhile.
  struct Turn {
    Phase phase = Phase::kResting;
    std::deque<MsgId> out{};    ///< kRunning: with the handler: one, or what the outbox had room to answer
    std::deque<Ended> ended{};  ///< an outcome that has no room yet for its reply, and those behind it
    std::optional<Duration> rest_until{};
    std::size_t ahead = 0;  ///< rows behind the front that may be marked
    bool listed = false;
  };

  void list(const AgentId& peer, Turn& turn);
  void begin_next(const AgentId& peer, Turn& turn);
  bool refused(const AgentId& peer, const IncomingRecord& record);
  void mark(Inbox::Row& row);
  void mark_ahead(const AgentId& peer, const Turn& turn);
  /// Waits for the marks that were staged on the peer's rows from `first` to `last`.
  void when_marked(const AgentId& peer, std::uint64_t first, std::uint64_t last);
  void unmark(Inbox::Row& row);
  void unmark_from(const AgentId& peer, std::size_t place);
  void on_marked(const AgentId& peer, std::uint64_t first, std::uint64_t last);
  void run(const AgentId& peer, Turn& turn);
  void end_run(const AgentId& peer, Turn& turn);
  /// Settles outcomes in their order, as far as there is room for replies.
  void settle(const AgentId& peer, Turn& turn);
  /// False: there is no room for the reply.
  bool settle_one(const AgentId& peer, Ended& ended);
  bool reply(const AgentId& peer, const IncomingRecord& answered, std::string& text);
  void give_up(const AgentId& peer, Error why);
  void rest(const AgentId& peer, Turn& turn);

  Context& context_;
  Inbox& inbox_;
  Outbox& outbox_;
  Peers& peers_;
  Sessions& sessions_;
  std::unordered_map<AgentId, Turn> turns_;
  std::vector<AgentId> waiting_;  ///< peers whose turn may come
  std::size_t running_ = 0;       ///< marked ones included
  std::uint64_t replies_ = 0;
};

}  // namespace agentroom::agent
