#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(ShutDown, TellsEveryoneAndClosesThem) {
  Pair world;
  world.engine->shut_down(world.now);
  world.settle();
  for (const TestAgent* agent : {&world.ada, &world.bob}) {
    ASSERT_THAT(agent->closings, SizeIs(1));
    EXPECT_EQ(agent->closings[0].reason, protocol::ClosingReason::kShuttingDown);
    EXPECT_EQ(world.channel_of(*agent).close_code, 1001);
  }
  EXPECT_TRUE(world.engine->drained());
}

TEST(ShutDown, StoresAndAcknowledgesWhatIsInFlight) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.engine->shut_down(world.now);
  world.turn();
  EXPECT_FALSE(world.engine->drained());
  EXPECT_FALSE(world.closed(world.ada));
  world.settle();
  EXPECT_TRUE(world.engine->drained());
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  world.crash();
  world.boot();
  world.bob.clear();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
}

TEST(ShutDown, StillTakesReceipts) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.engine->shut_down(world.now);
  world.turn();
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
  EXPECT_EQ(world.engine->status().pending, 0U);
}

TEST(ShutDown, TakesNothingNew) {
  Pair world;
  world.engine->shut_down(world.now);
  const MsgId msg_id = world.send(world.ada, world.bob, "late");
  const ChannelId channel = world.open();
  world.settle();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  EXPECT_THAT(world.bob.deliveries, IsEmpty());
  EXPECT_TRUE(world.channels[channel].closed);
}

TEST(ShutDown, DoesNotWaitForADiskThatFails) {
  Pair world;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.engine->shut_down(world.now);
  world.turn();
  world.store->resume_fails = true;
  world.store->fail();
  world.turn();
  EXPECT_TRUE(world.engine->drained());
}

}  // namespace
}  // namespace agentroom::relay::test
