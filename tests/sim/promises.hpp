// What was promised to whom, and whether it is kept (protocol section 7).
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent_disk.hpp"
#include "agentroom/relay_engine.hpp"
#include "chronicle.hpp"
#include "protocol/frames.hpp"
#include "wiretap.hpp"

namespace agentroom::sim {

/// One message between two agents, the start of a session included.
struct Letter {
  AgentId from;
  AgentId to;
  MsgId msg_id;
  SessionId session;
  UnixMs created_at = 0;    ///< by the sender's clock
  std::uint64_t place = 0;  ///< in the order of its sender's outbox
  bool control = false;     ///< no text: no handler runs on it
  bool claim = false;       ///< a SessionInit

  std::optional<UnixMs> sent_at;  ///< by the relay's clock
  bool promised = false;          ///< DELIVERED, QUEUED, or OK to a claim
  bool rejected = false;          ///< for good
  bool unlisted = false;          ///< and that because the start of its session had expired at the relay
  bool refused = false;           ///< by the recipient
  bool excused = false;           ///< and that for a reason, which a restored relay may take away later
  bool receipted = false;         ///< by the recipient
  bool handed = false;            ///< by the relay to the recipient
  bool queued = false;            ///< the relay keeps it, as far as anybody can tell
  std::uint32_t runs = 0;         ///< of a handler, those that asked to be run again not counted

  bool taken = false;                                    ///< durable at the recipient
  UnixMs taken_at = std::numeric_limits<UnixMs>::max();  ///< by the recipient's clock, at earliest
  bool handled = false;                                  ///< durably
  bool dropped = false;                                  ///< by the recipient's owner, unhandled
  std::uint64_t answered_in = 0;                         ///< the recipient's life in which its handler answered
  bool wants_reply = false;                              ///< what that handler answered
  bool reply_due = false;                                ///< that answer is what it was handled with
  bool replied = false;                                  ///< its reply is durable at the first sender
};

/// What the promises depend on beside messages.
class Circumstances {
 public:
  virtual ~Circumstances() = default;
  virtual std::string name(const AgentId& agent) const = 0;
  virtual bool has_seen(const AgentId& agent, const AgentId& from, const MsgId& msg_id) const = 0;
  virtual bool running(const AgentId& agent) const = 0;
  virtual bool nothing_expired() const = 0;
  virtual std::uint64_t life(const AgentId& agent) const = 0;
  virtual UnixMs clock(const AgentId& agent) const = 0;
  /// The latest that an agent's clock ever showed.
  virtual UnixMs latest(const AgentId& agent) const = 0;
  /// By the relay's clock at most so much time passed since it showed `at`.
  virtual UnixMs relay_clock() const = 0;
  virtual std::int64_t relay_time_since(UnixMs at) const = 0;
};

/// Follows every message from its sender's disk over both links to the recipient's disk. Checked at each step:
///
/// - nothing leaves an agent before it is durable there, no receipt before the message is, no DELIVERED before that;
/// - a message is taken once, handled once, both in the order in which it was posted;
/// - it leaves the outbox with an answer of the relay, or for a reason that its sender's owner or clock gave;
/// - an invite is claimed once;
/// - its handler runs at most 3 times;
/// - a mailbox keeps at most what its limits say, and half of that from one sender;
/// - it is refused, and a session dropped, only for such a reason;
/// - a handled message was answered by its handler in the same life, and its reply is posted in the same commit;
/// - a reply comes once, and after the message that it answers was handled.
///
/// `settle()` checks at the end that every message which was ever durable was handled, or why not.
class Promises {
 public:
  Promises(const Circumstances& around, const RelayLimits& limits, Chronicle& chronicle)
      : around_(around), limits_(limits), chronicle_(chronicle) {}

  void on_commit(const AgentId& agent, const Transaction& changes);
  void on_frame(const Wiretap::Overheard& overheard);
  void on_handling(const AgentId& agent, const MsgId& msg_id);
  /// Nothing: it asked to be run again.
  void on_answer(const AgentId& agent, const MsgId& msg_id, std::optional<bool> wants_reply);
  void on_end_of_life(const AgentId& agent);
  /// The owner of `agent` forgets `peer`.
  void on_removal(const AgentId& agent, const AgentId& peer) { removals_.insert({agent, peer}); }

