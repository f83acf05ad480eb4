#include "agentroom/relay_reseal.hpp"

#include "crypto/relay_identity.hpp"
#include "crypto/sealed_record.hpp"
#include "relay/record_keys.hpp"
#include "relay/records.hpp"

namespace agentroom {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::size_t kBatchRecords = 512;

StoreOp put(Bytes key, Bytes value) {
  return {StoreOp::Kind::kPut, std::move(key), std::move(value)};
}

StoreOp erase(Bytes key) {
  return {StoreOp::Kind::kDelete, std::move(key), {}};
}

}  // namespace

struct RelayReseal::State {
  State(const crypto::RelayIdentity& identity, Store& relay_store, Random& source)
      : store(relay_store), random(source), now(identity.store_key()) {
    if (identity.succession) before.emplace(identity.succession->store_key.clone());
  }

  Result<StoreBatch> begin();
  Result<StoreBatch> records();
  Result<void> reseal(ByteView key, ByteView sealed, StoreBatch& batch, std::size_t& bytes);
  Result<Bytes> key_now(ByteView key, ByteView value) const;
  StoreBatch end();
  Bytes format() { return now.seal(relay::format_key(), relay::encode_format(), random); }

  enum class Phase : std::uint8_t { kUntouched, kBegun, kDone };

  Store& store;
  Random& random;
  crypto::RecordSealer now;
  std::optional<crypto::RecordSealer> before;
  Phase phase = Phase::kUntouched;
  Bytes after;  ///< the last key that was looked at
  std::uint64_t resealed = 0;
};

Result<StoreBatch> RelayReseal::State::begin() {
  const Bytes format_key = relay::format_key();
  const Bytes mark_key = relay::reseal_key();
  auto format = store.get(format_key);
  if (!format) return pass(format);
  auto mark = store.get(mark_key);
  if (!mark) return pass(mark);

  phase = Phase::kDone;
  if (!*format) return StoreBatch{};
  const auto opens = [](const std::optional<crypto::RecordSealer>& sealer, ByteView key, ByteView sealed) {
    return sealer && sealer->open(key, sealed).has_value();
  };
  const bool is_new = now.open(format_key, **format).has_value();
  const bool is_old = !is_new && opens(before, format_key, **format);
  if (!*mark) {
    if (!is_old) return StoreBatch{};
    phase = Phase::kBegun;
    StoreBatch batch;
    batch.push_back(put(mark_key, now.seal(mark_key, relay::encode_format(), random)));
    return batch;
  }
  // The mark names the secret that a change was begun to, the format record the one that it was begun from.
  const bool mark_is_new = now.open(mark_key, **mark).has_value();
  const bool mark_is_old = !mark_is_new && opens(before, mark_key, **mark);
  if ((is_new && mark_is_old) || (is_old && mark_is_new)) {
    phase = Phase::kBegun;
    return records();
  }
  return std::unexpected(relay::reseal_under_way());
}

/// Where a record lies under the new secret: some keys hide an id, which its value has in clear.
Result<Bytes> RelayReseal::State::key_now(ByteView key, ByteView value) const {
  const std::string_view prefix = as_text(key).substr(0, 2);
  if (prefix == relay::kInvitePrefix) {
    auto invite = relay::decode_invite(value);
    if (!invite) return pass(invite);
    return relay::invite_key(now, invite->invite_id);
  }
  if (prefix == relay::kMailboxPrefix) {
    auto mailbox = relay::decode_mailbox(value);
    if (!mailbox) return pass(mailbox);
    return relay::mailbox_key(now, mailbox->agent);
  }
  return to_bytes(key);
}

Result<void> RelayReseal::State::reseal(ByteView key, ByteView sealed, StoreBatch& batch, std::size_t& bytes) {
  if (std::ranges::equal(key, relay::format_key()) || std::ranges::equal(key, relay::reseal_key())) return {};
  if (now.open(key, sealed)) return {};  // done before a crash, or just now under a key that comes later
  auto value = before->open(key, sealed);
  if (!value) {
    return fail(ErrorCode::kCorrupt, "the relay's store has a record that opens under neither secret: it is damaged",
                "restore the relay's store from a backup");
  }
  auto place = key_now(key, *value);
  if (!place) return pass(place);
  bytes += sealed.size();
  Bytes anew = now.seal(*place, *value, random);
  if (!std::ranges::equal(*place, key)) batch.push_back(erase(to_bytes(key)));
  batch.push_back(put(std::move(*place), std::move(anew)));
  ++resealed;
  return {};
}

Result<StoreBatch> RelayReseal::State::records() {
  StoreBatch batch;
  std::size_t bytes = 0;
  Result<void> outcome;
  const Bytes from = after;  // the store looks at it throughout
  auto scanned = store.scan(as_bytes(relay::kRelayPrefix), from, 0, [&](ByteView key, ByteView sealed) {
    after = to_bytes(key);
    outcome = reseal(key, sealed, batch, bytes);
    return outcome.has_value() && bytes < kBatchBytes && batch.size() < kBatchRecords;
  });
  if (!scanned) return pass(scanned);
  if (!outcome) return pass(outcome);
  if (!batch.empty()) return batch;
  return end();
}

StoreBatch RelayReseal::State::end() {
  phase = Phase::kDone;
  StoreBatch batch;
  batch.push_back(put(relay::format_key(), format()));
  batch.push_back(erase(relay::reseal_key()));
  return batch;
}

RelayReseal::RelayReseal(const crypto::RelayIdentity& identity, Store& store, Random& random)
    : state_(std::make_unique<State>(identity, store, random)) {}

RelayReseal::~RelayReseal() = default;

Result<StoreBatch> RelayReseal::next() {
  switch (state_->phase) {
    case State::Phase::kUntouched:
      return state_->begin();
    case State::Phase::kBegun:
      return state_->records();
    case State::Phase::kDone:
      break;
  }
  return StoreBatch{};
}

std::uint64_t RelayReseal::resealed() const {
  return state_->resealed;
}

}  // namespace agentroom
