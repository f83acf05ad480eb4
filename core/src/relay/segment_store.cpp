#include "relay/segment_store.hpp"

#include "relay/record_keys.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kSegmentBytes = std::size_t{64} * 1024;
/// What a message takes in a segment beside its envelope.
constexpr std::size_t kColumnBytes = AgentId::kSize * 2 + MsgId::kSize + TokenHash::kSize + 3;

}  // namespace

SegmentStore::SegmentStore(Store& store, crypto::StoreKey key, Random& random)
    : store_(store), sealer_(std::move(key)), random_(random), alive_(std::make_shared<SegmentStore*>(this)) {}

SegmentStore::~SegmentStore() = default;

// ---- segments ----

std::uint32_t SegmentStore::make_segment(std::uint64_t sequence, UnixMs stored_at) {
  std::uint32_t slot = static_cast<std::uint32_t>(segments_.size());
  if (free_.empty()) {
    segments_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Segment& segment = segments_[slot];
  segment = Segment{};
  segment.sequence = sequence;
  segment.stored_at = stored_at;
  segment.older = newest_;
  (newest_ == kNone ? oldest_ : segments_[newest_].newer) = slot;
  newest_ = slot;
  return slot;
}

void SegmentStore::free_segment(std::uint32_t slot) {
  Segment& segment = segments_[slot];
  (segment.older == kNone ? oldest_ : segments_[segment.older].newer) = segment.newer;
  (segment.newer == kNone ? newest_ : segments_[segment.newer].older) = segment.older;
  bytes_ -= segment.bytes;
  cache_.erase(slot);
  segment = Segment{};
  free_.push_back(slot);
}

void SegmentStore::mark_changed(std::uint32_t slot) {
  if (segments_[slot].changed) return;
  segments_[slot].changed = true;
  changed_.push_back(slot);
}

std::optional<UnixMs> SegmentStore::oldest() const {
  if (oldest_ == kNone) return std::nullopt;
  return segments_[oldest_].stored_at;
}

// ---- messages ----

Place SegmentStore::append(const NewMessage& message, UnixMs now) {
  const std::size_t cost = kColumnBytes + message.envelope.size();
  if (open_ != kNone && column_bytes_ + cost > kSegmentBytes) close_segment();
  if (open_ == kNone) {
    open_ = make_segment(next_sequence_++, now);
    batch_.created.push_back(open_);
    columns_.stored_at = now;
  }
  // A clock that is set forward while the segment is open takes nothing of the life of what comes after.
  if (now > columns_.stored_at) segments_[open_].stored_at = columns_.stored_at = now;
  const Place place{open_, static_cast<std::uint32_t>(columns_.envelopes.size()),
                    static_cast<std::uint16_t>(columns_.size.size())};
  columns_.from.append(as_text(message.from.view()));
  columns_.to.append(as_text(message.to.view()));
  columns_.msg_id.append(as_text(message.msg_id.view()));
  columns_.token.append(as_text(message.token.view()));
  columns_.size.push_back(static_cast<std::uint32_t>(message.envelope.size()));
  columns_.envelopes.append(as_text(message.envelope));
  column_bytes_ += cost;
  keep_open_ = keep_open_ || message.soon;
  batch_.bytes += message.envelope.size();
  uncommitted_bytes_ += message.envelope.size();
  return place;
}

Place SegmentStore::claim_once(const InviteRecord& claimed, const NewMessage& session_init, UnixMs now) {
  put_invite(claimed);
  const Place place = append(session_init, now);
  columns_.claims.push_back(place.index);
  return place;
}

void SegmentStore::close_segment() {
  if (open_ == kNone) return;
  Segment& segment = segments_[open_];
  segment.count = segment.live = static_cast<std::uint16_t>(columns_.size.size());
  const Bytes value = encode_segment(columns_);
  segment.bytes = static_cast<std::uint32_t>(value.size() + crypto::RecordSealer::kOverhead);
  bytes_ += segment.bytes;
  put(segment_key(segment.sequence), value);
  if (keep_open_) cache_.put(open_, std::move(columns_.envelopes));

  open_ = kNone;
  keep_open_ = false;
  column_bytes_ = 0;
  columns_.from.clear();
  columns_.to.clear();
  columns_.msg_id.clear();
  columns_.token.clear();
  columns_.size.clear();
  columns_.claims.clear();
  columns_.envelopes.clear();
}

Result<ByteView> SegmentStore::take(const Place& place, std::uint32_t size) {
  const std::string* envelopes = cache_.find(place.segment);
  if (envelopes == nullptr) {
    const std::uint64_t sequence = segments_[place.segment].sequence;
    const Bytes key = segment_key(sequence);
    auto sealed = store_.get(key);
    if (!sealed) return pass(sealed);
    if (!*sealed) {
      return fail(ErrorCode::kCorrupt, "segment " + std::to_string(sequence) + " of the relay's store is missing",
                  "restore the relay's store from a backup");
    }
    auto value = sealer_.open(key, **sealed);
    if (!value) return pass(value);
    auto read = decode_segment_envelopes(*value);
    if (!read) return pass(read);
    envelopes = &cache_.put(place.segment, std::move(*read));
  }
  if (envelopes->size() < std::size_t{place.offset} + size) {
    return fail(ErrorCode::kCorrupt, "a segment of the relay's store is shorter than it was",
                "restore the relay's store from a backup");
  }
  return as_bytes(std::string_view(*envelopes).substr(place.offset, size));
}

void SegmentStore::remove(const Place& place) {
  Segment& segment = segments_[place.segment];
  if (segment.done.empty()) segment.done.resize(segment.count);
  if (segment.done[place.index]) return;
  segment.done[place.index] = true;
  --segment.live;
  mark_changed(place.segment);
}

// ---- records ----

void SegmentStore::put(Bytes key, ByteView value) {
  Bytes sealed = sealer_.seal(key, value, random_);
  ops_.push_back({StoreOp::Kind::kPut, std::move(key), std::move(sealed)});
}

void SegmentStore::erase(Bytes key) {
  ops_.push_back({StoreOp::Kind::kDelete, std::move(key), {}});
}

void SegmentStore::put_mailbox(const MailboxRecord& record) {
  put(mailbox_key(sealer_, record.agent), encode_mailbox(record));
}

void SegmentStore::erase_mailbox(const AgentId& agent) {
  erase(mailbox_key(sealer_, agent));
}

void SegmentStore::put_invite(const InviteRecord& record) {
  put(invite_key(sealer_, record.invite_id), encode_invite(record));
}

void SegmentStore::erase_invite(const InviteId& invite_id) {
  erase(invite_key(sealer_, invite_id));
}

// ---- commits ----

bool SegmentStore::has_changes() const {
  return open_ != kNone || !ops_.empty() || !changed_.empty();
}

void SegmentStore::write_changed(Batch& batch) {
  for (const std::uint32_t slot : changed_) {
    Segment& segment = segments_[slot];
    segment.changed = false;
    if (segment.live > 0) {
      segment.has_receipts = true;
      put(receipts_key(segment.sequence), encode_receipts(segment.done));
      batch.receipted.push_back(slot);
      continue;
    }
    erase(segment_key(segment.sequence));
    if (segment.has_receipts) erase(receipts_key(segment.sequence));
    batch.deleted.push_back(slot);
  }
  changed_.clear();
}

void SegmentStore::commit(bool probe, Done done) {
  close_segment();
  write_changed(batch_);
  if (!format_written_ || probe) {
    batch_.format = true;
    put(format_key(), encode_format());
  }
  outstanding_.push_back(std::exchange(batch_, Batch{}));
  store_.commit(std::exchange(ops_, StoreBatch{}),
                [alive = std::weak_ptr(alive_), done = std::move(done)](Result<void> result) mutable {
                  const auto self = alive.lock();
                  if (!self) return;
                  if (result) {
                    const Batch batch = std::move((*self)->outstanding_.front());
                    (*self)->outstanding_.pop_front();
                    (*self)->on_committed(batch);
                  }
                  done(std::move(result));
                });
}

void SegmentStore::on_committed(const Batch& batch) {
  if (batch.format) format_written_ = true;
  uncommitted_bytes_ -= batch.bytes;
  for (const std::uint32_t slot : batch.deleted) free_segment(slot);
}

void SegmentStore::forget_uncommitted() {
  outstanding_.push_back(std::exchange(batch_, Batch{}));
  ops_.clear();
  open_ = kNone;
  keep_open_ = false;
  column_bytes_ = 0;
  columns_ = SegmentRecord{};
  for (const Batch& batch : outstanding_) {
    uncommitted_bytes_ -= batch.bytes;
    for (const std::uint32_t slot : batch.receipted) mark_changed(slot);
    for (const std::uint32_t slot : batch.deleted) mark_changed(slot);
    for (const std::uint32_t slot : batch.created) free_segment(slot);
  }
  outstanding_.clear();
}

Result<void> SegmentStore::resume() {
  return store_.resume();
}

}  // namespace agentroom::relay
