// Older copies of a store are recognised, and a crash is never taken for one.
#include "runtime/epoch_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "base/random.hpp"
#include "crypto/primitives.hpp"
#include "runtime/relay_starts.hpp"

namespace agentroom::runtime {
namespace {

using Kind = EpochState::Kind;
using testing::AnyOf;
using testing::ElementsAre;

const Error kDiskFull{ErrorCode::kIo, "the disk is full", {}};

using Records = std::map<Bytes, Bytes>;

/// Commits wait until `complete_one`.
class HeldStore final : public KeptStore {
 public:
  explicit HeldStore(Records& disk) : disk_(disk) {}

  Result<std::optional<Bytes>> get(ByteView key) override {
    const auto found = disk_.find(to_bytes(key));
    return found == disk_.end() ? std::optional<Bytes>() : std::optional<Bytes>(found->second);
  }
  Result<void> scan(ByteView prefix, ByteView /*after*/, std::size_t limit, const Visitor& visit) override {
    std::size_t visited = 0;
    for (const auto& [key, value] : disk_) {
      if (!as_text(key).starts_with(as_text(prefix))) continue;
      if (!visit(key, value) || ++visited == limit) break;
    }
    return {};
  }
  void commit(StoreBatch batch, Completion done) override { waiting.emplace_back(std::move(batch), std::move(done)); }
  Result<void> resume() override { return {}; }
  Result<void> check() override { return {}; }
  Result<StoreSize> size() override { return sized; }
  Result<void> compact() override { return {}; }
  Result<void> back_up(const std::string& /*path*/, const std::function<bool()>& /*cancelled*/) override { return {}; }

  void make_durable() {
    for (const StoreOp& op : waiting.front().first) disk_[op.key] = op.value;
  }
  void complete_one(Result<void> result = {}) {
    auto [batch, done] = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(result));
  }

  std::deque<std::pair<StoreBatch, Completion>> waiting;
  Result<StoreSize> sized = StoreSize{};

 private:
  Records& disk_;
};

class Note final : public OutsideEpoch {
 public:
  Result<std::optional<std::uint64_t>> noted() override {
    if (unreadable) return std::unexpected(*unreadable);
    return value;
  }
  Result<void> prove() override { return failure ? Result<void>(std::unexpected(*failure)) : Result<void>(); }
  Result<void> note(std::uint64_t epoch) override {
    if (failure) return std::unexpected(*failure);
    value = epoch;
    ++notes;
    return {};
  }
  std::optional<std::uint64_t> value;
  std::optional<Error> failure;
  std::optional<Error> unreadable;
  int notes = 0;
};

class EpochStoreTest : public testing::Test {
 protected:
  EpochStoreTest() {
    crypto::init();
    key_.data()[0] = 7;
  }

  EpochState compare() {
    HeldStore store(disk_);
    auto state = compare_epochs(store, crypto::RecordSealer(key_.clone()), note_);
    EXPECT_TRUE(state) << state.error().message;
    return *state;
  }
  Kind kind() { return compare().kind; }

  /// An owner begins.
  EpochStore& open() {
    const EpochState state = compare();
    auto held = std::make_unique<HeldStore>(disk_);
    held_ = held.get();
    store_ = std::make_unique<EpochStore>(
        std::move(held), key_.clone(), random_, note_, [this] { return now_; },
        [this](const Error& why) { unnoted_.push_back(why.message); }, state);
    return *store_;
  }

  void hand_over(const std::string& value) {
    store_->commit({{StoreOp::Kind::kPut, to_bytes(as_bytes("x")), to_bytes(as_bytes(value))}},
                   [this, value](const Result<void>& done) { told_.push_back(value + (done ? "" : " failed")); });
  }
  void commit(const std::string& value) {
    hand_over(value);
    held_->make_durable();
    held_->complete_one();
  }

