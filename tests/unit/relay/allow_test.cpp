// Who may write to a mailbox (protocol section 6).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(Allow, GivesTheMailboxADigestThatBothSidesCompute) {
  RelayWorld world;
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.allow(ada, {&bob});
  world.disconnect(ada);
  world.connect(ada);
  const TokenHash hash = crypto::hash_token(token_for(bob, ada));
  EXPECT_EQ(ada.welcome.allow_digest, crypto::digest_allowed(std::span(&hash, 1)));
}

TEST(Allow, OfNothingStillMakesAMailbox) {
  RelayWorld world;
  TestAgent ada{1};
  world.connect(ada);
  world.allow(ada, {});
  world.connect(ada);
  EXPECT_EQ(ada.welcome.allow_digest, crypto::digest_allowed({}));
}

TEST(Allow, SurvivesARestart) {
  RelayWorld world;
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.allow(ada, {&bob});
  world.crash();
  world.boot();
  world.connect(bob);
  const MsgId msg_id = world.send(bob, ada, "hello");
  world.settle();
  EXPECT_TRUE(is(bob.answer(msg_id), AckStatus::kQueued));
}

TEST(Allow, WritesNothingWhenNothingChanged) {
  Pair world;
  const std::size_t before = world.store->commits;
  world.allow(world.ada, {&world.bob, &world.cleo});
  EXPECT_EQ(world.store->commits, before);
}

TEST(Allow, OfManyInOneTurnIsWrittenOnce) {
  Pair world;
  const std::size_t before = world.store->commits;
  world.tell(world.ada, protocol::Allow{});
  world.tell(world.ada, protocol::Allow{{TokenHash{}}});
  world.tell(world.ada, protocol::Allow{});
  world.settle();
  EXPECT_EQ(world.store->commits, before + 1);
}

TEST(Allow, WithoutATokenRefusesItsPeer) {
  Pair world;
  world.allow(world.bob, {&world.cleo});
  const MsgId msg_id = world.send(world.ada, world.bob, "am I still welcome?");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
  EXPECT_THAT(world.bob.deliveries, IsEmpty());
}

TEST(Allow, TakesEffectForAPeerThatJustWrote) {
  Pair world;
  world.send(world.ada, world.bob, "one");
  world.turn();
  world.allow(world.bob, {});
  const MsgId msg_id = world.send(world.ada, world.bob, "two");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(Send, ToAnAgentWithoutAMailboxMayBeTriedAgainLater) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.cleo, "hello");
  world.turn();
  const auto* answer = world.ada.answer(msg_id);
  ASSERT_TRUE(is(answer, AckStatus::kRejected, Code::kNoMailbox));
  EXPECT_GT(answer->retry_after_ms, 0U);
}

TEST(Send, ToAMailboxThatAppearsDoesNotOvertakeWhatWasSentBefore) {
  Pair world;
  const MsgId first = world.send(world.ada, world.cleo, "first");
  world.connect(world.cleo);
  world.allow(world.cleo, {&world.ada});
  const MsgId second = world.send(world.ada, world.cleo, "second");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kRejected, Code::kNoMailbox));
  world.send_again(world.ada, world.cleo, first, "first");
  world.send_again(world.ada, world.cleo, second, "second");
  world.turn();
  EXPECT_THAT(world.cleo.texts(), ElementsAre("first", "second"));
}

TEST(Allow, IsBoundedForTheWholeRelay) {
  RelayConfig config;
  config.limits.mailboxes = 1;
  config.limits.newcomer_percent = 100;
  config.limits.allowed_tokens = 2;
  RelayWorld world(config);
  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
  TestAgent dan{4};
  world.connect(ada);
  world.connect(bob);
  world.allow(ada, {&bob, &cleo});
  world.allow(bob, {});
  ASSERT_THAT(bob.errors, SizeIs(1));
  EXPECT_EQ(bob.errors[0].code, Code::kNotAllowed);
  world.allow(ada, {&bob, &cleo, &dan});
  EXPECT_THAT(ada.errors, SizeIs(1));
  world.allow(ada, {&dan});
  world.allow(ada, {&bob, &cleo});
  EXPECT_THAT(ada.errors, SizeIs(1));
}

}  // namespace
}  // namespace agentroom::relay::test
