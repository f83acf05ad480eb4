// What waits for the disk: every answer that may be given only once something is durable.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "agentroom/relay_status.hpp"
#include "protocol/frames.hpp"
#include "relay/mailbox_store.hpp"
#include "relay/refs.hpp"

namespace agentroom::relay {

/// What depends on one batch.
struct Effects {
  struct Reply {
    AgentId to;
    protocol::AckItem item;
  };
  /// An invite as it was before the batch changed it; nothing: it did not exist.
  struct Undo {
    InviteId invite_id;
    std::optional<InviteRecord> before;
  };
  std::vector<RowId> rows;     ///< appended
  std::vector<Reply> replies;  ///< to be given once durable
  std::vector<Undo> undo;
  std::vector<InviteId> invites;    ///< records written
  std::vector<AgentRef> mailboxes;  ///< records written
  std::vector<AgentId> forgotten;   ///< mailboxes whose records were erased
  Duration handed_over{};
};

/// Told on the engine thread, in the order of the commits.
class CommitSink {
 public:
  virtual ~CommitSink() = default;
  virtual void on_durable(Effects effects) = 0;
  /// None of these batches, oldest first, is on disk. The sink may put records again at once.
  virtual void on_lost(std::vector<Effects> effects, const Error& why) = 0;
};

/// One open batch that gathers, and at most two that are being written: while the disk works, everything that comes
/// waits for the next.
///
///   good --a commit fails--> failing --the others came back--> broken --retry--> probing --durable--> good
///                                                                ^-------fails------'
class GroupCommit {
 public:
  GroupCommit(MailboxStore& store, CommitSink& sink, RelayStatus& counters)
      : store_(store), sink_(sink), counters_(counters), alive_(std::make_shared<GroupCommit*>(this)) {}

  /// False while the disk does not take anything: nothing may be appended then.
  bool usable() const { return state_ == State::kGood; }

  /// True when `flush` may commit changes now, if only to see whether the disk works again.
  bool takes_more() const;

  Effects& open() { return open_; }
  /// Gives `item` to the agent once everything that was handed over until now is durable.
  void reply_when_durable(const AgentId& to, const protocol::AckItem& item);

  /// True while something waits for the disk, or will.
  bool busy() const { return !outstanding_.empty() || store_.has_changes() || !open_.replies.empty(); }
  bool outstanding() const { return !outstanding_.empty(); }

  /// Commits what gathered, if the disk may take one more batch.
  void flush(Duration now);
  std::optional<Duration> next_deadline() const;

 private:
  enum class State : std::uint8_t { kGood, kFailing, kBroken, kProbing };

  void commit(bool probe, Duration now);
  void measure(Duration now);
  void on_completed(Result<void> result);
  void lose();

  MailboxStore& store_;
  CommitSink& sink_;
  RelayStatus& counters_;
  State state_ = State::kGood;
  Effects open_;
  std::deque<Effects> outstanding_;
  std::size_t awaited_ = 0;          ///< completions that have not come; failed batches stay in `outstanding_`
  std::vector<Duration> completed_;  ///< when batches that are durable since the last flush were handed over
  Error error_;
  std::optional<Duration> retry_at_;
  std::shared_ptr<GroupCommit*> alive_;
};

}  // namespace agentroom::relay
