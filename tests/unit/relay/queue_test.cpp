// Stored messages (protocol sections 7.3 and 7.7).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(Queue, AcknowledgesOnlyWhatIsDurable) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  world.store->complete();
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
}

TEST(Queue, IsDeliveredInOrderWhenTheRecipientConnects) {
  Pair world;
  world.bob_leaves();
  for (int i = 0; i < 5; ++i) world.send(world.ada, world.bob, std::to_string(i));
  world.settle();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("0", "1", "2", "3", "4"));
}

TEST(Queue, HoldsADeliveredMessageUntilItsReceipt) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.settle();
  world.connect(world.bob);
  world.bob_leaves();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 0U);
  world.bob_leaves();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), IsEmpty());
}

TEST(Queue, GetsNoSecondAnswerForAStoredMessageThatIsReceipted) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.settle();
  world.ada.clear();
  world.connect(world.bob);
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_THAT(world.ada.acks, IsEmpty());
}

TEST(Queue, TellsTheSenderWhenAStoredMessageIsRefused) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "garbage");
  world.settle();
  world.connect(world.bob);
  world.receipt(world.bob, world.bob.deliveries[0], ReceiptStatus::kRefused);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kUnreadable));
  EXPECT_EQ(world.engine->status().pending, 0U);
}

TEST(Queue, PutsNewMessagesBehindWhileItIsNotEmpty) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "old");
  world.settle();
  world.connect(world.bob);
  const MsgId msg_id = world.send(world.ada, world.bob, "new");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("old"));
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  EXPECT_THAT(world.bob.texts(), ElementsAre("old", "new"));
}

TEST(Queue, LetsMessagesThroughAtOnceAgainAfterItsLastReceipt) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "old");
  world.settle();
  world.connect(world.bob);
  world.receipt_all(world.bob);
  const std::size_t before = world.store->commits;
  world.send(world.ada, world.bob, "new");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("new"));
  EXPECT_LE(world.store->commits, before + 1);  // the removal of the old one
}

TEST(Queue, AnswersAResentQueuedMessageWithoutStoringItTwice) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.settle();
  world.connect(world.ada);
  world.ada.clear();
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  EXPECT_EQ(world.engine->status().pending, 1U);
}

TEST(Queue, AnswersAResentMessageOnceWhenItsCommitIsOutstanding) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.connect(world.ada);
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.turn();
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  world.settle();
  EXPECT_THAT(world.ada.acks, SizeIs(1));
  EXPECT_EQ(world.engine->status().pending, 1U);
}

TEST(Queue, KeepsTheOrderOfEachSenderAmongMany) {
  Pair world;
  world.connect(world.cleo);
  world.bob_leaves();
  for (int i = 0; i < 100; ++i) {
    world.send(world.ada, world.bob, "a" + std::to_string(i));
    world.send(world.cleo, world.bob, "c" + std::to_string(i));
    if (i % 7 == 0) world.settle();
  }
  world.settle();
  world.connect(world.bob);
  std::vector<std::string> from_ada;
  for (const std::string& text : world.drain(world.bob)) {
    if (text[0] == 'a') from_ada.push_back(text);
  }
  ASSERT_THAT(from_ada, SizeIs(100));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(from_ada[i], "a" + std::to_string(i));
}

TEST(Queue, DropsWhatIsOlderThanSevenDays) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "old");
  world.settle();
  world.advance(3 * 24h);
  world.connect(world.ada);
  world.send(world.ada, world.bob, "newer");
  world.settle();
  world.advance(4 * 24h - 1min);
  EXPECT_EQ(world.engine->status().pending, 2U);
  world.advance(1min);
  world.settle();
  EXPECT_EQ(world.engine->status().pending, 1U);
  EXPECT_EQ(world.engine->status().expired, 1U);
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("newer"));
}

TEST(Queue, ForgetsExpiredMessagesForGood) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "old");
  world.settle();
  world.crash();
  world.now.steady += 8 * 24h;
  world.now.unix_ms += 8LL * 24 * 3600 * 1000;
  world.boot();
  world.connect(world.bob);
  EXPECT_EQ(world.bob.welcome.pending, 0U);
  world.settle();
  for (const auto& [key, value] : world.records) EXPECT_FALSE(as_text(key).starts_with("rs"));
}

TEST(Queue, WaitsForADiskThatDoesNotAnswer) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.settle();
  world.store->reads_fail = true;
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), IsEmpty());
  EXPECT_THAT(world.observer.failures, SizeIs(1));
  world.store->reads_fail = false;
  world.advance(5s);
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
}

}  // namespace
}  // namespace agentroom::relay::test
