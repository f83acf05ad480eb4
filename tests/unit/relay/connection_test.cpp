// Admission, replacement, silence (protocol sections 6, 7.7 and 8).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(Connection, GetsTheChallengeAtOnce) {
  RelayWorld world;
  const ChannelId channel = world.open();
  ASSERT_EQ(world.channels[channel].sent.size(), 1U);
  const auto handshake = protocol::AgentHandshake::start(world.channels[channel].sent.front());
  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->proof().relay_pk, world.identity.pair.pk);
  EXPECT_EQ(handshake->proof().terms.mailbox_messages, 500U);
}

TEST(Connection, IsAnAgentsOnceItProvedItsKey) {
  RelayWorld world;
  TestAgent ada{1};
  EXPECT_EQ(world.engine->status().agents, 0U);
  EXPECT_TRUE(world.connect(ada));
  EXPECT_EQ(world.engine->status().agents, 1U);
  EXPECT_EQ(world.observer.connected, 1U);
}

TEST(Connection, IsToldWhatWaitsAndWhichTokensAreListed) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "one");
  world.send(world.ada, world.bob, "two");
  world.settle();
  world.connect(world.bob);
  EXPECT_EQ(world.bob.welcome.pending, 2U);
  ASSERT_TRUE(world.bob.welcome.allow_digest);
  world.connect(world.cleo);
  EXPECT_EQ(world.cleo.welcome.pending, 0U);
  EXPECT_FALSE(world.cleo.welcome.allow_digest);
}

TEST(Connection, IsClosedWhenItDoesNotAuthenticateInTime) {
  RelayWorld world;
  const ChannelId channel = world.open({.address = "192.0.2.1", .forwarded_for = {}, .cf_connecting_ip = {}});
  world.advance(9'999ms);
  EXPECT_FALSE(world.channels[channel].closed);
  world.advance(1ms);
  EXPECT_EQ(world.channels[channel].close_code, 1008);
  EXPECT_EQ(world.engine->status().handshake_failures(HandshakeFailure::kTimeout), 1U);
}

TEST(Connection, IsReplacedByANewerOneOfTheSameAgent) {
  Pair world;
  const ChannelId old = world.ada.channel;
  world.connect(world.ada);
  EXPECT_TRUE(world.channels[old].closed);
  ASSERT_THAT(world.ada.closings, SizeIs(1));
  EXPECT_EQ(world.ada.closings[0].reason, protocol::ClosingReason::kReplaced);
  EXPECT_EQ(world.engine->status().agents, 2U);
}

TEST(Connection, ThatWasReplacedIsHeardNoMore) {
  Pair world;
  const ChannelId old = world.ada.channel;
  auto old_cipher = std::move(world.ada.cipher);
  world.ada.cipher.reset();
  world.ada.channel = 0;
  world.connect(world.ada);
  Bytes message(crypto::kMacBytes);
  protocol::encode_frame(protocol::Send{world.new_msg_id(), world.bob.id(), token_for(world.ada, world.bob),
                                        as_bytes(std::string_view("late"))},
                         message);
  old_cipher->seal(message);
  world.inject(old, std::move(message));
  world.turn();
  EXPECT_THAT(world.bob.deliveries, IsEmpty());
}

TEST(Connection, ThatReplacedAnotherOutlivesItsEnd) {
  Pair world;
  const ChannelId old = world.bob.channel;
  world.connect(world.bob);
  world.engine->on_closed(old, world.now);
  world.send(world.ada, world.bob, "still here");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("still here"));
}

TEST(Connection, IsPingedAfterTwentySecondsOfSilence) {
  Pair world;
  world.advance(19s);
  EXPECT_EQ(world.ada.pings, 0U);
  world.advance(1s);
  EXPECT_EQ(world.ada.pings, 1U);
  world.advance(10s);
  EXPECT_EQ(world.ada.pings, 1U);
}

TEST(Connection, IsClosedAfterFortyFiveSecondsOfSilence) {
  Pair world;
  world.advance(44s);
  EXPECT_FALSE(world.closed(world.ada));
  world.advance(1s);
  EXPECT_TRUE(world.closed(world.ada));
  EXPECT_EQ(world.engine->status().agents, 0U);
}

TEST(Connection, StaysWhileItAnswers) {
  Pair world;
  for (int i = 0; i < 10; ++i) {
    world.advance(20s);
    world.tell(world.ada, protocol::Pong{});
  }
  EXPECT_FALSE(world.closed(world.ada));
  EXPECT_EQ(world.ada.pings, 10U);
}

TEST(Connection, HasItsPingsAnsweredOnceATurn) {
  Pair world;
  std::vector<protocol::Frame> pings(50);
  for (auto& ping : pings) ping = protocol::Ping{};
  world.tell(world.ada, std::move(pings));
  world.turn();
  EXPECT_EQ(world.ada.pongs, 1U);
}

TEST(Connection, GetsWhatOneTurnBroughtInOneMessage) {
  Pair world;
  const std::size_t before = world.channel_of(world.bob).messages;
  for (int i = 0; i < 20; ++i) world.send(world.ada, world.bob, "text");
  world.turn();
  EXPECT_EQ(world.channel_of(world.bob).messages - before, 1U);
  EXPECT_THAT(world.bob.deliveries, SizeIs(20));
}

TEST(Connection, IsForgottenWithItsAgentWhenNothingIsKeptForIt) {
  RelayWorld world;
  TestAgent ada{1};
  for (int i = 0; i < 3; ++i) {
    world.connect(ada);
    world.disconnect(ada);
  }
  EXPECT_EQ(world.engine->status().connections, 0U);
  EXPECT_EQ(world.engine->status().agents, 0U);
  EXPECT_EQ(world.observer.disconnected, 3U);
}

TEST(Connection, ThatSendsOneBadFrameIsToldSoAndStays) {
  Pair world;
  world.tell(world.ada, protocol::Ack{{{.id = {}, .status = AckStatus::kOk}}});
  world.turn();
  ASSERT_THAT(world.ada.errors, SizeIs(1));
  EXPECT_EQ(world.ada.errors[0].code, Code::kBadFrame);
  EXPECT_FALSE(world.closed(world.ada));
  world.send(world.ada, world.bob, "still heard");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("still heard"));
}

TEST(Connection, IsClosedAtItsThirdBadFrame) {
  Pair world;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(world.closed(world.ada));
    world.tell_raw(world.ada, as_bytes(std::string_view("\xff\xff\xff")));
  }
  EXPECT_TRUE(world.closed(world.ada));
  world.read(world.ada);
  EXPECT_THAT(world.ada.errors, SizeIs(3));
}

TEST(Connection, MaySendFramesOfALaterVersion) {
  Pair world;
  world.tell_raw(world.ada, as_bytes(std::string_view("\x03\xfa\x01\x00", 4)));  // field 31, empty
  world.turn();
  EXPECT_THAT(world.ada.errors, IsEmpty());
}

}  // namespace
}  // namespace agentroom::relay::test
