#include "agent/turns.hpp"

#include <algorithm>
#include <utility>

#include "agent/words.hpp"
#include "base/text.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {
namespace {

/// Before a cancelled message is handed over again, in an agent that goes on.
constexpr Duration kAfterCancel = std::chrono::seconds(1);
/// A handler that takes no longer is quick.
constexpr Duration kQuick = std::chrono::milliseconds(20);
constexpr std::size_t kMostAhead = 63;

}  // namespace

void Turns::offer(const AgentId& peer) {
  if (!context_.config.handle) return;
  const auto found = turns_.find(peer);
  if (found == turns_.end() && inbox_.front(peer) == nullptr) return;
  list(peer, turns_[peer]);
}

void Turns::list(const AgentId& peer, Turn& turn) {
  if (!std::exchange(turn.listed, true)) waiting_.push_back(peer);
}

void Turns::pump() {
  const std::size_t most = std::clamp<std::size_t>(context_.config.concurrency, 1, 64);
  if (context_.stopping) return;
  // Once around; a peer that cannot go on is offered again by what it waits for.
  for (const AgentId& peer : std::exchange(waiting_, {})) {
    Turn& turn = turns_[peer];
    if (turn.phase == Phase::kResting && running_ >= most) {
      waiting_.push_back(peer);
      continue;
    }
    turn.listed = false;
    if (turn.phase == Phase::kHolding) {
      reply(peer, turn, std::exchange(turn.reply, {}));
    } else if (turn.phase != Phase::kResting) {
      mark_ahead(peer, turn);
    } else if (!turn.rest_until) {
      begin_next(peer, turn);
    }
  }
}

void Turns::begin_next(const AgentId& peer, Turn& turn) {
  while (Inbox::Row* row = inbox_.front(peer)) {
    if (row->mark == Inbox::Mark::kNone) {
      if (refused(peer, row->record)) continue;
      mark(*row);
    }
    turn.phase = Phase::kMarked;
    turn.msg_id = row->record.msg_id;
    ++running_;
    mark_ahead(peer, turn);
    if (row->mark == Inbox::Mark::kDurable) run(peer, turn, *row);
    return;
  }
  if (!turn.listed) turns_.erase(peer);
}

/// Gives up what is never handed to the handler.
bool Turns::refused(const AgentId& peer, const IncomingRecord& record) {
  if (record.attempts >= protocol::kHandlerAttempts) {
    give_up(peer, {ErrorCode::kHandler, "the handler was cut short 3 times on this message; it is not run again",
                   "see why it ended, then ask the peer to repeat the message"});
    return true;
  }
  if (record.hops >= context_.config.max_hops) {
    give_up(peer,
            {ErrorCode::kAborted,
             "the conversation reached " + std::to_string(record.hops) + " automatic answers; the handler was not run",
             "answer it by hand with `agentroom send`, which starts a new count"});
    return true;
  }
  return false;
}

void Turns::mark(Inbox::Row& row) {
  ++row.record.attempts;
  row.mark = Inbox::Mark::kStaged;
  inbox_.save(row);
  context_.journal.then([this, peer = row.record.from, msg_id = row.record.msg_id] { on_marked(peer, msg_id); });
}

void Turns::mark_ahead(const AgentId& peer, const Turn& turn) {
  for (std::size_t place = 1; place <= turn.ahead; ++place) {
    Inbox::Row* row = inbox_.at(peer, place);
    if (row == nullptr) return;
    if (row->mark != Inbox::Mark::kNone) continue;
    if (row->stored_before || row->record.attempts > 0 || row->record.hops >= context_.config.max_hops) return;
    mark(*row);
  }
}

void Turns::unmark(Inbox::Row& row) {
  --row.record.attempts;
  row.mark = Inbox::Mark::kNone;
  inbox_.save(row);
}

void Turns::on_marked(const AgentId& peer, const MsgId& msg_id) {
  for (std::size_t place = 0; place <= kMostAhead; ++place) {
    Inbox::Row* row = inbox_.at(peer, place);
    if (row == nullptr) break;
    if (row->record.msg_id != msg_id) continue;
    if (row->mark == Inbox::Mark::kStaged) row->mark = Inbox::Mark::kDurable;
    break;
  }
  const auto found = turns_.find(peer);
  if (found == turns_.end() || found->second.phase != Phase::kMarked || found->second.msg_id != msg_id) return;
  Inbox::Row* row = inbox_.front(peer);
  if (row == nullptr || row->record.msg_id != msg_id) {  // its peer was removed
    --running_;
    return rest(peer, found->second);
  }
  run(peer, found->second, *row);
}

void Turns::run(const AgentId& peer, Turn& turn, Inbox::Row& row) {
  turn.phase = Phase::kRunning;
  turn.ran_at = context_.now.steady;
  const IncomingRecord& record = row.record;
  if (row.stored_before && record.attempts == 1) {
    context_.emit(agent_events::Received{.from = peer,
                                         .from_name = peers_.name(peer),
                                         .msg_id = record.msg_id,
                                         .text = record.text,
                                         .in_reply_to = record.in_reply_to,
                                         .conversation_id = record.conversation_id,
                                         .sent_at = record.sent_at});
  }
  context_.io.handle({.text = record.text,
                      .from = peer,
                      .from_name = peers_.name(peer),
                      .self = context_.self.id(),
                      .msg_id = record.msg_id,
                      .conversation_id = record.conversation_id,
                      .attempt = record.attempts,
                      .hops = record.hops,
                      .sent_at = record.sent_at});
}

