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

// ---- newcomers whose list found no room ----

/// Newcomers may have 10 mailboxes and list 10 tokens together, which one of them has.
struct NoRoom : RelayWorld {
  NoRoom() : RelayWorld(limits()) {
    for (TestAgent* each : {&greedy, &ada, &bob, &cleo}) connect(*each);
    tell(greedy, list(10));
    tell(ada, invite.publish(*this));
    settle();
  }
  static RelayConfig limits() {
    RelayConfig config;
    config.limits.mailboxes = 100;
    config.limits.allowed_tokens = 100;
    config.limits.newcomer_percent = 10;
    return config;
  }
  protocol::Allow list(std::size_t count) {
    protocol::Allow allow;
    allow.hashes.resize(count);
    for (TokenHash& hash : allow.hashes) random.fill(hash.mutable_view());
    std::ranges::sort(allow.hashes);
    return allow;
  }
  void claim() {
    tell(bob, invite.claim(bob, new_msg_id(), "init"));
    settle();
  }
  /// Whether `to` takes a message by the token that is `from`'s.
  bool takes(TestAgent& from, TestAgent& to) {
    const MsgId msg_id = send(from, to, "hello");
    settle();
    const auto* answer = from.answer(msg_id);
    EXPECT_TRUE(answer == nullptr || answer->status == AckStatus::kQueued || answer->code == Code::kNotAllowed);
    return answer == nullptr || answer->status == AckStatus::kQueued;
  }

  TestAgent greedy{9};
  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
  TestInvite invite = make_invite(*this);
};

TEST(Allow, OfANewcomerThatFoundNoRoomCountsWithItsFirstClaim) {
  NoRoom world;
  world.allow(world.bob, {&world.ada});
  world.allow(world.ada, {&world.cleo});
  ASSERT_THAT(world.bob.errors, SizeIs(1));
  ASSERT_THAT(world.ada.errors, SizeIs(1));
  world.claim();
  EXPECT_TRUE(world.takes(world.ada, world.bob)) << "the claimant's";
  EXPECT_TRUE(world.takes(world.cleo, world.ada)) << "and the inviter's";
  world.crash();
  world.boot();
  world.connect(world.ada);
  const MsgId msg_id = world.send(world.ada, world.bob, "later");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued)) << "for good";
}

TEST(Allow, ThatFoundNoRoomIsReplacedByTheNext) {
  NoRoom world;
  world.allow(world.bob, {&world.ada});
  world.allow(world.bob, {&world.cleo});
  world.claim();
  EXPECT_TRUE(world.takes(world.cleo, world.bob));
  EXPECT_FALSE(world.takes(world.ada, world.bob));

  NoRoom other;
  other.allow(other.bob, {&other.ada});
  other.allow(other.bob, {});
  ASSERT_THAT(other.bob.errors, SizeIs(1)) << "this one is taken";
  other.claim();
  EXPECT_FALSE(other.takes(other.ada, other.bob));
}

TEST(Allow, ThatFoundNoRoomIsForgottenWithItsConnection) {
  NoRoom world;
  world.allow(world.bob, {&world.ada});
  world.connect(world.bob);
  world.claim();
  EXPECT_FALSE(world.takes(world.ada, world.bob)) << "it sends it again: the relay has another digest";
}

TEST(Allow, ListsThatFoundNoRoomAreKeptInBoundsAndMakeRoomWhenTheirConnectionsEnd) {
  for (const bool leave : {false, true}) {
    NoRoom world;
    std::vector<std::unique_ptr<TestAgent>> crowd;
    for (std::uint64_t i = 0; i < 25; ++i) {
      crowd.push_back(std::make_unique<TestAgent>(100 + i));
      ASSERT_TRUE(world.connect(*crowd.back()));
      world.tell(*crowd.back(), world.list(10'000));
      world.tell(*crowd.back(), world.list(10'000));
      world.settle();
      ASSERT_THAT(crowd.back()->errors, SizeIs(2));
    }
    if (leave) world.disconnect(*crowd.back());
    world.allow(world.bob, {&world.ada});
    world.claim();
    EXPECT_EQ(world.takes(world.ada, world.bob), leave);
    world.allow(world.bob, {&world.ada});
    EXPECT_THAT(world.bob.errors, SizeIs(1)) << "there is room for it";
    EXPECT_TRUE(world.takes(world.ada, world.bob));
  }
}

}  // namespace
}  // namespace agentroom::relay::test
