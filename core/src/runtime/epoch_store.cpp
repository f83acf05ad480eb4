#include "runtime/epoch_store.hpp"

#include <algorithm>
#include <utility>

namespace agentroom::runtime {
namespace {

constexpr std::size_t kEpochBytes = 8;

Bytes encode(std::uint64_t epoch) {
  Bytes value;
  for (unsigned i = 0; i < kEpochBytes; ++i) value.push_back(static_cast<std::byte>(epoch >> (8 * i)));
  return value;
}

std::optional<std::uint64_t> decode(ByteView value) {
  if (value.size() != kEpochBytes) return std::nullopt;
  std::uint64_t epoch = 0;
  for (std::size_t i = kEpochBytes; i-- > 0;) epoch = epoch << 8 | std::to_integer<std::uint64_t>(value[i]);
  return epoch;
}

StoreOp record_of(std::uint64_t epoch, const crypto::RecordSealer& sealer, Random& random) {
  const Bytes key = epoch_key();
  return {StoreOp::Kind::kPut, key, sealer.seal(key, encode(epoch), random)};
}

bool is_empty(Store& store, Result<void>& scanned) {
  bool empty = true;
  scanned = store.scan({}, {}, 1, [&](ByteView, ByteView) { return empty = false; });
  return empty;
}

}  // namespace

Error older_copy(const EpochState& state) {
  return {
      ErrorCode::kCorrupt,
      "the store is an older copy of the one that was used here last: its counter is " + std::to_string(state.store) +
          ", it was " + std::to_string(state.noted.value_or(0)),
      "put the newer one back; or go on with this one, and renew the sessions that are out of step: agentroom store "
      "check --accept-rollback"};
}

Bytes epoch_key() {
  return {std::byte{'e'}};
}

Result<bool> keeps_data(KeptStore& store) {
  auto size = store.size();
  if (size) return true;
  if (size.error().code == ErrorCode::kUsage) return false;
  return pass(size);
}

Result<EpochState> compare_epochs(Store& store, const crypto::RecordSealer& sealer, OutsideEpoch& outside,
                                  EpochOwner owner) {
  using Kind = EpochState::Kind;
  EpochState state;
  const Bytes key = epoch_key();
  auto sealed = store.get(key);
  if (!sealed) return pass(sealed);
  if (*sealed) {
    auto value = sealer.open(key, **sealed);
    const auto epoch = value ? decode(*value) : std::nullopt;
    if (!epoch && owner == EpochOwner::kRelay) {
      return fail(ErrorCode::kCorrupt,
                  "the relay's counter of its starts was sealed under another secret than this one",
                  "start the relay once with the secret that it has now: it then counts on, and loses nothing");
    }
    if (!epoch) {
      return fail(ErrorCode::kCorrupt, "the store does not open with this identity",
                  "put back the identity.json that the store was made with; or start anew, without its sessions: "
                  "`agentroom setup --force`");
    }
    state.store = *epoch;
  }
  auto noted = outside.noted();
  if (!noted) return pass(noted);
  if (*noted > 0U) state.noted = *noted;
  if (!state.noted) {
    // The very first epoch may be durable and not noted: a crash was in between.
    state.kind = state.store > 1 ? Kind::kUnnoted : state.store == 0 ? Kind::kNew : Kind::kCurrent;
    return state;
  }
  state.kind = state.store >= *state.noted ? Kind::kCurrent : Kind::kRolledBack;
  if (state.store == 0) {
    Result<void> scanned;
    const bool empty = is_empty(store, scanned);
    if (!scanned) return pass(scanned);
    if (empty) state.kind = Kind::kEmpty;
  }
  return state;
}

EpochStore::EpochStore(std::unique_ptr<KeptStore> store, crypto::StoreKey key, Random& random, OutsideEpoch& outside,
                       std::function<Duration()> steady, std::function<void(const Error&)> on_unnoted,
                       const EpochState& state)
    : store_(std::move(store)),
      sealer_(std::move(key)),
      random_(random),
      outside_(outside),
      steady_(std::move(steady)),
      on_unnoted_(std::move(on_unnoted)),
      opened_at_(state.store),
      next_(state.next()) {}

// An engine takes a store without the records that it knows for a new one.
Result<void> EpochStore::scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) {
  if (!prefix.empty()) return store_->scan(prefix, after, limit, visit);
  const Bytes own = epoch_key();
  std::size_t visited = 0;
  return store_->scan(prefix, after, limit == 0 ? 0 : limit + 1, [&](ByteView key, ByteView value) {
    if (std::ranges::equal(key, own)) return true;
    return visit(key, value) && ++visited != limit;
  });
}

bool EpochStore::due() const {
  return due_ || commits_ >= kCommitsAnEpoch || steady_() >= began_ + kEpochLife;
}

void EpochStore::commit(StoreBatch batch, Completion done) {
  ++commits_;
  if (!due()) return store_->commit(std::move(batch), std::move(done));
  const std::uint64_t epoch = next_++;
  batch.push_back(record_of(epoch, sealer_, random_));
  due_ = false;
  commits_ = 0;
  began_ = steady_();
  // A store runs no completion once it is gone, and this goes after it.
  store_->commit(std::move(batch), [this, epoch, done = std::move(done)](Result<void> committed) mutable {
    if (committed) {
      note(epoch);
    } else {
      due_ = true;
    }
    done(std::move(committed));
  });
}

void EpochStore::note(std::uint64_t epoch) {
  const auto noted = outside_.note(epoch);
  const bool first = !noted && !unnoted_;
  unnoted_ = !noted;
  if (unnoted_) due_ = true;
  if (first) on_unnoted_(noted.error());
}

void EpochStore::begin_epoch(Completion done) {
  due_ = true;
  // What was committed while the copy was made may be in it or not.
  const bool counts = opened_at_ != 0 || next_ > opened_at_ + 1;
  if (counts) commit({}, std::move(done));
}

void accept_older(Store& store, const crypto::RecordSealer& sealer, Random& random, OutsideEpoch& outside,
                  const EpochState& state, Store::Completion done) {
  const std::uint64_t epoch = state.next();
  StoreBatch batch;
  batch.push_back(record_of(epoch, sealer, random));
  store.commit(std::move(batch), [epoch, &outside, done = std::move(done)](Result<void> committed) mutable {
    if (committed) committed = outside.note(epoch);
    done(std::move(committed));
  });
}

}  // namespace agentroom::runtime
