// Where mailboxes are kept. Small enough that another one, shared by several relays, can stand in its place.
#pragma once

#include <functional>
#include <optional>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"
#include "relay/records.hpp"

namespace agentroom::relay {

/// Where a message lies; means something to its store alone.
struct Place {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::uint16_t index = 0;
};

struct NewMessage {
  const AgentId& from;
  const AgentId& to;
  const MsgId& msg_id;
  const TokenHash& token;
  ByteView envelope;
  bool soon = false;  ///< it will be taken as soon as it is durable
};

struct KeptMessage {
  AgentId from;
  AgentId to;
  MsgId msg_id;
  TokenHash token;
  std::uint32_t size = 0;
  bool claim = false;
  Place place;
};

/// Receives what `load` finds: mailboxes, then invites, then messages in the order in which they were appended.
class MailboxReader {
 public:
  virtual ~MailboxReader() = default;
  virtual void on_mailbox(MailboxRecord record) = 0;
  virtual void on_invite(InviteRecord record) = 0;
  virtual void on_message(const KeptMessage& message) = 0;
};

/// Changes gather in an open batch; `commit` makes all of them durable together or none. Batches become durable in the
/// order of the commits.
class MailboxStore {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~MailboxStore() = default;

  /// Once, before anything else. Errors: kCorrupt, kUnsupportedVersion, kIo.
  virtual Result<void> load(MailboxReader& reader) = 0;

  /// Adds a message to the open batch.
  virtual Place append(const NewMessage& message, UnixMs now) = 0;
  /// Adds the claimed invite and its SessionInit to the open batch.
  virtual Place claim_once(const InviteRecord& claimed, const NewMessage& session_init, UnixMs now) = 0;
  /// The envelope of a durable message; valid until the next call of any method. Errors: kCorrupt, kIo.
  virtual Result<ByteView> take(const Place& place, std::uint32_t size) = 0;
  /// The durable message is done; removed with the open batch.
  virtual void remove(const Place& place) = 0;

  virtual void put_mailbox(const MailboxRecord& record) = 0;
  virtual void erase_mailbox(const AgentId& agent) = 0;
  virtual void put_invite(const InviteRecord& record) = 0;
  virtual void erase_invite(const InviteId& invite_id) = 0;

  virtual bool has_changes() const = 0;
  /// `done` comes later, never from inside the call. With `probe` the batch writes something even without changes.
  virtual void commit(bool probe, Done done) = 0;
  /// After a failed commit, when none is outstanding: forgets the messages that are not durable, keeps removals for the
  /// next batch. The owner puts mailboxes and invites again. Then takes commits again. Errors: kIo.
  virtual void forget_uncommitted() = 0;
  virtual Result<void> resume() = 0;

  /// `appended_at` of the oldest message.
  virtual std::optional<UnixMs> oldest() const = 0;
  /// When the message was appended, or another of its segment by a later clock: the latest time of the segment.
  virtual UnixMs appended_at(const Place& place) const = 0;
  /// What the messages take on disk, those that are done but not yet removed included.
  virtual std::uint64_t bytes() const = 0;
  /// Bytes of envelopes in batches that are not durable.
  virtual std::uint64_t uncommitted_bytes() const = 0;
  /// Gives back memory that only speeds up taking.
  virtual void rest() = 0;
};

}  // namespace agentroom::relay
