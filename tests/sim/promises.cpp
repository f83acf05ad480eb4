#include "promises.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace agentroom::sim {
namespace {

constexpr const char* kExpiredAtSender = "it expired at its sender";

}  // namespace

Letter* Promises::find(const MsgId& msg_id) {
  const auto found = letters_.find(msg_id);
  return found == letters_.end() ? nullptr : &found->second;
}

std::string Promises::label(const Letter& letter) const {
  return std::string(letter.claim     ? "session start "
                     : letter.control ? "notice "
                                      : "message ") +
         short_name(letter.msg_id.view()) + " from " + around_.name(letter.from) + " to " + around_.name(letter.to);
}

void Promises::tell(const AgentId& agent, const Letter& letter, const char* what) const {
  if (chronicle_.traced()) chronicle_.tell(around_.name(agent), std::string(what) + " " + label(letter));
}

std::string Promises::excuse(const Letter& letter) const {
  if (letter.excused) return "it was refused, for a reason";
  if (ended_.contains({letter.to, letter.session}) || ended_.contains({letter.from, letter.session})) {
    return "its session ended";
  }
  if (lapsed_.contains({letter.from, letter.session})) return "its recipient never answered";
  if (letter.dropped || removals_.contains({letter.to, letter.from}) || removals_.contains({letter.from, letter.to})) {
    return "its peer was removed";
  }
  if (around_.latest(letter.from) - letter.created_at >= protocol::kMessageLifeMs) return kExpiredAtSender;
  if (expired_at_relay(letter)) return "it expired at the relay";
  if (letter.unlisted) return "the start of its session expired at the relay";
  if (letter.claim && around_.latest(letter.to) - letter.created_at >= protocol::kClaimMemoryMs) {
    return "its invite was forgotten";
  }
  // A restored relay hands out again what it was restored with.
  if (letter.taken && around_.latest(letter.to) - letter.taken_at > protocol::kDedupeLifeMs) {
    return "its recipient took it, and no longer knows";
  }
  // Without the start of its session it cannot be read.
  if (const auto claim = claim_of_.find(letter.session); !letter.claim && claim != claim_of_.end()) {
    const Letter& start = letters_.at(claim->second);
    if (!start.taken) return excuse(start);
  }
  return {};
}

/// Until then the relay lets a claimant write to an inviter who has not come to list it; a receipt may be lost with it.
bool Promises::start_expired(const Letter& letter) const {
  const auto claim = claim_of_.find(letter.session);
  if (claim == claim_of_.end()) return false;
  return expired_at_relay(letters_.at(claim->second));
}

bool Promises::expired_at_relay(const Letter& letter) const {
  return letter.sent_at && around_.relay_time_since(*letter.sent_at) >= protocol::kMessageLifeMs;
}

// ---- on the disks of agents ----

void Promises::on_commit(const AgentId& agent, const Transaction& changes) {
  if (retired_) return;
  for (const SessionNote& session : changes.dropped) drop(agent, session);
  for (const SessionId& session : changes.lapsed) lapsed_.insert({agent, session});
  for (const MsgId& msg_id : changes.unposted) unpost(msg_id);
  std::map<AgentId, int> replies_due;
  for (const auto& handled : changes.handled) handle(agent, handled, replies_due);
  for (const auto& posted : changes.posted) {
    post(agent, posted);
    if (!posted.control) --replies_due[posted.to];
  }
  for (const auto& [peer, missing] : replies_due) {
    if (missing > 0) {
      chronicle_.violate(around_.name(agent) + " marked a message of " + around_.name(peer) +
                         " handled without writing the reply in the same commit");
    }
  }
  for (const auto& taken : changes.taken) take(agent, taken);
  if (!changes.taken.empty()) chronicle_.met(Way::kKeptKeyUsed, changes.keys_taken);
}

