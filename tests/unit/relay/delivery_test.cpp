// At once, without the disk (protocol section 7.2).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(Delivery, ReachesAConnectedAgentAtOnce) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  ASSERT_THAT(world.bob.deliveries, SizeIs(1));
  EXPECT_EQ(world.bob.deliveries[0].from, world.ada.id());
  EXPECT_EQ(world.bob.deliveries[0].msg_id, msg_id);
  EXPECT_EQ(world.bob.deliveries[0].envelope, "hello");
}

TEST(Delivery, IsNotAcknowledgedBeforeItsReceipt) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.settle();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(Delivery, AtOnceWritesNothing) {
  Pair world;
  const std::size_t before = world.store->commits;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_EQ(world.store->commits, before);
}

TEST(Delivery, ThatIsRefusedIsRejectedAsUnreadable) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "garbage");
  world.turn();
  world.receipt(world.bob, world.bob.deliveries[0], ReceiptStatus::kRefused);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kUnreadable));
}

TEST(Delivery, IsAcknowledgedOnTheSendersCurrentConnection) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.connect(world.ada);
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(Delivery, OfAResentMessageInFlightHappensOnce) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.connect(world.ada);
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.turn();
  EXPECT_THAT(world.bob.deliveries, SizeIs(1));
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(Delivery, OfOneIdByTwoSendersIsTwoMessages) {
  Pair world;
  world.connect(world.cleo);
  const MsgId msg_id = world.send(world.ada, world.bob, "ada's");
  world.send_again(world.cleo, world.bob, msg_id, "cleo's");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("ada's", "cleo's"));
  world.receipt(world.bob, world.bob.deliveries[1]);
  world.turn();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kDelivered));
}

TEST(Delivery, KeepsTheOrderOfItsSender) {
  Pair world;
  for (int i = 0; i < 5; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("0", "1", "2", "3", "4"));
}

TEST(Receipt, ForSomethingUnknownIsIgnored) {
  Pair world;
  world.receipt(world.bob, {world.ada.id(), world.new_msg_id(), {}});
  world.settle();
  EXPECT_THAT(world.ada.acks, IsEmpty());
  EXPECT_FALSE(world.closed(world.bob));
}

TEST(Receipt, OfTheSameMessageCountsOnce) {
  Pair world;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.receipt(world.bob, world.bob.deliveries[0]);
  world.receipt(world.bob, world.bob.deliveries[0]);
  world.turn();
  EXPECT_THAT(world.ada.acks, SizeIs(1));
}

TEST(Receipt, FromSomebodyElseDoesNotCount) {
  Pair world;
  world.connect(world.cleo);
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.receipt(world.cleo, world.bob.deliveries[0]);
  world.turn();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
}

TEST(Receipt, OutOfOrderIsTaken) {
  Pair world;
  const MsgId first = world.send(world.ada, world.bob, "first");
  const MsgId second = world.send(world.ada, world.bob, "second");
  world.turn();
  world.receipt(world.bob, world.bob.deliveries[1]);
  world.turn();
  EXPECT_EQ(world.ada.answer(first), nullptr);
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kDelivered));
}

}  // namespace
}  // namespace agentroom::relay::test
