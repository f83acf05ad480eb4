#include "agentroom/store_inspection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/relay_identity.hpp"
#include "relay/record_keys.hpp"
#include "relay/records.hpp"

namespace agentroom {
namespace {

using namespace relay;

/// The counter of `runtime::EpochStore`.
constexpr std::string_view kEpoch = "e";

enum Place : std::size_t { kMailboxes, kInvites, kSegments, kMessages, kReceipts };

class Inspector {
 public:
  explicit Inspector(const crypto::RelayIdentity& identity) : sealer_(identity.store_key()) {
    for (const char* name : {"mailboxes", "invites", "segments", "messages", "receipts"}) {
      found_.kinds.push_back({.name = name});
    }
  }

  void see(ByteView key, ByteView sealed) {
    if (as_text(key) == kEpoch) return;
    if (std::ranges::equal(key, reseal_key())) under_way_ = true;
    ++records_;
    if (key.empty()) return found_.problem("a record lies under no key: this version does not write such records");
    auto value = sealer_.open(key, sealed);
    if (!value) {
      unopened_ += 1;
      return found_.problem(value.error().message);
    }
    const std::string_view prefix = as_text(key).substr(0, 2);
    Result<void> good = judge(prefix, key, *value, sealed.size());
    if (!good) found_.problem(good.error().message);
  }

  Result<StoreInspection> end() {
    // Some of it is under the one secret and some under the other, and all of it is well.
    if (under_way_) return std::unexpected(reseal_under_way());
    if (records_ > 0 && !format_) {
      return unopened_ == records_
                 ? fail(ErrorCode::kCorrupt,
                        "the relay's store was sealed under another relay secret than this one, or is damaged",
                        "check it with the secret that it was made with")
                 : fail(ErrorCode::kCorrupt, "the relay's store has records but no format record: it is damaged",
                        "restore the relay's store from a backup, or move it away to begin anew");
    }
    return std::move(found_);
  }

 private:
  void count(Place place, std::size_t bytes, std::uint64_t records = 1) {
    found_.kinds[place].records += records;
    found_.kinds[place].bytes += bytes;
  }

  static Result<void> under(const char* what, bool right) {
    return right ? Result<void>() : fail(ErrorCode::kCorrupt, std::string(what) + ": one lies under a wrong key");
  }

  Result<void> judge(std::string_view prefix, ByteView key, ByteView value, std::size_t bytes) {
    if (prefix == as_text(format_key())) {
      auto format = decode_format(value);
      format_ = format.has_value();
      return format;
    }
    if (prefix == kMailboxPrefix) {
      count(kMailboxes, bytes);
      auto record = decode_mailbox(value);
      if (!record) return pass(record);
      return under("mailboxes", std::ranges::equal(key, mailbox_key(sealer_, record->agent)));
    }
    if (prefix == kInvitePrefix) {
      count(kInvites, bytes);
      auto record = decode_invite(value);
      if (!record) return pass(record);
      return under("invites", std::ranges::equal(key, invite_key(sealer_, record->invite_id)));
    }
    if (prefix == kSegmentPrefix) {
      count(kSegments, bytes);
      auto record = decode_segment(value);
      if (!record) return pass(record);
      count(kMessages, record->envelopes.size(), record->size.size());
      return under("segments", sequence_of(key).has_value());
    }
    if (prefix == kReceiptsPrefix) {
      count(kReceipts, bytes);
      auto done = decode_receipts(value);
      if (!done) return pass(done);
      return under("receipts", sequence_of(key).has_value());
    }
    return fail(ErrorCode::kCorrupt, "a record of unknown kind: this version does not write such records");
  }

  const crypto::RecordSealer sealer_;
  StoreInspection found_;
  std::uint64_t records_ = 0;
  std::uint64_t unopened_ = 0;
  bool format_ = false;
  bool under_way_ = false;  ///< a change of the relay's secret
};

}  // namespace

Result<StoreInspection> inspect_relay_store(Store& store, const crypto::RelayIdentity& identity) {
  Inspector inspector(identity);
  auto scanned = store.scan({}, {}, 0, [&](ByteView key, ByteView value) {
    inspector.see(key, value);
    return true;
  });
  if (!scanned) return pass(scanned);
  return inspector.end();
}

}  // namespace agentroom