void Promises::post(const AgentId& agent, const Transaction::Posted& posted) {
  const auto [at, fresh] = letters_.try_emplace(posted.msg_id);
  Letter& letter = at->second;
  if (!fresh) return violate(letter, "was posted twice");
  letter.from = agent;
  letter.to = posted.to;
  letter.msg_id = posted.msg_id;
  letter.session = posted.session;
  letter.created_at = posted.created_at;
  letter.control = posted.control;
  letter.place = order_.size() + 1;
  order_.push_back(posted.msg_id);
  tell(agent, letter, "posted");
}

void Promises::unpost(const MsgId& msg_id) {
  Letter* letter = find(msg_id);
  if (letter == nullptr || letter->promised || letter->rejected) return;
  const std::string why = excuse(*letter);
  if (why == kExpiredAtSender) chronicle_.met(Way::kExpiredAtSender);
  if (why.empty()) violate(*letter, "left the outbox although no relay had answered");
}

void Promises::take(const AgentId& agent, const Transaction::Taken& taken) {
  Letter* letter = find(taken.msg_id);
  if (letter == nullptr || letter->from != taken.from || letter->to != agent) {
    return chronicle_.violate(around_.name(agent) + " took a message that its sender never stored");
  }
  tell(agent, *letter, "took");
  if (letter->taken) return violate(*letter, "was taken twice");
  letter->taken = true;
  may_be_taken(*letter);
  leave_mailbox(*letter);
  std::uint64_t& last = last_taken_[{letter->from, letter->to}];
  if (letter->place < last && !may_come_late(*letter)) return violate(*letter, "came after a later one");
  last = std::max(last, letter->place);
  if (!taken.in_reply_to) return;
  Letter* asked = find(*taken.in_reply_to);
  if (asked == nullptr || asked->to != letter->from || asked->from != agent) {
    return violate(*letter, "answers what nobody asked");
  }
  if (!asked->handled) return violate(*asked, "was answered before it was durably handled");
  chronicle_.met(Way::kReplied);
  if (std::exchange(asked->replied, true)) return violate(*asked, "was answered twice");
}

void Promises::handle(const AgentId& agent, const Transaction::Handled& handled, std::map<AgentId, int>& replies_due) {
  Letter* letter = find(handled.msg_id);
  if (letter == nullptr) return;  // `take` told of it
  const bool answered = letter->answered_in == around_.life(agent);
  if (!answered && removals_.contains({agent, handled.from})) {
    letter->dropped = true;
    return;
  }
  tell(agent, *letter, "handled");
  if (std::exchange(letter->handled, true)) return violate(*letter, "was handled twice");
  std::uint64_t& last = last_handled_[{letter->from, letter->to}];
  if (letter->place < last && !may_come_late(*letter)) return violate(*letter, "was handled after a later one");
  last = std::max(last, letter->place);
  if (!answered && handled.attempts < protocol::kHandlerAttempts) {
    return violate(*letter, "was marked handled although its handler had not answered");
  }
  if (!answered) chronicle_.met(Way::kGivenUp);
  letter->reply_due = answered && letter->wants_reply && !removals_.contains({agent, handled.from});
  if (letter->reply_due) ++replies_due[letter->from];
}

void Promises::drop(const AgentId& agent, const SessionNote& session) {
  ended_.insert({agent, session.id});
  if (removals_.contains({agent, session.peer}) || session.claim_pending) return;
  if (session.superseded_at != 0 &&
      around_.latest(agent) - session.superseded_at >= protocol::kSupersededSessionLifeMs) {
    return chronicle_.met(Way::kSessionsExpired);
  }
  if (session.lapsed_at != 0 && around_.latest(agent) - session.lapsed_at >= protocol::kMessageLifeMs) return;
  const Letter* claim = find(session.claim);
  if (session.invitee && !session.confirmed && claim != nullptr && claim->refused) return;
  chronicle_.violate(around_.name(agent) + " lost a session with " + around_.name(session.peer));
}

// ---- handlers ----

