// From memory to the mailbox (protocol section 7.3).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

constexpr int kWindow = 64;

TEST(HandOver, HappensAfterFiveSecondsWithoutAReceipt) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(4'999ms);
  EXPECT_EQ(world.store->waiting(), 0U);
  world.advance(1ms);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  EXPECT_THAT(world.bob.deliveries, SizeIs(1));
}

TEST(HandOver, LeavesYoungerMessagesOfTheSameSenderForTheirOwnTime) {
  Pair world;
  world.send(world.ada, world.bob, "old");
  world.turn();
  world.advance(4s);
  const MsgId young = world.send(world.ada, world.bob, "young");
  world.turn();
  world.advance(1s);
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 1U);
  EXPECT_EQ(world.ada.answer(young), nullptr);
}

TEST(HandOver, TakesEarlierMessagesOfTheSameSenderAlong) {
  Pair world;
  const MsgId first = world.send(world.ada, world.bob, "first");
  world.turn();
  world.advance(4s);
  const MsgId second = world.send(world.ada, world.bob, "second");
  world.turn();
  world.advance(1s);
  world.settle();
  ASSERT_TRUE(is(world.ada.answer(first), AckStatus::kQueued));
  ASSERT_EQ(world.ada.answer(second), nullptr);
  // The mailbox holds `first`: a third is stored at once, behind the second.
  const MsgId third = world.send(world.ada, world.bob, "third");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kQueued));
  EXPECT_TRUE(is(world.ada.answer(third), AckStatus::kQueued));
  world.bob_leaves();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second", "third"));
}

TEST(HandOver, HappensWhenTheConnectionEnds) {
  Pair world;
  const MsgId first = world.send(world.ada, world.bob, "first");
  const MsgId second = world.send(world.ada, world.bob, "second");
  world.turn();
  world.bob_leaves();
  EXPECT_TRUE(is(world.ada.answer(first), AckStatus::kQueued));
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kQueued));
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second"));
}

TEST(HandOver, HappensWhenTheConnectionIsReplaced) {
  Pair world;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.bob.clear();
  world.connect(world.bob);
  EXPECT_EQ(world.bob.welcome.pending, 1U);
  world.settle();
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
}

TEST(HandOver, HappensWhenTheWindowIsFull) {
  Pair world;
  for (int i = 0; i < kWindow; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 0U);
  world.send(world.ada, world.bob, "one too many");
  world.settle();
  EXPECT_EQ(world.engine->status().pending, static_cast<std::uint64_t>(kWindow) + 1);
  EXPECT_THAT(world.bob.deliveries, SizeIs(kWindow));
  const auto all = world.drain(world.bob);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kWindow) + 1);
  EXPECT_EQ(all.back(), "one too many");
}

TEST(HandOver, CountsTheBytesOfTheWindowToo) {
  Pair world;
  const std::string large(200'000, 'x');
  for (int i = 0; i < 5; ++i) world.send(world.ada, world.bob, large);
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 0U);
  world.send(world.ada, world.bob, large);
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 6U);
}

TEST(HandOver, OfOneSenderLeavesOthersInFlight) {
  Pair world;
  world.connect(world.cleo);
  const MsgId cleos = world.send(world.cleo, world.bob, "cleo's");
  for (int i = 0; i < kWindow; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.settle();
  EXPECT_EQ(world.engine->status().pending, static_cast<std::uint64_t>(kWindow));
  EXPECT_EQ(world.cleo.answer(cleos), nullptr);
  world.receipt(world.bob, world.bob.deliveries[0]);
  world.turn();
  EXPECT_TRUE(is(world.cleo.answer(cleos), AckStatus::kDelivered));
}

TEST(HandOver, KeepsTheOrderOfAllSendersAcrossIt) {
  Pair world;
  world.connect(world.cleo);
  for (int i = 0; i < 200; ++i) {
    world.send(world.ada, world.bob, "a" + std::to_string(i));
    world.send(world.cleo, world.bob, "c" + std::to_string(i));
  }
  world.turn();
  world.bob_leaves();
  world.connect(world.bob);
  int next_ada = 0;
  int next_cleo = 0;
  for (const std::string& text : world.drain(world.bob)) {
    int& next = text[0] == 'a' ? next_ada : next_cleo;
    EXPECT_EQ(text.substr(1), std::to_string(next++));
  }
  EXPECT_EQ(next_ada, 200);
  EXPECT_EQ(next_cleo, 200);
}

TEST(HandOver, IsOverWhenTheReceiptComesBeforeTheCommit) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(5s);
  ASSERT_EQ(world.store->waiting(), 1U);
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
  world.settle();
  EXPECT_THAT(world.ada.acks, SizeIs(1));
  EXPECT_EQ(world.engine->status().pending, 0U);
  for (const auto& [key, value] : world.records) EXPECT_FALSE(as_text(key).starts_with("rs"));
}

TEST(HandOver, DoesNotDeliverASecondTimeOnTheSameConnection) {
  Pair world;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(5s);
  world.settle();
  world.turn();
  EXPECT_THAT(world.bob.deliveries, SizeIs(1));
}

TEST(HandOver, LetsAMessageBeResentWhileItIsStored) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(5s);
  world.receipt_all(world.bob);  // gone, but its commit is outstanding
  world.connect(world.ada);
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.settle();
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
  EXPECT_EQ(world.engine->status().pending, 0U);
}

TEST(Recipient, ThatReceiptsNothingForAMinuteIsClosed) {
  Pair world;
  world.send(world.ada, world.bob, "hello");
  world.turn();
  for (int i = 0; i < 6; ++i) {
    EXPECT_FALSE(world.closed(world.bob));
    world.tell(world.bob, protocol::Pong{});
    world.tell(world.ada, protocol::Pong{});
    world.advance(10s);
    world.settle();
  }
  EXPECT_TRUE(world.closed(world.bob));
  EXPECT_FALSE(world.closed(world.ada));
  EXPECT_EQ(world.engine->status().pending, 1U);
}

TEST(Recipient, ThatReceiptsSlowlyStays) {
  Pair world;
  for (int i = 0; i < 10; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.turn();
  for (std::size_t i = 0; i < 10; ++i) {
    world.tell(world.bob, protocol::Pong{});
    world.advance(40s);
    world.receipt(world.bob, world.bob.deliveries[i]);
    world.settle();
  }
  EXPECT_FALSE(world.closed(world.bob));
}

}  // namespace
}  // namespace agentroom::relay::test