  crypto::StoreKey key_;
  SystemRandom random_;
  Records disk_;
  Note note_;
  Duration now_{};
  HeldStore* held_ = nullptr;
  std::unique_ptr<EpochStore> store_;
  std::vector<std::string> told_;
  std::vector<std::string> unnoted_;
};

TEST_F(EpochStoreTest, BeginsAnEpochWithTheFirstCommitOfAnOwnerAlone) {
  EXPECT_EQ(kind(), Kind::kNew);
  open();
  EXPECT_EQ(note_.notes, 0) << "who only reads counts nothing";
  commit("a");
  commit("b");
  commit("c");
  EXPECT_EQ(note_.notes, 1);
  EXPECT_EQ(kind(), Kind::kCurrent);
  open();
  commit("d");
  EXPECT_EQ(note_.value, 2U);
}

TEST_F(EpochStoreTest, TellsACommitOnlyOnceItsEpochIsNoted) {
  open();
  hand_over("a");
  held_->make_durable();
  EXPECT_EQ(note_.value, std::nullopt);
  held_->complete_one();
  EXPECT_EQ(note_.value, 1U);
  EXPECT_THAT(told_, ElementsAre("a"));
}

TEST_F(EpochStoreTest, TellsACommitByItsOwnOutcomeAndTriesANoteThatFailedWithEachCommit) {
  open();
  commit("a");
  const Records before = disk_;
  open();
  note_.failure = kDiskFull;
  commit("b");
  commit("c");
  EXPECT_THAT(told_, ElementsAre("a", "b", "c")) << "they are durable";
  EXPECT_THAT(unnoted_, ElementsAre(kDiskFull.message)) << "once, not with each commit";
  EXPECT_EQ(note_.value, 1U);
  EXPECT_EQ(kind(), Kind::kCurrent) << "a store ahead of its note is no older copy";
  const Records current = std::exchange(disk_, before);
  EXPECT_EQ(kind(), Kind::kCurrent) << "what a note that fails costs";
  disk_ = current;
  note_.failure.reset();
  commit("d");
  EXPECT_EQ(note_.value, 4U);
  commit("e");
  EXPECT_EQ(note_.value, 4U) << "the epoch has begun";
  disk_ = before;
  EXPECT_EQ(kind(), Kind::kRolledBack);
}

TEST_F(EpochStoreTest, TellsAgainOfANoteThatFailsAfterOneThatWorked) {
  open();
  for (int round = 0; round < 2; ++round) {
    now_ += EpochStore::kEpochLife;
    note_.failure = kDiskFull;
    commit("a");
    note_.failure.reset();
    commit("b");
  }
  EXPECT_EQ(unnoted_.size(), 2U);
}

TEST_F(EpochStoreTest, AnEpochThatABackupCouldNotBeginIsToldOfAndBeginsWithTheNextCommit) {
  open();
  commit("a");
  const Records copy = disk_;
  std::optional<Result<void>> begun;
  store_->begin_epoch([&](Result<void> done) { begun = std::move(done); });
  held_->complete_one(std::unexpected(kDiskFull));
  ASSERT_TRUE(begun);
  EXPECT_FALSE(*begun);
  store_->begin_epoch([&](Result<void> done) { begun = std::move(done); });
  note_.failure = kDiskFull;
  held_->make_durable();
  held_->complete_one();
  EXPECT_TRUE(*begun);
  EXPECT_THAT(unnoted_, ElementsAre(kDiskFull.message));
  note_.failure.reset();
  commit("b");
  disk_ = copy;
  EXPECT_EQ(kind(), Kind::kRolledBack);
}

TEST_F(EpochStoreTest, AStoreKeepsDataUnlessItSaysThatItDoesNot) {
  HeldStore store(disk_);
  EXPECT_EQ(keeps_data(store), true);
  store.sized = fail(ErrorCode::kUsage, "does not support telling its size");
  EXPECT_EQ(keeps_data(store), false);
  store.sized = std::unexpected(kDiskFull);
  const auto unknown = keeps_data(store);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, kDiskFull.message);
}

TEST_F(EpochStoreTest, ACopyFromBeforeTheLastOwnerIsRecognised) {
  open();
  commit("a");
  const Records copy = disk_;
  open();
  EXPECT_EQ(kind(), Kind::kCurrent) << "an owner that wrote nothing makes no copy old";
  commit("b");
  disk_ = copy;
  const EpochState state = compare();
  EXPECT_EQ(state.kind, Kind::kRolledBack);
  EXPECT_EQ(state.store, 1U);
  EXPECT_EQ(state.noted, 2U);
}

TEST_F(EpochStoreTest, ACopyOfARunningOwnerIsRecognisedOnceItsEpochEnded) {
  open();
  commit("a");
  const Records by_count = disk_;
  for (std::uint32_t i = 0; i < EpochStore::kCommitsAnEpoch; ++i) commit("b");
  EXPECT_EQ(note_.notes, 2);
  const Records by_time = disk_;
  now_ += EpochStore::kEpochLife;
  commit("c");
  EXPECT_EQ(note_.notes, 3);
  for (const Records& copy : {by_count, by_time}) {
    disk_ = copy;
    EXPECT_EQ(kind(), Kind::kRolledBack);
  }
}

