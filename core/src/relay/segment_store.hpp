// Mailboxes on the local store: one segment record a commit batch, receipts beside it.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "agentroom/random.hpp"
#include "agentroom/store.hpp"
#include "crypto/sealed_record.hpp"
#include "relay/mailbox_store.hpp"
#include "relay/refs.hpp"
#include "relay/segment_cache.hpp"

namespace agentroom::relay {

/// The messages of a batch are one record (or more, at 64 KiB each), sealed once, under a key that grows. When some of
/// a segment's messages are done, one record beside it says which; when all are, both go. All of it rides on the next
/// batch.
///
///   segment:  open -> committing -> stored -> (all done) deleting -> free
class SegmentStore final : public MailboxStore {
 public:
  SegmentStore(Store& store, crypto::StoreKey key, Random& random);
  ~SegmentStore() override;

  Result<void> load(MailboxReader& reader) override;
  Place append(const NewMessage& message, UnixMs now) override;
  Place claim_once(const InviteRecord& claimed, const NewMessage& session_init, UnixMs now) override;
  Result<ByteView> take(const Place& place, std::uint32_t size) override;
  void remove(const Place& place) override;
  void put_mailbox(const MailboxRecord& record) override;
  void erase_mailbox(const AgentId& agent) override;
  void put_invite(const InviteRecord& record) override;
  void erase_invite(const InviteId& invite_id) override;
  bool has_changes() const override;
  void commit(bool probe, Done done) override;
  void forget_uncommitted() override;
  Result<void> resume() override;
  std::optional<UnixMs> oldest() const override;
  UnixMs appended_at(const Place& place) const override { return segments_[place.segment].stored_at; }
  std::uint64_t bytes() const override { return bytes_; }
  std::uint64_t uncommitted_bytes() const override { return uncommitted_bytes_; }
  void rest() override { cache_.clear(); }

 private:
  struct Segment {
    std::uint64_t sequence = 0;
    UnixMs stored_at = 0;
    std::uint32_t bytes = 0;  ///< of the record
    std::uint16_t count = 0;
    std::uint16_t live = 0;       ///< messages that are not done
    std::uint32_t older = kNone;  ///< neighbours by age
    std::uint32_t newer = kNone;
    bool changed = false;       ///< stands in `changed_`
    bool has_receipts = false;  ///< a receipts record exists, or is on its way
    std::vector<bool> done;     ///< empty while none is
  };
  /// What one commit carries, to be taken up again if it fails.
  struct Batch {
    std::vector<std::uint32_t> created;
    std::vector<std::uint32_t> receipted;
    std::vector<std::uint32_t> deleted;
    std::uint64_t bytes = 0;
    bool format = false;
  };

  Result<void> load_format();
  Result<void> load_segments(MailboxReader& reader);
  Result<void> load_segment(std::uint64_t sequence, ByteView sealed, std::vector<bool> done, MailboxReader& reader);
  Result<void> each_record(std::string_view prefix,
                           const std::function<Result<void>(ByteView key, Bytes value)>& visit);
  void put(Bytes key, ByteView value);
  void erase(Bytes key);
  std::uint32_t make_segment(std::uint64_t sequence, UnixMs stored_at);
  void free_segment(std::uint32_t slot);
  void mark_changed(std::uint32_t slot);
  void close_segment();
  void write_changed(Batch& batch);
  void on_committed(const Batch& batch);

  Store& store_;
  crypto::RecordSealer sealer_;
  Random& random_;

  std::vector<Segment> segments_;
  std::vector<std::uint32_t> free_;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint32_t> changed_;
  SegmentCache cache_;

  // The open batch.
  StoreBatch ops_;
  Batch batch_;
  std::uint32_t open_ = kNone;  ///< the segment that `columns_` will be
  SegmentRecord columns_;
  std::size_t column_bytes_ = 0;
  bool keep_open_ = false;  ///< a message of it will be taken soon

  std::deque<Batch> outstanding_;  ///< handed to the store; failed ones stay until `forget_uncommitted`
  std::uint64_t uncommitted_bytes_ = 0;
  bool format_written_ = false;
  std::shared_ptr<SegmentStore*> alive_;  ///< completions outlive this object when its owner goes
};

}  // namespace agentroom::relay
