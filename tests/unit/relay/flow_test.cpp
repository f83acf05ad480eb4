// Slow readers and fast writers (protocol section 8).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

constexpr std::size_t kTooMuch = (1U << 20) + 1;

TEST(SlowReader, GetsNothingMoreUntilItIsDrained) {
  Pair world;
  world.channel_of(world.bob).unsent = kTooMuch;
  world.send(world.ada, world.bob, "first");
  world.turn();
  const std::size_t before = world.channel_of(world.bob).messages;
  world.send(world.ada, world.bob, "second");
  world.tell(world.bob, protocol::Ping{});
  world.settle();
  EXPECT_EQ(world.channel_of(world.bob).messages, before);

  world.channel_of(world.bob).unsent = 0;
  world.engine->on_drained(world.bob.channel, world.now);
  world.settle();
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second"));
  EXPECT_EQ(world.bob.pongs, 1U);
}

TEST(SlowReader, IsOneAtTheBytesThatAreConfigured) {
  RelayConfig config;
  config.limits.unsent_bytes = 4U << 20;
  Pair world(config);
  world.channel_of(world.bob).unsent = 4U << 20;
  world.send(world.ada, world.bob, "first");
  world.turn();
  world.send(world.ada, world.bob, "second");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second"));
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kUnsentBytes), 0U);
  world.channel_of(world.bob).unsent = (4U << 20) + 1;
  world.send(world.ada, world.bob, "third");
  world.turn();
  world.send(world.ada, world.bob, "fourth");
  world.turn();
  EXPECT_THAT(world.bob.deliveries, SizeIs(3));
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kUnsentBytes), 1U);
}

TEST(SlowReader, HasItsMessagesStored) {
  Pair world;
  world.channel_of(world.bob).unsent = kTooMuch;
  world.send(world.ada, world.bob, "first");
  world.turn();
  const MsgId msg_id = world.send(world.ada, world.bob, "second");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
}

TEST(SlowReader, IsClosedAfterAMinute) {
  Pair world;
  world.channel_of(world.bob).unsent = kTooMuch;
  world.send(world.ada, world.bob, "first");
  world.turn();
  for (int i = 0; i < 6; ++i) {
    EXPECT_FALSE(world.closed(world.bob));
    world.advance(10s);
    world.tell(world.bob, protocol::Pong{});
    world.receipt_all(world.bob);
  }
  EXPECT_TRUE(world.closed(world.bob));
}

TEST(SlowReader, ThatGoesOnWritingIsReadNoMore) {
  RelayConfig config;
  config.limits.frames_per_second = config.limits.frame_burst = 1'000'000'000;
  Pair world(config);
  world.channel_of(world.ada).unsent = kTooMuch;
  world.tell(world.ada, protocol::Ping{});
  world.turn();
  for (int i = 0; i < 10'000; ++i) world.send(world.ada, world.cleo, "nobody there");
  EXPECT_TRUE(world.channel_of(world.ada).paused);
  world.channel_of(world.ada).unsent = 0;
  world.engine->on_drained(world.ada.channel, world.now);
  world.turn();
  EXPECT_FALSE(world.channel_of(world.ada).paused);
  EXPECT_THAT(world.ada.acks, SizeIs(10'000));
}

struct Fast : Pair {
  static RelayConfig slow() {
    RelayConfig config;
    config.limits.frames_per_second = 10;
    config.limits.frame_burst = 20;
    return config;
  }
  Fast() : Pair(slow()) {}
};

TEST(FastWriter, IsReadSlowerAndLosesNothing) {
  Fast world;
  for (int i = 0; i < 60; ++i) world.send(world.ada, world.bob, std::to_string(i));
  EXPECT_TRUE(world.channel_of(world.ada).paused);
  world.turn();
  EXPECT_THAT(world.bob.deliveries, SizeIs(60));
  EXPECT_THAT(world.ada.acks, IsEmpty());
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kFramesPerSecond), 1U);
}

TEST(FastWriter, IsReadAgainOnceItsDebtIsRepaid) {
  Fast world;
  for (int i = 0; i < 40; ++i) world.tell(world.ada, protocol::Pong{});
  EXPECT_TRUE(world.channel_of(world.ada).paused);
  world.advance(1s);
  EXPECT_TRUE(world.channel_of(world.ada).paused);
  world.advance(3s);
  EXPECT_FALSE(world.channel_of(world.ada).paused);
}

TEST(FastWriter, IsNotSilentWhileItIsNotRead) {
  Fast world;
  for (int i = 0; i < 1'000; ++i) world.tell(world.ada, protocol::Pong{});
  world.advance(60s);
  EXPECT_FALSE(world.closed(world.ada));
  EXPECT_TRUE(world.channel_of(world.ada).paused);
  world.advance(45s);
  EXPECT_FALSE(world.channel_of(world.ada).paused);
  EXPECT_FALSE(world.closed(world.ada));
}

TEST(FastWriter, CannotGetAroundItWithALargeLinkMessage) {
  Fast world;
  std::vector<protocol::Frame> frames(2'000);
  for (auto& frame : frames) frame = protocol::Pong{};
  world.tell(world.ada, std::move(frames));
  world.advance(190s);
  EXPECT_TRUE(world.channel_of(world.ada).paused);
}

TEST(FastWriter, CannotGetAroundItByConnectingAgain) {
  Fast world;
  for (int i = 0; i < 60; ++i) world.tell(world.ada, protocol::Pong{});
  world.connect(world.ada);
  world.tell(world.ada, protocol::Pong{});
  EXPECT_TRUE(world.channel_of(world.ada).paused);
}

}  // namespace
}  // namespace agentroom::relay::test
