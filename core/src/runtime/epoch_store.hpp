// A store whose older copies are recognised.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "agentroom/kept_store.hpp"
#include "agentroom/outside_epoch.hpp"
#include "agentroom/random.hpp"
#include "agentroom/time.hpp"
#include "crypto/sealed_record.hpp"

namespace agentroom::runtime {

/// What a comparison with the counter outside says of a store.
struct EpochState {
  enum class Kind : std::uint8_t {
    kNew,         ///< neither has counted yet
    kCurrent,     ///< the store is not older than what was noted
    kRolledBack,  ///< the store is older: a copy was put in its place
    kEmpty,       ///< the store holds nothing, though a store was in use here
    kUnnoted,     ///< the store has counted, and nothing is noted: it came here without its counter
  };
  Kind kind = Kind::kNew;
  std::uint64_t store = 0;             ///< 0: none
  std::optional<std::uint64_t> noted;  ///< outside; never 0

  /// The least that a new epoch has to be.
  std::uint64_t next() const { return std::max(store, noted.value_or(0)) + 1; }
};

/// Why nobody goes on with a store that is `kRolledBack`, and the two ways on.
Error older_copy(const EpochState& state);

/// The record of the epoch: a kind of its own, which no engine has.
Bytes epoch_key();

/// Whether a store keeps anything beyond the process. Errors: of `KeptStore::size`, but that it is not supported.
Result<bool> keeps_data(KeptStore& store);

/// Whose store it is, for the words of an error.
enum class EpochOwner : std::uint8_t { kAgent, kRelay };

/// Errors: kCorrupt (the record does not open; the note is damaged), kPermission, kIo.
Result<EpochState> compare_epochs(Store& store, const crypto::RecordSealer& sealer, OutsideEpoch& outside,
                                  EpochOwner owner = EpochOwner::kAgent);

/// Counts epochs in a sealed record of the store, and notes each outside once it is durable there:
///
///   commit n: [records, epoch e+1] --durable--> e+1 noted outside --> completion of n
///
/// A new epoch begins with the first commit after the opening, after a backup, and with the first one when
/// `kCommitsAnEpoch` commits or `kEpochLife` have passed since the last: a message costs nothing, an epoch one small
/// file. Since nothing that waits for commit n happens before the note, a copy from before n is recognised by whoever
/// saw an effect of n.
///
/// A crash between the two steps leaves the store ahead of the note, and so does a note that fails: never behind it, so
/// the store is never taken for an older copy. A commit is told by its own outcome all the same: it is durable, and who
/// heard that it failed would do again what it recorded. What a failed note costs is that copies from before it pass
/// for current until one works; each commit tries, and the owner is told.
///
/// A copy that was taken past this class (from the file of a running owner) is recognised once the epoch in which it
/// was taken has ended.
///
/// Thread: the engine's. What is asked of it besides goes to the store below.
class EpochStore final : public Store {
 public:
  static constexpr std::uint32_t kCommitsAnEpoch = 256;
  static constexpr Duration kEpochLife = std::chrono::minutes(10);

  /// All but `store` outlive it. `steady` tells the time. `on_unnoted` is told of the first note that fails, and of the
  /// first one after each that did not. `state`: of `compare_epochs`.
  EpochStore(std::unique_ptr<KeptStore> store, crypto::StoreKey key, Random& random, OutsideEpoch& outside,
             std::function<Duration()> steady, std::function<void(const Error&)> on_unnoted, const EpochState& state);

  Result<std::optional<Bytes>> get(ByteView key) override { return store_->get(key); }
  Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) override;
  void commit(StoreBatch batch, Completion done) override;
  Result<void> resume() override { return store_->resume(); }

  /// A copy was taken: what is committed from now on is not in it. `done` as of a commit.
  void begin_epoch(Completion done);
  KeptStore& kept() { return *store_; }

 private:
  bool due() const;
  void note(std::uint64_t epoch);

  std::unique_ptr<KeptStore> store_;
  const crypto::RecordSealer sealer_;
  Random& random_;
  OutsideEpoch& outside_;
  const std::function<Duration()> steady_;
  const std::function<void(const Error&)> on_unnoted_;
  const std::uint64_t opened_at_;  ///< the epoch of the store when it was opened
  std::uint64_t next_;
  bool due_ = true;
  bool unnoted_ = false;       ///< the last note failed
  std::uint32_t commits_ = 0;  ///< since the epoch began
  Duration began_{};
};

/// Makes an older copy the store to go on with: it gets an epoch beyond all that was noted. `done` is told once that is
/// durable and noted.
void accept_older(Store& store, const crypto::RecordSealer& sealer, Random& random, OutsideEpoch& outside,
                  const EpochState& state, Store::Completion done);

}  // namespace agentroom::runtime