TEST_F(EpochStoreTest, ACopyThatItWasToldOfIsOldAtOnce) {
  open();
  store_->begin_epoch([](const Result<void>&) {});
  EXPECT_TRUE(held_->waiting.empty()) << "nothing was ever committed";
  commit("a");
  const Records copy = disk_;
  commit("b");
  store_->begin_epoch([](const Result<void>&) {});
  held_->make_durable();
  held_->complete_one();
  const Records current = disk_;
  disk_ = copy;
  EXPECT_EQ(kind(), Kind::kRolledBack);
  disk_ = current;
  EXPECT_EQ(kind(), Kind::kCurrent);
}

TEST_F(EpochStoreTest, ACrashAtAnyPointIsNeverTakenForAnOlderCopyAndHidesNone) {
  std::vector<Records> copies;
  std::vector<Records> old;  // those from before the last commit whose epoch was noted
  for (int round = 0; round < 24; ++round) {
    SCOPED_TRACE(round);
    copies.push_back(disk_);
    open();
    hand_over("a");
    const int crash = round * 7 % 4;  // after this step
    if (crash >= 1) held_->make_durable();
    if (crash == 2) {
      note_.failure = kDiskFull;
      held_->complete_one();
      note_.failure.reset();
    }
    if (crash == 3) {
      held_->complete_one();
      old = copies;
    }
    store_.reset();
    EXPECT_THAT(kind(), AnyOf(Kind::kCurrent, Kind::kNew));
    const Records left = disk_;
    for (const Records& copy : old) {
      disk_ = copy;
      EXPECT_THAT(kind(), AnyOf(Kind::kRolledBack, Kind::kEmpty));
    }
    disk_ = left;
  }
  EXPECT_GT(old.size(), 20U);
}

TEST_F(EpochStoreTest, AcceptedAnOlderCopyGoesOnAndTheNewerOneIsTheOldThen) {
  open();
  commit("a");
  const Records old = disk_;
  open();
  commit("b");
  const Records newer = disk_;
  disk_ = old;
  HeldStore store(disk_);
  bool accepted = false;
  accept_older(store, crypto::RecordSealer(key_.clone()), random_, note_, compare(),
               [&](const Result<void>& done) { accepted = done.has_value(); });
  store.make_durable();
  EXPECT_EQ(kind(), Kind::kCurrent) << "a crash before the note";
  store.complete_one();
  EXPECT_TRUE(accepted);
  EXPECT_EQ(kind(), Kind::kCurrent);
  disk_ = newer;
  EXPECT_EQ(kind(), Kind::kRolledBack);
}

TEST_F(EpochStoreTest, AnEmptyStoreIsNoOlderCopyAndGoesOnCounting) {
  open();
  commit("a");
  open();
  commit("b");
  disk_.clear();
  EXPECT_EQ(kind(), Kind::kEmpty);
  open();
  commit("c");
  EXPECT_EQ(note_.value, 3U);
}

TEST_F(EpochStoreTest, AStoreThatCameWithoutItsCounterIsToldFromOneWhoseFirstNoteACrashPrevented) {
  open();
  commit("a");
  note_.value.reset();
  EXPECT_EQ(kind(), Kind::kCurrent);
  open();
  commit("b");
  note_.value.reset();
  EXPECT_EQ(kind(), Kind::kUnnoted);
}

TEST_F(EpochStoreTest, ARecordThatDoesNotOpenIsCorrupt) {
  open();
  commit("a");
  disk_[epoch_key()].back() ^= std::byte{1};
  HeldStore store(disk_);
  const auto state = compare_epochs(store, crypto::RecordSealer(key_.clone()), note_);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kCorrupt);
}

TEST_F(EpochStoreTest, AnEngineSeesNothingOfIt) {
  open();
  store_->begin_epoch([](const Result<void>&) {});
  commit("a");
  std::vector<std::string> keys;
  const auto see = [&](ByteView key, ByteView) {
    keys.emplace_back(as_text(key));
    return true;
  };
  ASSERT_TRUE(store_->scan({}, {}, 0, see));
  EXPECT_THAT(keys, ElementsAre("x"));
  keys.clear();
  ASSERT_TRUE(store_->scan({}, {}, 1, see));
  EXPECT_THAT(keys, ElementsAre("x"));
  keys.clear();
  ASSERT_TRUE(store_->scan(as_bytes("x"), {}, 0, see));
  EXPECT_THAT(keys, ElementsAre("x"));
}