  /// An agent's store is set back to what it was: what is promised holds no longer, and nothing more is checked.
  void retire() { retired_ = true; }

  /// The relay hands over in another order from now on, which only it can be blamed for.
  void expect_disorder() { disorder_ = true; }
  /// The relay is set back to a backup: what expired there since may come once more, behind what came meanwhile.
  void expect_returns() { returns_ = true; }

  bool somebody_parted() const { return !removals_.empty(); }

  void settle();

  /// Every message came to its recipient: no key need be kept for one.
  bool all_came() const;

  struct Counts {
    std::uint64_t messages = 0;
    std::uint64_t promised = 0;
    std::uint64_t handled = 0;
    std::uint64_t replies = 0;
    std::uint64_t excused = 0;  ///< expired, or their peer removed
  };
  Counts counts() const;

 private:
  using Pair = std::pair<AgentId, AgentId>;

  void post(const AgentId& agent, const Transaction::Posted& posted);
  void unpost(const MsgId& msg_id);
  void take(const AgentId& agent, const Transaction::Taken& taken);
  void handle(const AgentId& agent, const Transaction::Handled& handled, std::map<AgentId, int>& replies_due);
  void drop(const AgentId& agent, const SessionNote& session);

  void on_send(const AgentId& agent, const protocol::Send& send);
  void on_claim(const AgentId& agent, const protocol::InviteClaim& claim);
  void on_receipt(const AgentId& agent, const protocol::ReceiptItem& item);
  void on_delivery(const AgentId& agent, const protocol::Delivery& delivery);
  void on_ack(const AgentId& agent, const protocol::AckItem& item);
  void on_kept(const AgentId& agent, Letter& letter, protocol::AckStatus status);
  void on_rejected(const AgentId& agent, Letter& letter, protocol::Code code);
  void keep(Letter& letter);
  void leave_mailbox(Letter& letter);
  void may_be_taken(Letter& letter) const { letter.taken_at = std::min(letter.taken_at, around_.clock(letter.to)); }

  /// Why a message need not arrive; empty when it must.
  std::string excuse(const Letter& letter) const;
  bool start_expired(const Letter& letter) const;
  /// The relay may have dropped it, its time being over; its sender, whose clock says otherwise, sends it again.
  bool expired_at_relay(const Letter& letter) const;
  bool may_come_late(const Letter& letter) const {
    return disorder_ || expired_at_relay(letter) || (returns_ && !excuse(letter).empty());
  }
  std::string label(const Letter& letter) const;
  void tell(const AgentId& agent, const Letter& letter, const char* what) const;
  void violate(const Letter& letter, const std::string& what) { chronicle_.violate(label(letter) + " " + what); }
  Letter* find(const MsgId& msg_id);

  const Circumstances& around_;
  const RelayLimits& limits_;
  Chronicle& chronicle_;
  std::unordered_map<MsgId, Letter> letters_;
  std::vector<MsgId> order_;  // of their making
  std::map<Pair, std::uint64_t> last_taken_;
  std::map<Pair, std::uint64_t> last_handled_;
  std::map<AgentId, std::set<AgentId>> running_;  // peers on whose message a handler runs
  std::set<Pair> removals_;
  std::set<std::pair<AgentId, SessionId>> ended_;
  std::set<std::pair<AgentId, SessionId>> lapsed_;
  std::map<SessionId, MsgId> claim_of_;
  struct Publication {
    AgentId inviter;
    UnixMs expires_at = 0;
    std::optional<MsgId> claim;  ///< that was answered OK
  };
  std::map<InviteId, Publication> invites_;
  std::map<MsgId, InviteId> invite_of_;                             // by the claim
  std::map<AgentId, std::set<MsgId>> starts_;                       // session starts handed to an agent in this life
  std::map<AgentId, std::size_t> queued_for_;                       // QUEUED and not receipted, by recipient
  std::map<std::pair<AgentId, SessionId>, std::size_t> queued_by_;  // and by sender and session, which have one token
  bool retired_ = false;
  bool disorder_ = false;
  bool returns_ = false;
};

}  // namespace agentroom::sim
