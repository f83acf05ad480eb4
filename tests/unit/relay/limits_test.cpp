// Bounds of mailboxes and of the relay (protocol section 8).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

RelayConfig with(auto&& change) {
  RelayConfig config;
  change(config.limits);
  return config;
}

TEST(Mailbox, RefusesWhatIsOverItsMessages) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  world.connect(world.cleo);
  world.bob_leaves();
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "a");
  for (int i = 0; i < 3; ++i) world.send(world.cleo, world.bob, "c");
  const MsgId over = world.send(world.cleo, world.bob, "over");
  world.settle();
  const auto* answer = world.cleo.answer(over);
  ASSERT_TRUE(is(answer, AckStatus::kRejected, Code::kQueueFull));
  EXPECT_GT(answer->retry_after_ms, 0U);
  const RelayStatus status = world.engine->status();
  EXPECT_EQ(status.pending, 6U);
  EXPECT_EQ(status.hits(RelayLimit::kMailboxMessages), 1U);
  EXPECT_EQ(status.rejected_by_code[static_cast<std::size_t>(Code::kQueueFull)], 1U);
}

TEST(Mailbox, GivesOneTokenAtMostHalf) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  world.connect(world.cleo);
  world.bob_leaves();
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "a");
  const MsgId over = world.send(world.ada, world.bob, "over");
  const MsgId cleos = world.send(world.cleo, world.bob, "c");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kQueueFull));
  EXPECT_TRUE(is(world.cleo.answer(cleos), AckStatus::kQueued));
}

TEST(Mailbox, CountsATokenWhoeverPresentsIt) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  world.connect(world.cleo);
  world.bob_leaves();
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "a");
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, protocol::Send{msg_id, world.bob.id(), token_for(world.ada, world.bob),
                                        as_bytes(std::string_view("with ada's token"))});
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kQueueFull));
}

TEST(Mailbox, RefusesWhatIsOverItsBytes) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_bytes = 1'000; }));
  world.bob_leaves();
  world.send(world.ada, world.bob, std::string(400, 'x'));
  const MsgId over = world.send(world.ada, world.bob, std::string(200, 'x'));
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kQueueFull));
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kMailboxBytes), 1U);
}

TEST(Mailbox, RefusesForGoodWhatCanNeverFit) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_bytes = 1'000; }));
  const MsgId over = world.send(world.ada, world.bob, std::string(501, 'x'));
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kTooLarge));
}

TEST(Mailbox, CountsMessagesInFlight) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "in flight");
  const MsgId over = world.send(world.ada, world.bob, "over");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kQueueFull));
}

TEST(Mailbox, HasRoomAgainAfterReceipts) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "in flight");
  world.turn();
  world.receipt_all(world.bob);
  world.send(world.ada, world.bob, "fits");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("fits"));
}

TEST(Mailbox, ThatHasRoomAgainTakesTheRefusedMessageFirst) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 2; }));
  world.send(world.ada, world.bob, "0");
  world.turn();
  const MsgId first = world.send(world.ada, world.bob, "1");
  world.turn();
  world.receipt_all(world.bob);
  const MsgId second = world.send(world.ada, world.bob, "2");  // on its way when the refusal was written
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kRejected, Code::kQueueFull));
  world.send_again(world.ada, world.bob, first, "1");
  world.turn();
  world.receipt_all(world.bob);
  world.send_again(world.ada, world.bob, second, "2");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("2"));
  EXPECT_TRUE(is(world.ada.answer(first), AckStatus::kDelivered));
}

TEST(Mailbox, RefusesWhatWasOnItsWayWhenAnEarlierMessageWasRefusedHoweverLateItComes) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 2; }));
  world.send(world.ada, world.bob, "0");
  const MsgId first = world.send(world.ada, world.bob, "1");
  world.turn();
  world.receipt_all(world.bob);
  world.advance(40s);
  const MsgId second = world.send(world.ada, world.bob, "2");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kRejected, Code::kQueueFull));
  world.send_again(world.ada, world.bob, first, "1");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("1"));
}

TEST(Mailbox, WaitsForARefusedMessageNoLongerThanUntilItsSenderKnowsAndSendsAnother) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 2; }));
  world.send(world.ada, world.bob, "0");
  world.send(world.ada, world.bob, "given up by its sender");
  world.turn();
  EXPECT_EQ(world.ada.pings, 1U);
  world.receipt_all(world.bob);
  world.tell(world.ada, protocol::Pong{});
  world.send(world.ada, world.bob, "2");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("2"));
}

TEST(Mailbox, SharesSurviveARestart) {
  Pair world(with([](RelayLimits& limits) { limits.mailbox_messages = 6; }));
  world.bob_leaves();
  for (int i = 0; i < 3; ++i) world.send(world.ada, world.bob, "a");
  world.settle();
  world.crash();
  world.boot();
  world.connect(world.ada);
  const MsgId over = world.send(world.ada, world.bob, "over");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kQueueFull));
}

TEST(Relay, HoldsABoundedNumberOfBytesInAll) {
  Pair world(with([](RelayLimits& limits) { limits.queued_bytes = 1'000, limits.newcomer_percent = 100; }));
  world.bob_leaves();
  world.send(world.ada, world.bob, std::string(900, 'x'));
  const MsgId over = world.send(world.ada, world.bob, std::string(200, 'x'));
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(over), AckStatus::kRejected, Code::kQueueFull));
}

TEST(Relay, TakesOnlySoMuchThatTheDiskHasNotSeen) {
  RelayConfig config = with([](RelayLimits& limits) {
    limits.mailbox_bytes = limits.queued_bytes = 1ULL << 30;
    limits.frames_per_second = limits.frame_burst = 1'000'000;
  });
  Pair world(config);
  world.bob_leaves();
  const std::string large(200'000, 'x');
  MsgId last;
  for (int i = 0; i < 170; ++i) last = world.send(world.ada, world.bob, large);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(last), AckStatus::kRejected, Code::kQueueFull));
  world.settle();
  EXPECT_LT(world.engine->status().pending_bytes, 33ULL << 20);
  EXPECT_GT(world.engine->status().pending_bytes, 31ULL << 20);
}

TEST(Relay, RefusesConnectionsOverItsLimit) {
  RelayWorld world(with([](RelayLimits& limits) { limits.connections = 1; }));
  TestAgent ada{1};
  TestAgent bob{2};
  EXPECT_TRUE(world.connect(ada));
  EXPECT_FALSE(world.connect(bob));
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kConnections), 1U);
  world.disconnect(ada);
  EXPECT_TRUE(world.connect(bob));
}

TEST(Relay, SeesTheClientBehindATrustedProxy) {
  RelayConfig config = with([](RelayLimits& limits) { limits.connections_per_address = 1; });
  config.trust_proxy = {"127.0.0.1"};
  RelayWorld world(config);
  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
  EXPECT_TRUE(world.connect(ada, {.address = "127.0.0.1", .forwarded_for = "203.0.113.1", .cf_connecting_ip = {}}));
  EXPECT_TRUE(world.connect(bob, {.address = "127.0.0.1", .forwarded_for = "203.0.113.2", .cf_connecting_ip = {}}));
  EXPECT_FALSE(world.connect(cleo, {.address = "127.0.0.1", .forwarded_for = "203.0.113.1", .cf_connecting_ip = {}}));
}

}  // namespace
}  // namespace agentroom::relay::test
