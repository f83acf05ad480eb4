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
/// Twice what a relay delivers before it wants receipts: what came last is marked while what came before runs.
constexpr std::size_t kMostAhead = 2 * protocol::kWindowFrames - 1;
/// Texts of one run, beyond the first.
constexpr std::size_t kRunBytes = std::size_t{1} * 1024 * 1024;

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
    if (!turn.ended.empty()) {
      settle(peer, turn);
    } else if (turn.phase != Phase::kResting) {
      mark_ahead(peer, turn);
    } else if (!turn.rest_until) {
      begin_next(peer, turn);
    }
  }
}

void Turns::begin_next(const AgentId& peer, Turn& turn) {
  while (Inbox::Row* row = inbox_.front(peer)) {
    const bool fresh = row->mark == Inbox::Mark::kNone;
    if (fresh) {
      if (refused(peer, row->record)) continue;
      mark(*row);
    }
    turn.phase = Phase::kMarked;
    ++running_;
    mark_ahead(peer, turn);
    if (fresh) when_marked(peer, row->sequence, row->sequence);  // last: what is marked with it runs with it
    if (row->mark == Inbox::Mark::kDurable) run(peer, turn);
    return;
  }
  if (!turn.listed) turns_.erase(peer);
}

/// Gives up what is never handed to the handler.
bool Turns::refused(const AgentId& peer, const IncomingRecord& record) {
  if (record.attempts >= protocol::kHandlerAttempts && !context_.config.insist) {
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
}

void Turns::mark_ahead(const AgentId& peer, const Turn& turn) {
  std::optional<std::uint64_t> first;
  std::uint64_t last = 0;
  for (std::size_t place = 1; place <= turn.ahead; ++place) {
    Inbox::Row* row = inbox_.at(peer, place);
    if (row == nullptr) break;
    if (row->mark != Inbox::Mark::kNone) continue;
    if (row->stored_before || row->record.attempts > 0 || row->record.hops >= context_.config.max_hops) break;
    mark(*row);
    last = row->sequence;
    if (!first) first = last;
  }
  if (first) when_marked(peer, *first, last);
}

void Turns::when_marked(const AgentId& peer, std::uint64_t first, std::uint64_t last) {
  context_.journal.then([this, peer, first, last] { on_marked(peer, first, last); });
}

void Turns::unmark(Inbox::Row& row) {
  --row.record.attempts;
  row.mark = Inbox::Mark::kNone;
  inbox_.save(row);
}

void Turns::unmark_from(const AgentId& peer, std::size_t place) {
  for (Inbox::Row* row = inbox_.at(peer, place); row != nullptr; row = inbox_.at(peer, ++place)) {
    if (row->mark != Inbox::Mark::kNone) unmark(*row);
  }
}

void Turns::on_marked(const AgentId& peer, std::uint64_t first, std::uint64_t last) {
  for (std::size_t place = 0;; ++place) {
    Inbox::Row* row = inbox_.at(peer, place);
    if (row == nullptr || row->sequence > last) break;
    if (row->sequence >= first && row->mark == Inbox::Mark::kStaged) row->mark = Inbox::Mark::kDurable;
  }
  const auto found = turns_.find(peer);
  if (found == turns_.end() || found->second.phase != Phase::kMarked) return;
  const Inbox::Row* row = inbox_.front(peer);
  if (row != nullptr && row->mark == Inbox::Mark::kDurable) run(peer, found->second);
}

void Turns::run(const AgentId& peer, Turn& turn) {
  turn.phase = Phase::kRunning;
  std::vector<HandlerMessage> messages;
  std::size_t bytes = 0;
  const std::size_t room = sessions_.sending(peer) == nullptr ? 0 : outbox_.room(peer);
  for (std::size_t place = 0; place <= turn.ahead; ++place) {
    const Inbox::Row* row = inbox_.at(peer, place);
    if (row == nullptr || row->mark != Inbox::Mark::kDurable) break;
    const IncomingRecord& record = row->record;
    if (place > 0 && (place >= room || bytes + record.text.size() > kRunBytes)) break;
    bytes += record.text.size();
    if (row->stored_before && record.attempts == 1) {
      context_.emit(agent_events::Received{.from = peer,
                                           .from_name = peers_.name(peer),
                                           .msg_id = record.msg_id,
                                           .text = record.text,
                                           .in_reply_to = record.in_reply_to,
                                           .conversation_id = record.conversation_id,
                                           .sent_at = record.sent_at});
    }
    turn.out.push_back(record.msg_id);
    messages.push_back({.text = record.text,
                        .from = peer,
                        .from_name = peers_.name(peer),
                        .self = context_.self.id(),
                        .msg_id = record.msg_id,
                        .conversation_id = record.conversation_id,
                        .in_reply_to = record.in_reply_to,
                        .attempt = record.attempts,
                        .hops = record.hops,
                        .sent_at = record.sent_at});
  }
  context_.io.handle(std::move(messages));
}

void Turns::on_handled(const AgentId& from, const MsgId& msg_id, HandlerOutcome outcome, bool quick) {
  const auto found = turns_.find(from);
  if (found == turns_.end() || found->second.out.empty() || found->second.out.front() != msg_id) return;
  Turn& turn = found->second;
  turn.out.pop_front();
  turn.ahead = quick ? std::min(2 * turn.ahead + 1, kMostAhead) : 0;
  const bool again = !outcome && outcome.error().code == ErrorCode::kCancelled;
  if (again) {
    Inbox::Row* row = inbox_.at(from, turn.ended.size());
    if (row != nullptr && row->record.msg_id == msg_id) unmark(*row);
    turn.rest_until = context_.now.steady + kAfterCancel;
  } else {
    turn.ended.push_back({.msg_id = msg_id, .outcome = std::move(outcome)});
  }
  if (!quick || again || turn.out.empty()) end_run(from, turn);
  settle(from, turn);
}

void Turns::end_run(const AgentId& peer, Turn& turn) {
  --running_;
  turn.phase = Phase::kHolding;
  turn.out.clear();
  if (context_.stopping) unmark_from(peer, turn.ended.size());
}

void Turns::settle(const AgentId& peer, Turn& turn) {
  while (!turn.ended.empty()) {
    if (!settle_one(peer, turn.ended.front())) return;
    turn.ended.pop_front();
  }
  if (turn.phase == Phase::kHolding) rest(peer, turn);
}

bool Turns::settle_one(const AgentId& peer, Ended& ended) {
  const Inbox::Row* row = inbox_.front(peer);
  if (row == nullptr || row->record.msg_id != ended.msg_id) return true;  // its peer was removed
  if (!ended.outcome) {
    give_up(peer, std::move(ended.outcome.error()));
  } else if (std::optional<std::string>& text = *ended.outcome; text && !text->empty()) {
    return reply(peer, row->record, *text);
  } else {
    inbox_.pop(peer);
    context_.journal.then(
        [this, peer, msg_id = ended.msg_id] { context_.emit(agent_events::NoReply{.from = peer, .msg_id = msg_id}); });
  }
  return true;
}

bool Turns::reply(const AgentId& peer, const IncomingRecord& record, std::string& text) {
  if (text.size() > protocol::kTextBytes || !is_utf8(text)) {
    give_up(peer, {ErrorCode::kHandler,
                   text.size() > protocol::kTextBytes ? "the handler's reply is longer than 131072 bytes"
                                                      : "the handler's reply is not UTF-8",
                   "nothing was sent; correct the handler"});
    return true;
  }
  Session* session = sessions_.sending(peer);
  if (session == nullptr || outbox_.full(peer)) return false;
  const MsgId answered = record.msg_id;
  protocol::Content content;
  content.sent_at = context_.now.unix_ms;
  content.conversation_id = record.conversation_id;
  content.in_reply_to = answered;
  content.hops = record.hops + 1;
  content.body = protocol::Text{text};
  auto posted = outbox_.post(*session, content);
  if (!posted) {
    give_up(peer, std::move(posted.error()));
    return true;
  }
  inbox_.pop(peer);
  context_.journal.then([this, peer, answered, msg_id = *posted, text = std::move(text)]() mutable {
    context_.emit(agent_events::Replied{
        .to = peer, .msg_id = msg_id, .in_reply_to = answered, .text = std::move(text), .turn = ++replies_});
  });
  return true;
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
  Turn& turn = found->second;
  turn.ended.clear();
  // A handler that runs keeps its place until it ends; its outcomes are dropped.
  if (turn.phase == Phase::kRunning) return;
  if (turn.phase == Phase::kMarked) --running_;
  if (turn.phase != Phase::kResting) rest(peer, turn);
}

void Turns::stop() {
  for (auto& [peer, turn] : turns_) {
    if (turn.phase == Phase::kMarked) {
      --running_;
      turn.phase = Phase::kResting;
    }
    unmark_from(peer, turn.ended.size() + turn.out.size());
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
