// The part of the router that stores: from memory to the mailbox, and what becomes of it there.
#include <boost/unordered/unordered_flat_set.hpp>

#include "relay/mailbox.hpp"
#include "relay/router.hpp"

namespace agentroom::relay {
namespace {

using protocol::AckStatus;
using protocol::Code;

using Pairs = boost::unordered_flat_set<std::uint64_t>;

std::uint64_t pair_of(const Row& row) {
  return static_cast<std::uint64_t>(row.from) << 32 | row.to;
}

}  // namespace

void Router::append(RowId id, ByteView envelope) {
  const Row& row = ledger_.rows[id];
  const Agent& recipient = ledger_.agents[row.to];
  commits_.open().rows.push_back(id);
  queue(id, store_.append({.from = ledger_.agents[row.from].id,
                           .to = recipient.id,
                           .msg_id = row.msg_id,
                           .token = recipient.shares[row.token].token,
                           .envelope = envelope,
                           .soon = recipient.connection != nullptr},
                          ledger_.now.unix_ms));
}

void Router::append_claim(RowId id, const protocol::InviteClaim& request, const InviteRecord& invite) {
  const Agent& recipient = ledger_.agents[ledger_.rows[id].to];
  commits_.open().rows.push_back(id);
  queue(id, store_.claim_once(invite,
                              {.from = invite.claimant,
                               .to = recipient.id,
                               .msg_id = request.msg_id,
                               .token = invite.token,
                               .envelope = request.envelope,
                               .soon = recipient.connection != nullptr},
                              ledger_.now.unix_ms));
}

void Router::queue(RowId id, const Place& where) {
  Row& row = ledger_.rows[id];
  row.state = Row::State::kOpen;
  row.place = where.segment;
  row.offset = where.offset;
  row.index = where.index;
  Agent& recipient = ledger_.agents[row.to];
  count_flight(recipient, recipient.flight_bytes - row.size);
  ledger_.bytes.change(!recipient.known, recipient.queued_bytes() - row.size, recipient.queued_bytes());
  enqueue(ledger_.rows, recipient, id);
  ++ledger_.queued;
  ledger_.queued_bytes += row.size;
}

void Router::hand_over_row(RowId id) {
  const std::uint32_t slot = ledger_.rows[id].place;
  append(id, ledger_.held[slot]);
  ledger_.held.drop(slot);
}

std::uint64_t Router::in_flight(AgentRef sender, const Agent& recipient) const {
  if (recipient.connection == nullptr) return 0;
  std::uint64_t bytes = 0;
  for (const Window::Entry& entry : recipient.connection->window.entries()) {
    const Row& row = ledger_.rows[entry.row];
    if (row.state == Row::State::kFlight && row.from == sender) bytes += row.size;
  }
  return bytes;
}

void Router::hand_over_of(AgentRef sender, const Agent& recipient) {
  if (recipient.connection == nullptr) return;
  for (const Window::Entry& entry : recipient.connection->window.entries()) {
    const Row& row = ledger_.rows[entry.row];
    if (row.state == Row::State::kFlight && row.from == sender) hand_over_row(entry.row);
  }
}

void Router::hand_over(Connection& connection, Duration before) {
  if (!commits_.usable()) return;
  if (const auto oldest = oldest_in_flight(connection); !oldest || *oldest > before) return;
  Pairs given_back;
  const std::vector<Window::Entry> entries = connection.window.entries();
  for (const Window::Entry& entry : entries) {
    Row& row = ledger_.rows[entry.row];
    if (row.state != Row::State::kFlight) continue;
    const bool follows = given_back.contains(pair_of(row));
    if (!follows && entry.sent_at > before) continue;
    if (!follows && queue_takes(ledger_.agents[row.to], row.size, !ledger_.agents[row.to].known)) {
      hand_over_row(entry.row);
      continue;
    }
    connection.window.remove(connection.window.find(entry.row), row.size);
    row.in_window = false;
    give_back(entry.row, given_back.insert(pair_of(row)).second);
  }
  if (!given_back.empty()) want_pump(connection.agent);
}

std::optional<Duration> Router::oldest_in_flight(const Connection& connection) const {
  for (const Window::Entry& entry : connection.window.entries()) {
    if (ledger_.rows[entry.row].state == Row::State::kFlight) return entry.sent_at;
  }
  return std::nullopt;
}

void Router::ended(Connection& connection) {
  const Window window = std::exchange(connection.window, Window{});
  const Agent& to = ledger_.agents[connection.agent];
  Pairs given_back;
  for (const Window::Entry& entry : window.entries()) {
    Row& row = ledger_.rows[entry.row];
    row.in_window = false;
    if (row.state != Row::State::kFlight) continue;
    if (commits_.usable() && !given_back.contains(pair_of(row)) && queue_takes(to, row.size, !to.known)) {
      hand_over_row(entry.row);
    } else {
      give_back(entry.row, given_back.insert(pair_of(row)).second);
    }
  }
  Agent& recipient = ledger_.agents[connection.agent];
  recipient.cursor = recipient.head;
}

// ---- what becomes of it ----

void Router::load(const KeptMessage& message) {
  const AgentRef from = ledger_.agents.intern(message.from);
  const AgentRef to = ledger_.agents.intern(message.to);
  if (ledger_.rows.find(from, to, message.msg_id) != kNone) return store_.remove(message.place);
  const RowId id = accept(from, to, message.msg_id, message.token, message.size);
  queue(id, message.place);
  ledger_.rows[id].state = Row::State::kStored;
  ledger_.rows[id].claim = message.claim;
}

void Router::durable(const std::vector<RowId>& rows) {
  for (const RowId id : rows) {
    Row& row = ledger_.rows[id];
    row.state = Row::State::kStored;
    if (row.gone) {
      store_.remove({row.place, row.offset, row.index});
      erase(id);
      continue;
    }
    ++ledger_.counters.queued;
    answer(row, row.claim ? AckStatus::kOk : AckStatus::kQueued);
    want_pump(row.to);
  }
}

void Router::lost(const std::vector<RowId>& rows) {
  Pairs pairs;
  boost::unordered_flat_set<AgentRef> recipients;
  for (const RowId id : rows) {
    Row& row = ledger_.rows[id];
    if (row.gone) {
      erase(id);
      continue;
    }
    const AgentRef to = row.to;
    recipients.insert(to);
    if (row.in_window) {
      Window& window = ledger_.agents[to].connection->window;
      window.remove(window.find(id), row.size);
    }
    leave_queue(id);
    give_back(id, !row.claim && pairs.insert(pair_of(row)).second);
  }
  // What the same senders have in flight came later: stored by a next commit it would stand before what was lost.
  for (const AgentRef to : recipients) {
    Connection* connection = ledger_.agents[to].connection;
    if (connection == nullptr) continue;
    for (std::size_t at = 0; at < connection->window.entries().size();) {
      const RowId id = connection->window.entries()[at].row;
      const Row& row = ledger_.rows[id];
      if (row.state != Row::State::kFlight || !pairs.contains(pair_of(row))) {
        ++at;
        continue;
      }
      connection->window.remove(at, row.size);
      give_back(id, false);
    }
  }
}

/// Drops a message that is stored nowhere; its sender keeps it and comes again. `first` of those of its pair that are
/// given back.
void Router::give_back(RowId id, bool first) {
  const Row& row = ledger_.rows[id];
  if (Connection* sender = ledger_.agents[row.from].connection) {
    const AgentId& to = ledger_.agents[row.to].id;
    if (first) sender->held_back.erase(to);  // it is older than what was held back until now
    if (row.claim) {
      refuse_for_now(*sender, to, row.msg_id, Code::kQueueFull);
    } else {
      hold_back(*sender, to, row.msg_id, Code::kQueueFull);
    }
  }
  count_gone(row);
  erase(id);
}

void Router::expire(UnixMs now) {
  ledger_.agents.each([&](AgentRef, Agent& agent) {
    while (agent.head != kNone) {
      const RowId id = agent.head;
      const Row& row = ledger_.rows[id];
      const Place where{row.place, row.offset, row.index};
      if (row.state != Row::State::kStored || store_.appended_at(where) + protocol::kMessageLifeMs > now) return;
      if (row.in_window) {
        Window& window = agent.connection->window;
        window.remove(window.find(id), row.size);
      }
      ++ledger_.counters.expired;
      end_claim(row, false);
      leave_queue(id);
      count_gone(row);
      store_.remove(where);
      erase(id);
    }
  });
}

}  // namespace agentroom::relay