void Promises::on_handling(const AgentId& agent, const MsgId& msg_id) {
  if (retired_) return;
  Letter* letter = find(msg_id);
  if (letter == nullptr || !letter->taken) {
    return chronicle_.violate(around_.name(agent) + " runs its handler on a message that is not durable");
  }
  tell(agent, *letter, "runs the handler on");
  if (letter->handled) violate(*letter, "was handed to the handler after it was handled");
  if (++letter->runs > protocol::kHandlerAttempts) violate(*letter, "was handed to the handler more than 3 times");
  if (!running_[agent].insert(letter->from).second) violate(*letter, "is handled beside another one of its sender");
}

void Promises::on_answer(const AgentId& agent, const MsgId& msg_id, std::optional<bool> wants_reply) {
  Letter* letter = find(msg_id);
  if (letter == nullptr || retired_) return;
  if (!wants_reply) --letter->runs;
  running_[agent].erase(letter->from);
  letter->answered_in = wants_reply ? around_.life(agent) : 0;
  letter->wants_reply = wants_reply.value_or(false);
}

void Promises::on_end_of_life(const AgentId& agent) {
  if (const auto cut = running_.find(agent); cut != running_.end()) {
    chronicle_.met(Way::kHandlerCutShort, cut->second.size());
    running_.erase(cut);
  }
  if (starts_.erase(agent) > 0) chronicle_.met(Way::kCrashInSessionStart);
}

// ---- mailboxes ----

// What a relay answered QUEUED it keeps until its recipient has it, and nothing else does: so this many at least are
// in the mailbox, as long as nothing expires.
void Promises::keep(Letter& letter) {
  if (letter.taken || letter.refused || std::exchange(letter.queued, true)) return;
  const std::size_t all = ++queued_for_[letter.to];
  const std::size_t from_one = ++queued_by_[{letter.from, letter.session}];
  if (!around_.nothing_expired()) return;
  if (all > limits_.mailbox_messages)
    chronicle_.violate("the mailbox of " + around_.name(letter.to) + " is beyond its bound");
  if (from_one > (limits_.mailbox_messages + 1) / 2) {
    chronicle_.violate("one sender has more than half of the mailbox of " + around_.name(letter.to));
  }
}

void Promises::leave_mailbox(Letter& letter) {
  if (!std::exchange(letter.queued, false)) return;
  --queued_for_[letter.to];
  --queued_by_[{letter.from, letter.session}];
}

// ---- the end ----

void Promises::settle() {
  for (const MsgId& msg_id : order_) {
    const Letter& letter = letters_.at(msg_id);
    const bool whole =
        letter.control ? letter.taken || around_.has_seen(letter.to, letter.from, letter.msg_id) : letter.handled;
    if (!whole && letter.claim && !letter.promised) continue;  // claims may be refused for many a good reason
    if (!whole && excuse(letter).empty()) {
      violate(letter, letter.promised ? "was acknowledged and never handled" : "was stored and never handled");
    }
    if (!letter.reply_due || letter.replied) continue;
    // The reply is a letter too; which one, only its recipient can tell.
    const bool one_is_excused = std::ranges::any_of(letters_, [&](const auto& entry) {
      const Letter& other = entry.second;
      return other.from == letter.to && other.to == letter.from && !other.taken && !excuse(other).empty();
    });
    if (!one_is_excused) violate(letter, "was handled and its reply never came");
  }
}

bool Promises::all_came() const {
  return std::ranges::all_of(letters_, [](const auto& entry) {
    const Letter& letter = entry.second;
    return letter.taken && !letter.rejected && !letter.refused;
  });
}

Promises::Counts Promises::counts() const {
  Counts counts;
  for (const auto& [id, letter] : letters_) {
    if (letter.control) continue;
    ++counts.messages;
    if (letter.promised) ++counts.promised;
    if (letter.handled) ++counts.handled;
    if (letter.replied) ++counts.replies;
    if (!letter.handled) ++counts.excused;
  }
  return counts;
}

}  // namespace agentroom::sim
