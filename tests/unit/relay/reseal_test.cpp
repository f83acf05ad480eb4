// The relay's secret changes, and what waits under the old one stays (docs/operations.md).
#include "agentroom/relay_reseal.hpp"
#include "agentroom/store_inspection.hpp"

#include "crypto/sealed_record.hpp"
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

const std::string kOld(32, 's');
const std::string kNew(32, 'n');
const std::string kOther(32, 'o');

/// A relay under the old secret: messages of many sizes, receipts, mailboxes, an open and a claimed invite.
struct Kept {
  Kept() {
    world.connect(world.cleo);
    open = make_invite(world);
    used = make_invite(world);
    world.tell(world.ada, open.publish(world), used.publish(world));
    world.settle();
    world.bob_leaves();
    for (int i = 0; i < 40; ++i) {
      texts.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) * 1'500, 'x'));
      world.send(world.ada, world.bob, texts.back());
      if (i % 5 == 0) world.settle();
    }
    world.settle();
    // A receipt for some of a segment.
    world.connect(world.bob);
    world.settle();
    const Delivered first = world.bob.deliveries.front();
    world.receipt(world.bob, first);
    texts.erase(texts.begin());
    world.disconnect(world.ada);
    world.settle();
    world.tell(world.cleo, used.claim(world.cleo, world.new_msg_id(), init));
    world.settle();
    world.disconnect(world.bob);
    world.settle();
    world.crash();
  }

  void use(const std::string& secret, std::optional<std::string> previous = {}) {
    world.identity =
        previous ? crypto::RelayIdentity::from_secret(secret, *previous) : crypto::RelayIdentity::from_secret(secret);
  }

  /// Seals anew, and is killed once `batches` are durable.
  Result<void> reseal(std::size_t batches = SIZE_MAX) {
    FakeStore store(world.records);
    RelayReseal reseal(world.identity, store, world.relay_random);
    for (written = 0; written < batches; ++written) {
      auto batch = reseal.next();
      if (!batch) return pass(batch);
      if (batch->empty()) return {};
      std::size_t bytes = 0;
      for (const StoreOp& op : *batch) bytes += op.value.size();
      largest = std::max(largest, bytes);
      store.commit(std::move(*batch), [](const Result<void>&) {});
      store.complete();
    }
    return {};
  }

  /// Everything that was there is there.
  void check() {
    auto started = world.try_start();
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(world.engine->status().invites, 1U);
    world.bob.clear();
    world.connect(world.bob);
    EXPECT_TRUE(world.drain(world.bob) == texts);
    world.ada.clear();
    world.connect(world.ada);
    EXPECT_EQ(world.drain(world.ada), std::vector{init});
    world.connect(world.cleo);
    const MsgId msg_id = world.new_msg_id();
    world.tell(world.cleo, open.claim(world.cleo, msg_id, init));
    world.settle();
    EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
    const MsgId sent = world.send(world.ada, world.bob, "by a token that was listed before");
    world.settle();
    EXPECT_THAT(world.bob.texts(), ElementsAre("by a token that was listed before"));
    EXPECT_EQ(world.ada.answer(sent), nullptr);
  }

  Pair world;
  TestInvite open;
  TestInvite used;
  std::string init = "session init";
  std::vector<std::string> texts;
  std::size_t written = 0;
  std::size_t largest = 0;
};

TEST(Reseal, KeepsAllThatWaitsUnderTheNewSecretAlone) {
  Kept kept;
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal());
  EXPECT_GT(kept.written, 3U);
  kept.use(kNew);
  EXPECT_TRUE(kept.reseal());
  EXPECT_EQ(kept.written, 0U) << "nothing is left to do";
  kept.check();
}

TEST(Reseal, LeavesNothingThatTheOldSecretOpens) {
  Kept kept;
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal());
  const crypto::RecordSealer old(crypto::RelayIdentity::from_secret(kOld).store_key());
  const crypto::RecordSealer now(crypto::RelayIdentity::from_secret(kNew).store_key());
  for (const auto& [key, value] : kept.world.records) {
    EXPECT_FALSE(old.open(key, value));
    EXPECT_TRUE(now.open(key, value));
  }
}