TEST_F(EpochStoreTest, AFailedCommitLetsTheNextBeginTheEpoch) {
  open();
  hand_over("a");
  held_->complete_one(std::unexpected(kDiskFull));
  EXPECT_THAT(told_, ElementsAre("a failed"));
  EXPECT_EQ(note_.value, std::nullopt);
  commit("b");
  EXPECT_EQ(note_.value, 2U);
  EXPECT_EQ(kind(), Kind::kCurrent);
}

// ---- the starts of a relay ----

class RelayStarts : public testing::Test {
 protected:
  static constexpr std::string_view kSecrets[] = {
      "the first secret, of 32 characters", "the second secret, as long as it", "the third secret, as long as those"};

  /// Under the secret of that number, which names the one before it.
  static crypto::RelayIdentity identity(std::size_t number, bool names_previous = true) {
    crypto::init();
    if (number == 0 || !names_previous) return crypto::RelayIdentity::from_secret(kSecrets[number]);
    return crypto::RelayIdentity::from_secret(kSecrets[number], kSecrets[number - 1]);
  }

  Kind start(const crypto::RelayIdentity& identity) {
    HeldStore store(disk_);
    std::optional<Result<void>> counted;
    const auto state = count_relay_start(store, identity, random_, note_, [&](Result<void> done) { counted = done; });
    EXPECT_TRUE(state) << state.error().message;
    store.make_durable();
    store.complete_one();
    EXPECT_TRUE(counted && *counted);
    return state->kind;
  }

  /// What `agentroom store check --relay` finds.
  Result<EpochState> check(const crypto::RelayIdentity& identity) {
    HeldStore store(disk_);
    return compare_epochs(store, crypto::RecordSealer(identity.store_key()), note_, EpochOwner::kRelay);
  }

  SystemRandom random_;
  Records disk_;
  Note note_;
};

TEST_F(RelayStarts, AreCountedOnWhenTheSecretChanges) {
  EXPECT_EQ(start(identity(0)), Kind::kNew);
  EXPECT_EQ(start(identity(0)), Kind::kCurrent);
  for (const std::size_t number : {1U, 2U}) {
    EXPECT_EQ(start(identity(number)), Kind::kCurrent) << "sealed under the secret before";
    EXPECT_EQ(start(identity(number)), Kind::kCurrent);
    ASSERT_TRUE(check(identity(number))) << "it is sealed anew";
    EXPECT_EQ(check(identity(number))->kind, Kind::kCurrent);
    EXPECT_FALSE(check(identity(number - 1)));
  }
  EXPECT_EQ(note_.value, 6U);
}

TEST_F(RelayStarts, TellAnOlderCopyAcrossAChangeOfTheSecretToo) {
  start(identity(0));
  start(identity(1));
  const Records copy = disk_;  // under the second secret
  start(identity(1));
  start(identity(2));
  disk_ = copy;
  EXPECT_EQ(start(identity(2)), Kind::kRolledBack);
  EXPECT_EQ(start(identity(2)), Kind::kCurrent);
}

TEST_F(RelayStarts, AreCountedAnewWhenTheCounterOpensUnderNoSecretThatIsKnown) {
  start(identity(0));
  start(identity(0));
  EXPECT_EQ(start(identity(1, false)), Kind::kUnnoted);
  EXPECT_EQ(note_.value, 3U);
  EXPECT_EQ(start(identity(1, false)), Kind::kCurrent);
}

TEST_F(RelayStarts, AreNotCountedWhileTheNoteIsDamaged) {
  start(identity(0));
  note_.unreadable = Error{ErrorCode::kCorrupt, "mailbox.epoch is damaged", {}};
  HeldStore store(disk_);
  const auto state = count_relay_start(store, identity(0), random_, note_, [](const Result<void>&) {});
  EXPECT_FALSE(state);
  EXPECT_TRUE(store.waiting.empty());
}

TEST_F(RelayStarts, CounterUnderAnotherSecretIsToldWithAWayOnThatLosesNothing) {
  start(identity(0));
  const auto state = check(identity(1));
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().hint.find("setup --force"), std::string::npos);
  EXPECT_NE(state.error().hint.find("start the relay once"), std::string::npos);
}

}  // namespace
}  // namespace agentroom::runtime
