#include "relay/router.hpp"

#include <algorithm>

#include "relay/mailbox.hpp"

namespace agentroom::relay {
namespace {

using protocol::AckStatus;
using protocol::Code;

constexpr std::uint32_t kRetryConnectedMs = 1'000;  ///< the recipient is taking messages
constexpr std::uint32_t kRetryAwayMs = 10'000;      ///< it is not connected
constexpr std::uint32_t kRetryStoreMs = 5'000;      ///< the disk takes nothing
constexpr std::uint32_t kRetryNoMailboxMs = 5'000;
constexpr std::size_t kHeldBackPeers = 256;
constexpr std::uint64_t kUncommittedBytes = 32ULL << 20;
/// The disk may hold more than is queued: a segment stays until its last message is done.
constexpr std::uint64_t kDiskFactor = 4;
constexpr std::uint64_t kDiskSpare = 16ULL << 20;

}  // namespace

// ---- answers ----

void Router::answer(const Row& row, AckStatus status, Code code) {
  if (status == AckStatus::kRejected) ledger_.count_rejected(code);
  if (Connection* connection = ledger_.agents[row.from].connection) {
    connections_.ack(*connection, {*decltype(protocol::AckItem::id)::from(row.msg_id.view()), status, code, 0});
  }
}

void Router::reject(Connection& to, const MsgId& msg_id, Code code, std::uint32_t retry_after_ms) {
  ledger_.count_rejected(code);
  connections_.ack(to,
                   {*decltype(protocol::AckItem::id)::from(msg_id.view()), AckStatus::kRejected, code, retry_after_ms});
}

bool Router::is_held_back(Connection& from, const AgentId& to, const MsgId& msg_id, Code& code) {
  if (from.held_back.empty()) return false;
  const auto found = from.held_back.find(to);
  if (found == from.held_back.end()) return false;
  if (found->second.first == msg_id || from.pongs >= found->second.ping) {
    from.held_back.erase(found);
    return false;
  }
  code = found->second.code;
  return true;
}

void Router::hold_back(Connection& from, const AgentId& to, const MsgId& msg_id, Code code) {
  Code known = code;
  if (!is_held_back(from, to, msg_id, known)) {
    if (from.held_back.size() >= kHeldBackPeers) from.held_back.erase(from.held_back.begin());
    from.held_back[to] = {msg_id, code, connections_.ping(from)};
  }
  refuse_for_now(from, to, msg_id, code);
}

void Router::refuse_for_now(Connection& from, const AgentId& to, const MsgId& msg_id, Code code) {
  const AgentRef recipient = ledger_.agents.find(to);
  const bool connected = recipient != kNone && ledger_.agents[recipient].connection != nullptr;
  std::uint32_t retry = connected ? kRetryConnectedMs : kRetryAwayMs;
  if (code == Code::kNoMailbox) retry = kRetryNoMailboxMs;
  if (!commits_.usable()) retry = kRetryStoreMs;
  reject(from, msg_id, code, retry);
}

// ---- send ----

bool Router::is_allowed(Connection& from, AgentRef to, const crypto::MailboxToken& token, TokenHash& hash) {
  const Agent& recipient = ledger_.agents[to];
  Route& route = from.route;
  if (route.to == to && route.allow_version == recipient.allow_version && route.token.equals(token)) {
    hash = route.token_hash;
    return true;
  }
  hash = crypto::hash_token(token);
  if (!std::ranges::binary_search(recipient.allowed, hash) &&
      !ledger_.invites.lists(recipient, ledger_.agents[from.agent], hash)) {
    return false;
  }
  route.to = to;
  route.allow_version = recipient.allow_version;
  route.token = token.clone();
  route.token_hash = hash;
  return true;
}

bool Router::store_takes(std::uint64_t size) const {
  return commits_.usable() && store_.uncommitted_bytes() + size <= kUncommittedBytes &&
         store_.bytes() <= kDiskFactor * ledger_.limits.queued_bytes + kDiskSpare;
}

bool Router::mailbox_takes(const Agent& recipient, const TokenHash& token, std::uint32_t size) {
  const auto full = what_is_full(recipient, token, size, ledger_.limits);
  if (full) ledger_.counters.hit(*full);
  return !full;
}

bool Router::queue_takes(const Agent& recipient, std::uint64_t size, bool as_newcomer) {
  const std::uint64_t queued = recipient.queued_bytes();
  if (ledger_.bytes.fits(as_newcomer, queued, queued + size)) return true;
  ledger_.counters.hit(RelayLimit::kQueuedBytes);
  return false;
}

void Router::answer_again(const Row& row) {
  // What is in flight or being stored is answered when its fate is known, on whichever connection is the sender's then.
  if (row.state == Row::State::kStored) answer(row, row.claim ? AckStatus::kOk : AckStatus::kQueued);
}

void Router::send(Connection& from, const protocol::Send& message) {
  Agents& agents = ledger_.agents;
  const bool known_route =
      from.route.to != kNone && agents.lives(from.route.to) && agents[from.route.to].id == message.to;
  const AgentRef to = known_route ? from.route.to : agents.find(message.to);
  if (to == kNone || !agents[to].has_mailbox) return hold_back(from, message.to, message.msg_id, Code::kNoMailbox);
  if (const RowId known = ledger_.rows.find(from.agent, to, message.msg_id); known != kNone) {
    return answer_again(ledger_.rows[known]);
  }

  TokenHash token;
  if (!is_allowed(from, to, message.token, token)) return reject(from, message.msg_id, Code::kNotAllowed);
  if (Code code = Code::kNone; is_held_back(from, message.to, message.msg_id, code)) {
    return hold_back(from, message.to, message.msg_id, code);
  }

  const Agent& recipient = agents[to];
  const auto size = static_cast<std::uint32_t>(message.envelope.size());
  if (size > ledger_.limits.mailbox_bytes / 2) return reject(from, message.msg_id, Code::kTooLarge);
  const bool at_once =
      recipient.head == kNone && recipient.connection != nullptr && recipient.connection->can_deliver(size) &&
      ledger_.flight_bytes.fits(!recipient.known, recipient.flight_bytes, recipient.flight_bytes + size);
  bool taken = mailbox_takes(recipient, token, size);
  if (taken && !at_once) {
    const std::uint64_t stored = in_flight(from.agent, recipient) + size;
    taken = queue_takes(recipient, stored, !recipient.known) && store_takes(stored);
  }
  if (!taken) return hold_back(from, message.to, message.msg_id, Code::kQueueFull);

  const RowId id = accept(from.agent, to, message.msg_id, token, size);
  if (at_once) {
    ledger_.rows[id].place = ledger_.held.put(message.envelope);
    return deliver(*recipient.connection, id, message.envelope);
  }
  hand_over_of(from.agent, recipient);
  append(id, message.envelope);
}

void Router::claim(Connection& from, const protocol::InviteClaim& request, const Invites::Claim& checked) {
  const InviteRecord& invite = *checked.invite;
  const AgentRef inviter = ledger_.agents.find(invite.inviter);
  const Agent& recipient = ledger_.agents[inviter];
  const auto size = static_cast<std::uint32_t>(request.envelope.size());
  if (ledger_.rows.find(from.agent, inviter, request.msg_id) != kNone) {
    return reject(from, request.msg_id, Code::kNotAllowed);  // the id of another message that is on its way
  }
  if (size > ledger_.limits.mailbox_bytes / 2) return reject(from, request.msg_id, Code::kTooLarge);
  const std::uint64_t stored = in_flight(from.agent, recipient) + size;
  if (!mailbox_takes(recipient, invite.token, size) || !queue_takes(recipient, stored, false) || !store_takes(stored)) {
    return refuse_for_now(from, invite.inviter, request.msg_id, Code::kQueueFull);
  }
  hand_over_of(from.agent, recipient);
  for (const AgentRef party : {inviter, from.agent}) {
    ledger_.know(party);
    ledger_.agents[party].took_part = true;
  }
  const InviteDecision decision = ledger_.invites.claim(from.agent, request, checked);
  commits_.open().undo.push_back({invite.invite_id, decision.before});
  commits_.open().invites.push_back(invite.invite_id);
  const RowId id = accept(from.agent, inviter, request.msg_id, invite.token, size);
  ledger_.rows[id].claim = true;
  append_claim(id, request, invite);
}

void Router::claim_again(Connection& from, const protocol::InviteClaim& request, const Invites::Claim& checked) {
  const AgentRef inviter = ledger_.agents.find(checked.invite->inviter);
  const RowId known = ledger_.rows.find(from.agent, inviter, request.msg_id);
  // Until it is durable its commit answers; after that it is OK, whatever became of the message.
  if (known != kNone && ledger_.rows[known].state != Row::State::kStored) return;
  connections_.ack(from,
                   {*decltype(protocol::AckItem::id)::from(request.msg_id.view()), AckStatus::kOk, Code::kNone, 0});
}

// ---- deliver ----

RowId Router::accept(AgentRef from, AgentRef to, const MsgId& msg_id, const TokenHash& token, std::uint32_t size) {
  const RowId id = ledger_.rows.add(from, to, msg_id);
  Row& row = ledger_.rows[id];
  row.size = size;
  Agent& recipient = ledger_.agents[to];
  count_in(recipient, row, token);
  count_flight(recipient, recipient.flight_bytes + size);
  ++ledger_.agents[from].sent;
  return id;
}

void Router::deliver(Connection& connection, RowId id, ByteView envelope) {
  Row& row = ledger_.rows[id];
  const Duration now = ledger_.now.steady;
  if (connection.window.empty()) connection.receipted_at = now;
  connection.window.add(id, row.size, now);
  row.in_window = true;
  connections_.frame(connection, protocol::Delivery{ledger_.agents[row.from].id, row.msg_id, envelope});
  connections_.look_at(connection, row.state == Row::State::kFlight
                                       ? now + std::chrono::milliseconds(protocol::kHoldInFlightMs)
                                       : now + std::chrono::milliseconds(protocol::kReceiptTimeoutMs));
}

void Router::want_pump(AgentRef agent) {
  Agent& recipient = ledger_.agents[agent];
  if (recipient.pump_due || recipient.cursor == kNone) return;
  recipient.pump_due = true;
  pumps_.push_back(agent);
}

void Router::pump() {
  for (std::size_t i = 0; i < pumps_.size(); ++i) {
    if (ledger_.agents.lives(pumps_[i])) pump(pumps_[i]);
  }
  pumps_.clear();
}

void Router::pump(AgentRef agent) {
  Agent& recipient = ledger_.agents[agent];
  recipient.pump_due = false;
  Connection* connection = recipient.connection;
  while (connection != nullptr && recipient.cursor != kNone) {
    const RowId id = recipient.cursor;
    const Row& row = ledger_.rows[id];
    if (!row.in_window) {
      if (row.state != Row::State::kStored || !connection->can_deliver(row.size)) return;
      const auto envelope = store_.take({row.place, row.offset, row.index}, row.size);
      if (!envelope) {
        observer_.on_store_failed(envelope.error());
        stuck_.push_back(agent);
        if (!retry_at_) retry_at_ = ledger_.now.steady + std::chrono::milliseconds(kRetryStoreMs);
        return;
      }
      took_ = true;
      deliver(*connection, id, *envelope);
    }
    recipient.cursor = row.next;
  }
}

void Router::on_time(Duration now) {
  if (!retry_at_ || now < *retry_at_) return;
  retry_at_.reset();
  for (const AgentRef agent : std::exchange(stuck_, {})) {
    if (ledger_.agents.lives(agent)) want_pump(agent);
  }
}

// ---- receipt ----

void Router::receipt(Connection& from, const protocol::ReceiptItem& item) {
  const auto& entries = from.window.entries();
  const auto found = std::ranges::find_if(entries, [&](const Window::Entry& entry) {
    const Row& row = ledger_.rows[entry.row];
    return row.msg_id == item.msg_id && ledger_.agents[row.from].id == item.from;
  });
  if (found == entries.end()) return;
  const RowId id = found->row;
  Row& row = ledger_.rows[id];
  from.window.remove(static_cast<std::size_t>(found - entries.begin()), row.size);
  from.receipted_at = ledger_.now.steady;
  row.in_window = false;

  const bool stored = item.status == protocol::ReceiptStatus::kStored;
  if (stored) ++ledger_.counters.delivered;
  // A message that was answered QUEUED needs no second answer, unless it was refused.
  if (!stored) {
    answer(row, AckStatus::kRejected, Code::kUnreadable);
  } else if (row.state != Row::State::kStored) {
    answer(row, AckStatus::kDelivered);
  }
  const AgentRef recipient = row.to;
  switch (row.state) {
    case Row::State::kFlight:
      count_gone(row);
      erase(id);
      break;
    case Row::State::kOpen:
      leave_queue(id);
      count_gone(row);
      row.gone = true;
      ledger_.rows.hide(id);
      break;
    case Row::State::kStored:
      end_claim(row, stored);
      leave_queue(id);
      count_gone(row);
      store_.remove({row.place, row.offset, row.index});
      erase(id);
      break;
  }
  want_pump(recipient);
}

void Router::end_claim(const Row& row, bool stored) {
  if (!row.claim) return;
  const InviteRecord* invite =
      ledger_.invites.receipted(ledger_.agents[row.to], ledger_.agents[row.from], row.msg_id, stored);
  if (invite == nullptr) return;
  store_.put_invite(*invite);
  commits_.open().invites.push_back(invite->invite_id);
}

void Router::leave_queue(RowId id) {
  const Row& row = ledger_.rows[id];
  dequeue(ledger_.rows, ledger_.agents[row.to], id);
  --ledger_.queued;
  ledger_.queued_bytes -= row.size;
}

void Router::count_flight(Agent& recipient, std::uint64_t flight_bytes) {
  ledger_.flight_bytes.change(!recipient.known, recipient.flight_bytes, flight_bytes);
  recipient.flight_bytes = flight_bytes;
}

void Router::count_gone(const Row& row) {
  Agent& recipient = ledger_.agents[row.to];
  if (row.state == Row::State::kFlight) {
    count_flight(recipient, recipient.flight_bytes - row.size);
  } else {
    ledger_.bytes.change(!recipient.known, recipient.queued_bytes(), recipient.queued_bytes() - row.size);
  }
  count_out(recipient, row);
}

void Router::erase(RowId id) {
  const Row& row = ledger_.rows[id];
  if (row.state == Row::State::kFlight) ledger_.held.drop(row.place);
  const AgentRef sender = row.from;
  ledger_.rows.erase(id);
  --ledger_.agents[sender].sent;
  ledger_.agents.release(sender);
}

}  // namespace agentroom::relay