TEST(Reseal, ThatWasKilledIsToldByACheckOfTheStoreAsWhatItIs) {
  Kept kept;
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal(2));
  for (const std::string& secret : {kOld, kNew}) {
    kept.use(secret);
    FakeStore store(kept.world.records);
    const auto checked = inspect_relay_store(store, kept.world.identity);
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().message, testing::HasSubstr("in the middle of a change"));
    EXPECT_THAT(checked.error().hint, testing::HasSubstr("with both secrets"));
  }
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal());
  FakeStore store(kept.world.records);
  EXPECT_TRUE(inspect_relay_store(store, kept.world.identity));
}

TEST(Reseal, IsFinishedByTheNextStartWhereverItWasKilled) {
  std::size_t batches = 1;
  for (std::size_t kill = 0; kill < batches; ++kill) {
    Kept kept;
    kept.use(kNew, kOld);
    ASSERT_TRUE(kept.reseal(kill));
    ASSERT_TRUE(kept.reseal());
    batches = kill + kept.written + 1;
    SCOPED_TRACE(kill);
    kept.check();
  }
  EXPECT_GT(batches, 4U);
}

TEST(Reseal, MayBeKilledAgainAndAgain) {
  Kept kept;
  kept.use(kNew, kOld);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(kept.reseal(2));
  EXPECT_EQ(kept.written, 0U);
  kept.check();
}

TEST(Reseal, ThatWasBegunMayBeTakenBack) {
  for (std::size_t kill = 1; kill < 4; ++kill) {
    Kept kept;
    kept.use(kNew, kOld);
    ASSERT_TRUE(kept.reseal(kill));
    kept.use(kOld, kNew);
    ASSERT_TRUE(kept.reseal());
    kept.use(kOld);
    EXPECT_TRUE(kept.reseal());
    SCOPED_TRACE(kill);
    kept.check();
  }
}

TEST(Reseal, ThatWasBegunIsRefusedWithoutBothSecretsAndWritesNothing) {
  Kept kept;
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal(2));
  const Records begun = kept.world.records;
  const auto refused = [&](const std::string& secret, std::optional<std::string> previous) {
    kept.use(secret, std::move(previous));
    const auto outcome = kept.reseal();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(outcome.error().hint, testing::HasSubstr("secret_previous"));
    EXPECT_EQ(kept.world.records, begun);
  };
  refused(kNew, {});
  refused(kOld, {});
  refused(kOther, kNew);
  refused(kOther, kOld);
  refused(kNew, kOther);
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal());
  kept.check();
}

TEST(Reseal, TouchesNoStoreThatOpensOrThatIsEmpty) {
  Kept kept;
  kept.use(kOld, kOther);
  EXPECT_TRUE(kept.reseal());
  EXPECT_EQ(kept.written, 0U);
  kept.check();
  kept.world.crash();
  kept.world.records.clear();
  kept.use(kNew, kOld);
  EXPECT_TRUE(kept.reseal());
  EXPECT_EQ(kept.written, 0U);
}

TEST(Reseal, LeavesAStoreOfAThirdSecretToBeNamed) {
  Kept kept;
  kept.use(kNew, kOther);
  EXPECT_TRUE(kept.reseal());
  EXPECT_EQ(kept.written, 0U);
  const auto started = kept.world.try_start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr("another relay secret"));
}

TEST(Reseal, OfADamagedRecordStopsAndKeepsIt) {
  Kept kept;
  for (auto& [key, value] : kept.world.records) {
    if (as_text(key).starts_with("rs")) value.back() ^= std::byte{1};
  }
  kept.use(kNew, kOld);
  const auto outcome = kept.reseal();
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, testing::HasSubstr("damaged"));
}

TEST(Reseal, WorksInBatchesOfBoundedSize) {
  Kept kept;
  FakeStore store(kept.world.records);
  const crypto::RecordSealer old(crypto::RelayIdentity::from_secret(kOld).store_key());
  Sequence random(9);
  for (std::size_t i = 0; i < 100; ++i) {
    const Bytes key = to_bytes(as_bytes("rz" + std::to_string(i)));
    kept.world.records[key] = old.seal(key, Bytes(100'000), random);
  }
  kept.use(kNew, kOld);
  ASSERT_TRUE(kept.reseal());
  EXPECT_GT(kept.largest, 900'000U);
  EXPECT_LT(kept.largest, 1'300'000U);
}

}  // namespace
}  // namespace agentroom::relay::test