void Turns::on_handled(const AgentId& from, const MsgId& msg_id, HandlerOutcome outcome) {
  const auto found = turns_.find(from);
  if (found == turns_.end() || found->second.phase != Phase::kRunning || found->second.msg_id != msg_id) return;
  Turn& turn = found->second;
  --running_;
  const bool quick = context_.now.steady - turn.ran_at <= kQuick;
  turn.ahead = quick ? std::min(2 * turn.ahead + 1, kMostAhead) : 0;
  Inbox::Row* row = inbox_.front(from);
  if (row == nullptr || row->record.msg_id != msg_id) return rest(from, turn);  // its peer was removed
  if (!outcome && outcome.error().code == ErrorCode::kCancelled) {
    unmark(*row);
    turn.rest_until = context_.now.steady + kAfterCancel;
    return rest(from, turn);
  }
  if (!outcome) {
    give_up(from, std::move(outcome.error()));
    return rest(from, turn);
  }
  if (!*outcome || (*outcome)->empty()) {
    inbox_.pop(from);
    context_.journal.then(
        [this, from, msg_id] { context_.emit(agent_events::NoReply{.from = from, .msg_id = msg_id}); });
    return rest(from, turn);
  }
  reply(from, turn, std::move(**outcome));
}

void Turns::reply(const AgentId& peer, Turn& turn, std::string text) {
  const Inbox::Row* row = inbox_.front(peer);
  if (row == nullptr || row->record.msg_id != turn.msg_id) return rest(peer, turn);
  if (text.size() > protocol::kTextBytes || !is_utf8(text)) {
    give_up(peer, {ErrorCode::kHandler,
                   text.size() > protocol::kTextBytes ? "the handler's reply is longer than 131072 bytes"
                                                      : "the handler's reply is not UTF-8",
                   "nothing was sent; correct the handler"});
    return rest(peer, turn);
  }
  Session* session = sessions_.sending(peer);
  if (session == nullptr || outbox_.full(peer)) {
    turn.phase = Phase::kHolding;
    turn.reply = std::move(text);
    return;
  }
  const MsgId answered = row->record.msg_id;
  protocol::Content content;
  content.sent_at = context_.now.unix_ms;
  content.conversation_id = row->record.conversation_id;
  content.in_reply_to = answered;
  content.hops = row->record.hops + 1;
  content.body = protocol::Text{text};
  auto posted = outbox_.post(*session, content);
  if (!posted) {
    give_up(peer, std::move(posted.error()));
    return rest(peer, turn);
  }
  inbox_.pop(peer);
  context_.journal.then([this, peer, answered, msg_id = *posted, text = std::move(text)]() mutable {
    context_.emit(agent_events::Replied{
        .to = peer, .msg_id = msg_id, .in_reply_to = answered, .text = std::move(text), .turn = ++replies_});
  });
  rest(peer, turn);
}

void Turns::give_up(const AgentId& peer, Error why) {
  const MsgId msg_id = inbox_.front(peer)->record.msg_id;
  inbox_.pop(peer);
  context_.journal.then([this, peer, msg_id, why = std::move(why)]() mutable {
    context_.emit(agent_events::HandlerFailed{.from = peer, .msg_id = msg_id, .error = std::move(why)});
  });
}

void Turns::rest(const AgentId& peer, Turn& turn) {
  turn.phase = Phase::kResting;
  if (!turn.rest_until) list(peer, turn);
}

void Turns::drop_peer(const AgentId& peer) {
  const auto found = turns_.find(peer);
  if (found == turns_.end()) return;
  // A handler that runs keeps its place until it ends; its outcome is dropped.
  if (found->second.phase == Phase::kHolding) rest(peer, found->second);
}

void Turns::stop() {
  for (auto& [peer, turn] : turns_) {
    if (turn.phase == Phase::kMarked) {
      --running_;
      turn.phase = Phase::kResting;
    }
    const bool busy = turn.phase == Phase::kRunning || turn.phase == Phase::kHolding;
    for (std::size_t place = busy ? 1 : 0; place <= kMostAhead; ++place) {
      Inbox::Row* row = inbox_.at(peer, place);
      if (row == nullptr) break;
      if (row->mark != Inbox::Mark::kNone) unmark(*row);
    }
  }
}

void Turns::on_time() {
  for (auto& [peer, turn] : turns_) {
    if (!turn.rest_until || *turn.rest_until > context_.now.steady) continue;
    turn.rest_until.reset();
    list(peer, turn);
  }
}

std::optional<Duration> Turns::deadline() const {
  std::optional<Duration> earliest;
  for (const auto& [peer, turn] : turns_) {
    if (turn.rest_until && (!earliest || *turn.rest_until < *earliest)) earliest = turn.rest_until;
  }
  return earliest;
}

}  // namespace agentroom::agent
