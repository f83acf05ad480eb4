// The way of a message from its sender to its recipient (protocol section 7).
#pragma once

#include <vector>

#include "relay/connections.hpp"
#include "relay/group_commit.hpp"
#include "relay/ledger.hpp"
#include "relay/mailbox_store.hpp"

namespace agentroom::relay {

///   send --at once--> in flight --receipt--> DELIVERED, gone
///     |                  |  5 s, connection ended, another of the same sender is stored
///     |                  v
///     \--otherwise--> being stored --durable--> QUEUED, delivered in order --receipt--> gone
///
/// What is in flight takes no room of what may be queued. If there is none when its time is over, it is given back to
/// its sender as QUEUE_FULL, together with what the sender wrote after it.
///
/// For each sender and recipient, rows in the mailbox are older than what is in flight and not stored, so storing those
/// from the oldest keeps their order.
class Router {
 public:
  Router(Ledger& ledger, Connections& connections, MailboxStore& store, GroupCommit& commits, RelayObserver& observer)
      : ledger_(ledger), connections_(connections), store_(store), commits_(commits), observer_(observer) {}

  // ---- what agents send ----
  void send(Connection& from, const protocol::Send& message);
  void receipt(Connection& from, const protocol::ReceiptItem& item);
  /// Claims an invite whose claim was checked: it and the SessionInit go into the open batch together. Without room the
  /// claimant is told to come again, and the invite stays open.
  void claim(Connection& from, const protocol::InviteClaim& request, const Invites::Claim& checked);

  /// The claim that used the invite came again.
  void claim_again(Connection& from, const protocol::InviteClaim& request, const Invites::Claim& checked);

  // ---- what happens to connections ----
  /// The agent's queue may be able to move: it connected, or something was drained.
  void want_pump(AgentRef agent);
  /// The connection is at its end: what was in flight on it is stored, or given back.
  void ended(Connection& connection);
  /// Stores what is in flight on it since `before` or earlier, or gives it back.
  void hand_over(Connection& connection, Duration before);
  /// When the oldest delivery that is not stored was sent.
  std::optional<Duration> oldest_in_flight(const Connection& connection) const;

  // ---- what happens to the store ----
  void load(const KeptMessage& message);
  void durable(const std::vector<RowId>& rows);
  /// These are not on disk: their senders are told to come again, in order.
  void lost(const std::vector<RowId>& rows);
  /// Drops what is older than 7 days.
  void expire(UnixMs now);

  // ---- each turn ----
  void pump();
  /// Looks again at mailboxes whose envelopes could not be read.
  void on_time(Duration now);
  std::optional<Duration> next_deadline() const { return retry_at_; }
  /// True once after envelopes were read from the store.
  bool took_since_asked() { return std::exchange(took_, false); }

 private:
  bool is_allowed(Connection& from, AgentRef to, const crypto::MailboxToken& token, TokenHash& hash);
  void answer_again(const Row& row);
  /// True while an earlier message to the same recipient is awaited first.
  bool is_held_back(Connection& from, const AgentId& to, const MsgId& msg_id, protocol::Code& code);
  /// Refuses a message that its sender sends again before all that it sends later to the same recipient.
  void hold_back(Connection& from, const AgentId& to, const MsgId& msg_id, protocol::Code code);
  /// Refuses what is sent again. A claim stands in no order: its session begins when it is taken.
  void refuse_for_now(Connection& from, const AgentId& to, const MsgId& msg_id, protocol::Code code);
  bool store_takes(std::uint64_t size) const;
  /// True when the mailbox has room for the message; counts what has not.
  bool mailbox_takes(const Agent& recipient, const TokenHash& token, std::uint32_t size);
  /// True when what may be queued has room for `size` bytes more; counts it if not.
  bool queue_takes(const Agent& recipient, std::uint64_t size, bool as_newcomer);
  /// Bytes of what the sender has in flight to the recipient, which are to be stored with what it sends next.
  std::uint64_t in_flight(AgentRef sender, const Agent& recipient) const;

  RowId accept(AgentRef from, AgentRef to, const MsgId& msg_id, const TokenHash& token, std::uint32_t size);
  void deliver(Connection& connection, RowId id, ByteView envelope);
  void append(RowId id, ByteView envelope);
  void append_claim(RowId id, const protocol::InviteClaim& request, const InviteRecord& invite);
  void queue(RowId id, const Place& where);
  void hand_over_of(AgentRef sender, const Agent& recipient);
  void hand_over_row(RowId id);
  void pump(AgentRef agent);

  void answer(const Row& row, protocol::AckStatus status, protocol::Code code = protocol::Code::kNone);
  void reject(Connection& to, const MsgId& msg_id, protocol::Code code, std::uint32_t retry_after_ms = 0);
  /// The SessionInit of a claim is gone: the inviter has it, or will never.
  void end_claim(const Row& row, bool stored);
  void leave_queue(RowId id);
  void count_gone(const Row& row);
  void count_flight(Agent& recipient, std::uint64_t flight_bytes);
  void erase(RowId id);
  void give_back(RowId id, bool first);

  Ledger& ledger_;
  Connections& connections_;
  MailboxStore& store_;
  GroupCommit& commits_;
  RelayObserver& observer_;
  std::vector<AgentRef> pumps_;
  std::vector<AgentRef> stuck_;
  std::optional<Duration> retry_at_;
  bool took_ = false;
};

}  // namespace agentroom::relay
