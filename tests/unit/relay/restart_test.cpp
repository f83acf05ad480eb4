// What survives the relay's death.
#include "agentroom/store_inspection.hpp"
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(Restart, KeepsEveryQueuedMessageInOrder) {
  Pair world;
  world.bob_leaves();
  for (int i = 0; i < 300; ++i) {
    world.send(world.ada, world.bob, std::to_string(i));
    if (i % 17 == 0) world.settle();
  }
  world.settle();
  const auto answered = world.ada.acks.size();
  world.crash();
  world.boot();
  EXPECT_EQ(world.engine->status().pending,
            std::count_if(world.ada.acks.begin(), world.ada.acks.end(),
                          [](const auto& ack) { return ack.status == AckStatus::kQueued; }));
  EXPECT_EQ(answered, 300U);
  world.connect(world.bob);
  const auto texts = world.drain(world.bob);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::to_string(i));
}

TEST(Restart, LosesOnlyWhatWasNotAcknowledged) {
  Pair world;
  world.bob_leaves();
  const MsgId durable = world.send(world.ada, world.bob, "durable");
  world.settle();
  const MsgId pending = world.send(world.ada, world.bob, "pending");
  world.turn();
  world.crash();
  EXPECT_TRUE(is(world.ada.answer(durable), AckStatus::kQueued));
  EXPECT_EQ(world.ada.answer(pending), nullptr);
  world.boot();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("durable"));
}

TEST(Restart, TakesAResentMessageAsTheOneItHas) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.store->complete();  // durable, but the answer is lost
  world.crash();
  world.boot();
  world.connect(world.ada);
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
}

TEST(Restart, DeliversNothingThatWasReceipted) {
  Pair world;
  world.bob_leaves();
  for (int i = 0; i < 10; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.settle();
  world.connect(world.bob);
  for (const std::size_t i : {0U, 1U, 2U, 7U}) world.receipt(world.bob, world.bob.deliveries[i]);
  world.settle();
  world.crash();
  world.bob.clear();
  world.boot();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("3", "4", "5", "6", "8", "9"));
}

TEST(Restart, LeavesAnEmptyStoreOnceAllIsReceipted) {
  Pair world;
  world.bob_leaves();
  for (int i = 0; i < 100; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.settle();
  world.crash();
  world.boot();
  world.connect(world.bob);
  EXPECT_THAT(world.drain(world.bob), SizeIs(100));
  for (const auto& [key, value] : world.records) {
    EXPECT_FALSE(as_text(key).starts_with("rs") || as_text(key).starts_with("rr"));
  }
}

TEST(Restart, UnderAnotherSecretIsRefused) {
  Pair world;
  world.crash();
  world.identity = crypto::RelayIdentity::from_secret(std::string(32, 'x'));
  const auto started = world.try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(started.error().message.find("secret"), std::string::npos);
  EXPECT_FALSE(started.error().hint.empty());
}

TEST(Restart, OfADamagedStoreIsRefusedAndWritesNothing) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.settle();
  for (const char* prefix : {"rf", "rm", "rs"}) {
    world.crash();
    const Records before = world.records;
    for (auto& [key, value] : world.records) {
      if (as_text(key).starts_with(prefix)) value.resize(value.size() / 2);
    }
    const Records damaged = world.records;
    const auto started = world.try_start();
    ASSERT_FALSE(started) << prefix;
    EXPECT_EQ(started.error().code, ErrorCode::kCorrupt) << prefix;
    EXPECT_EQ(world.records, damaged) << prefix;
    world.records = before;
  }
}

TEST(RelayStore, InspectionTellsARecordUnderNoKey) {
  Pair world;
  world.settle();
  FakeStore store(world.records);
  ASSERT_THAT(inspect_relay_store(store, world.identity)->problems, IsEmpty());
  world.records[Bytes()] = Bytes(64, std::byte{1});
  const auto found = inspect_relay_store(store, world.identity);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problems, ElementsAre(testing::HasSubstr("under no key")));
}

TEST(Restart, OfAStoreThatCannotBeReadSaysSo) {
  Pair world;
  world.crash();
  world.store = std::make_unique<FakeStore>(world.records);
  world.store->reads_fail = true;
  RelayEngine engine(world.config, world.identity, *world.store, world.channels, world.relay_random, world.observer);
  EXPECT_EQ(engine.start(world.now).error().code, ErrorCode::kIo);
}

TEST(Restart, OfTheEngineAloneLeavesLateCompletionsHarmless) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.engine.reset();
  EXPECT_TRUE(world.store->complete());
}

}  // namespace
}  // namespace agentroom::relay::test
