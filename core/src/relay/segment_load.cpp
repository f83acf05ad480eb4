// Reading the store at start.
#include <boost/unordered/unordered_flat_map.hpp>

#include "relay/record_keys.hpp"
#include "relay/segment_store.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kPage = 256;

std::string described(ByteView key) {
  const std::string_view prefix = as_text(key).substr(0, 2);
  if (prefix == kMailboxPrefix) return "a mailbox record";
  if (prefix == kInvitePrefix) return "an invite";
  const auto sequence = sequence_of(key);
  const std::string number = sequence ? std::to_string(*sequence) : "of unknown number";
  return (prefix == kReceiptsPrefix ? "the receipts of segment " : "segment ") + number;
}

std::unexpected<Error> damaged(ByteView key, const std::string& why) {
  return fail(ErrorCode::kCorrupt, "the relay's store is damaged at " + described(key) + ": " + why,
              "restore the relay's store from a backup");
}

}  // namespace

Result<void> SegmentStore::load(MailboxReader& reader) {
  if (auto format = load_format(); !format) return format;

  auto mailboxes = each_record(kMailboxPrefix, [&](ByteView, Bytes value) -> Result<void> {
    auto record = decode_mailbox(value);
    if (!record) return pass(record);
    reader.on_mailbox(std::move(*record));
    return {};
  });
  if (!mailboxes) return mailboxes;

  auto invites = each_record(kInvitePrefix, [&](ByteView, Bytes value) -> Result<void> {
    auto record = decode_invite(value);
    if (!record) return pass(record);
    reader.on_invite(*record);
    return {};
  });
  if (!invites) return invites;

  return load_segments(reader);
}

Result<void> SegmentStore::load_format() {
  const Bytes key = format_key();
  auto sealed = store_.get(key);
  if (!sealed) return pass(sealed);
  if (*sealed) {
    auto value = sealer_.open(key, **sealed);
    if (!value) {
      return fail(ErrorCode::kCorrupt,
                  "the relay's store was sealed under another relay secret than this one, or is damaged",
                  "start the relay with the secret that the store was made with, or name that one as [relay] "
                  "secret_previous; a store that is moved away is begun anew");
    }
    format_written_ = true;
    return decode_format(*value);
  }
  bool empty = true;
  auto scanned = store_.scan(as_bytes(kRelayPrefix), {}, 1, [&](ByteView, ByteView) { return empty = false; });
  if (!scanned) return scanned;
  if (!empty) {
    return fail(ErrorCode::kCorrupt, "the relay's store has records but no format record: it is damaged",
                "restore the relay's store from a backup, or move it away to begin anew");
  }
  return {};
}

Result<void> SegmentStore::each_record(std::string_view prefix,
                                       const std::function<Result<void>(ByteView key, Bytes value)>& visit) {
  Result<void> outcome;
  Bytes after;
  for (std::size_t seen = kPage; seen == kPage && outcome;) {
    seen = 0;
    const Bytes from = after;  // the store looks at it throughout
    auto scanned = store_.scan(as_bytes(prefix), from, kPage, [&](ByteView key, ByteView sealed) {
      ++seen;
      after = to_bytes(key);
      auto value = sealer_.open(key, sealed);
      if (!value) {
        outcome = damaged(key, value.error().message);
        return false;
      }
      outcome = visit(key, std::move(*value));
      if (!outcome) outcome = damaged(key, outcome.error().message);
      return outcome.has_value();
    });
    if (!scanned) return scanned;
  }
  return outcome;
}

Result<void> SegmentStore::load_segments(MailboxReader& reader) {
  boost::unordered_flat_map<std::uint64_t, std::vector<bool>> receipts;
  auto scanned = each_record(kReceiptsPrefix, [&](ByteView key, Bytes value) -> Result<void> {
    auto done = decode_receipts(value);
    if (!done) return pass(done);
    const auto sequence = sequence_of(key);
    if (!sequence) return fail(ErrorCode::kCorrupt, "its key has no number");
    receipts.emplace(*sequence, std::move(*done));
    return {};
  });
  if (!scanned) return scanned;

  scanned = each_record(kSegmentPrefix, [&](ByteView key, Bytes value) -> Result<void> {
    const auto sequence = sequence_of(key);
    if (!sequence) return fail(ErrorCode::kCorrupt, "its key has no number");
    std::vector<bool> done;
    if (const auto found = receipts.find(*sequence); found != receipts.end()) {
      done = std::move(found->second);
      receipts.erase(found);
    }
    return load_segment(*sequence, value, std::move(done), reader);
  });
  if (!scanned) return scanned;

  for (const auto& orphan : receipts) erase(receipts_key(orphan.first));
  return {};
}

Result<void> SegmentStore::load_segment(std::uint64_t sequence, ByteView value, std::vector<bool> done,
                                        MailboxReader& reader) {
  auto record = decode_segment(value);
  if (!record) return pass(record);
  const std::size_t count = record->size.size();
  const std::uint32_t slot = make_segment(sequence, record->stored_at);
  next_sequence_ = sequence + 1;
  Segment& segment = segments_[slot];
  segment.bytes = static_cast<std::uint32_t>(value.size() + crypto::RecordSealer::kOverhead);
  bytes_ += segment.bytes;
  segment.count = segment.live = static_cast<std::uint16_t>(count);
  if (!done.empty()) {
    done.resize(count);
    segment.has_receipts = true;
    segment.live = static_cast<std::uint16_t>(std::ranges::count(done, false));
    segment.done = std::move(done);
    if (segment.live == 0) mark_changed(slot);
  }

  const auto column = [](const std::string& bytes, std::size_t i, std::size_t size) {
    return as_bytes(std::string_view(bytes).substr(i * size, size));
  };
  std::uint32_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t size = record->size[i];
    if (segment.done.empty() || !segment.done[i]) {
      reader.on_message({.from = *AgentId::from(column(record->from, i, AgentId::kSize)),
                         .to = *AgentId::from(column(record->to, i, AgentId::kSize)),
                         .msg_id = *MsgId::from(column(record->msg_id, i, MsgId::kSize)),
                         .token = *TokenHash::from(column(record->token, i, TokenHash::kSize)),
                         .size = size,
                         .claim = std::ranges::find(record->claims, i) != record->claims.end(),
                         .place = {slot, offset, static_cast<std::uint16_t>(i)}});
    }
    offset += size;
  }
  return {};
}

}  // namespace agentroom::relay
