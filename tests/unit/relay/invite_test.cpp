// Publish, revoke, claim (protocol sections 2, 6 and 7.6).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

struct Inviting : Pair {
  explicit Inviting(RelayConfig relay_config = {}) : Pair(std::move(relay_config)) {
    connect(cleo);
    invite = make_invite(*this);
  }
  RequestId publish(TestAgent& by) {
    auto frame = invite.publish(*this);
    const RequestId id = frame.request_id;
    tell(by, std::move(frame));
    settle();
    return id;
  }
  RequestId revoke(TestAgent& by) {
    auto frame = invite.revoke(*this);
    const RequestId id = frame.request_id;
    tell(by, std::move(frame));
    settle();
    return id;
  }
  MsgId claim(TestAgent& by) {
    const MsgId msg_id = new_msg_id();
    claim_again(by, msg_id);
    settle();
    return msg_id;
  }
  void claim_again(TestAgent& by, const MsgId& msg_id) { tell(by, invite.claim(by, msg_id, init)); }
  /// Cleo writes to Ada with the invite's token.
  MsgId write(TestAgent& by) {
    const MsgId msg_id = new_msg_id();
    tell(by, protocol::Send{msg_id, ada.id(), invite.token(), as_bytes(text)});
    settle();
    return msg_id;
  }

  TestInvite invite;
  std::string init = "session init";
  std::string text = "with the invite's token";
};

// ---- publish ----

TEST(Invite, IsOpenOnceItsPublishIsDurable) {
  Inviting world;
  const auto publish = world.invite.publish(world);
  world.tell(world.ada, publish);
  world.turn();
  EXPECT_EQ(world.ada.answer(publish.request_id), nullptr);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(publish.request_id), AckStatus::kOk));
  EXPECT_EQ(world.engine->status().invites, 1U);
}

TEST(Invite, MayBePublishedAgainByItsOwner) {
  Inviting world;
  world.publish(world.ada);
  EXPECT_TRUE(is(world.ada.answer(world.publish(world.ada)), AckStatus::kOk));
  EXPECT_EQ(world.engine->status().invites, 1U);
}

TEST(Invite, CannotBeTakenOverByPublishingItAgain) {
  Inviting world;
  world.publish(world.ada);
  EXPECT_TRUE(is(world.bob.answer(world.publish(world.bob)), AckStatus::kRejected, Code::kNotAllowed));
  auto changed = world.invite.publish(world);
  changed.expires_at += 1;
  world.tell(world.ada, changed);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(changed.request_id), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(Invite, ThatHasExpiredIsNotPublished) {
  Inviting world;
  world.invite.expires_at = world.now.unix_ms;
  EXPECT_TRUE(is(world.ada.answer(world.publish(world.ada)), AckStatus::kRejected, Code::kExpired));
}

TEST(Invite, LivesAtMostSevenDays) {
  Inviting world;
  world.invite.expires_at = world.now.unix_ms + 7LL * 24 * 3600 * 1000 + 30'001;
  EXPECT_TRUE(is(world.ada.answer(world.publish(world.ada)), AckStatus::kRejected, Code::kNotAllowed));
  world.invite.expires_at -= 1;
  EXPECT_TRUE(is(world.ada.answer(world.publish(world.ada)), AckStatus::kOk));
}

TEST(Invite, GivesItsInviterAMailbox) {
  RelayWorld world;
  TestAgent ada{1};
  world.connect(ada);
  const TestInvite invite = make_invite(world);
  world.tell(ada, invite.publish(world));
  world.settle();
  world.connect(ada);
  EXPECT_EQ(ada.welcome.allow_digest, crypto::digest_allowed({}));
}

TEST(Invite, QuotaOfAnAgentCountsOpenOnes) {
  RelayConfig config;
  config.limits.open_invites = 2;
  Inviting world(config);
  const TestInvite first = make_invite(world);
  world.invite = make_invite(world);
  world.publish(world.ada);
  world.invite = make_invite(world);
  world.publish(world.ada);
  const TestInvite second = make_invite(world);
  const auto publish = second.publish(world);
  world.tell(world.ada, publish);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(publish.request_id), AckStatus::kRejected, Code::kInviteQuota));
  world.claim(world.cleo);
  world.tell(world.ada, publish);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(publish.request_id), AckStatus::kOk));
}

TEST(Invite, QuotaOfTheRelayMakesRoomFromRevokedOnesOnly) {
  RelayConfig config;
  config.limits.invites = 2;
  config.limits.newcomer_percent = 100;
  Inviting world(config);
  world.publish(world.ada);
  world.revoke(world.ada);
  world.invite = make_invite(world);
  world.publish(world.ada);
  world.invite = make_invite(world);
  EXPECT_TRUE(is(world.bob.answer(world.publish(world.bob)), AckStatus::kOk));
  world.invite = make_invite(world);
  EXPECT_TRUE(is(world.bob.answer(world.publish(world.bob)), AckStatus::kRejected, Code::kInviteQuota));
  world.crash();
  world.boot();
  EXPECT_EQ(world.engine->status().invites, 2U);
}

TEST(Invite, MayBePublishedOnlyByThoseWhoAreNamed) {
  TestAgent named{1};
  RelayConfig config;
  config.publishers = std::vector{named.id()};
  Inviting world(config);
  EXPECT_TRUE(is(world.ada.answer(world.publish(world.ada)), AckStatus::kOk));
  world.invite = make_invite(world);
  EXPECT_TRUE(is(world.cleo.answer(world.publish(world.cleo)), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(Invite, MayBePublishedByThoseWhoClaimedHereAfterARestartToo) {
  TestAgent named{1};
  RelayConfig config;
  config.publishers = std::vector{named.id()};
  Inviting world(config);
  world.publish(world.ada);
  world.claim(world.cleo);
  world.invite = make_invite(world);
  EXPECT_TRUE(is(world.cleo.answer(world.publish(world.cleo)), AckStatus::kOk));
  world.crash();
  world.boot();
  world.connect(world.cleo);
  world.invite = make_invite(world);
  EXPECT_TRUE(is(world.cleo.answer(world.publish(world.cleo)), AckStatus::kOk));
}

// ---- revoke ----

TEST(Invite, ThatWasRevokedCannotBeClaimed) {
  Inviting world;
  world.publish(world.ada);
  EXPECT_TRUE(is(world.ada.answer(world.revoke(world.ada)), AckStatus::kOk));
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kRejected, Code::kRevoked));
  EXPECT_EQ(world.engine->status().invites, 0U);
}

TEST(Invite, ThatWasRevokedStaysSoAfterARestart) {
  Inviting world;
  world.publish(world.ada);
  world.revoke(world.ada);
  world.crash();
  world.boot();
  world.connect(world.cleo);
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kRejected, Code::kRevoked));
}

TEST(Invite, MayBeRevokedTwiceAndWhenItIsUnknown) {
  Inviting world;
  EXPECT_TRUE(is(world.ada.answer(world.revoke(world.ada)), AckStatus::kOk));
  world.publish(world.ada);
  world.revoke(world.ada);
  EXPECT_TRUE(is(world.ada.answer(world.revoke(world.ada)), AckStatus::kOk));
}

TEST(Invite, MayBeRevokedAfterItExpired) {
  Inviting world;
  world.publish(world.ada);
  world.advance(25h);
  world.connect(world.ada);
  EXPECT_TRUE(is(world.ada.answer(world.revoke(world.ada)), AckStatus::kOk));
}

TEST(Invite, ThatIsUsedCannotBeRevoked) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  EXPECT_TRUE(is(world.ada.answer(world.revoke(world.ada)), AckStatus::kRejected, Code::kAlreadyClaimed));
}

// ---- claim ----

TEST(Claim, IsAnsweredOnlyOnceItIsDurableWithItsMessage) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.new_msg_id();
  world.claim_again(world.cleo, msg_id);
  world.turn();
  ASSERT_EQ(world.store->waiting(), 1U);
  EXPECT_EQ(world.cleo.answer(msg_id), nullptr);
  EXPECT_THAT(world.ada.deliveries, IsEmpty());
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
  ASSERT_THAT(world.ada.texts(), ElementsAre("session init"));
  EXPECT_EQ(world.ada.deliveries[0].msg_id, msg_id);
  EXPECT_EQ(world.ada.deliveries[0].from, world.cleo.id());
}

TEST(Claim, SurvivesACrashAsAWholeOrNotAtAll) {
  for (const bool durable : {false, true}) {
    Inviting world;
    world.publish(world.ada);
    world.claim_again(world.cleo, world.new_msg_id());
    world.turn();
    if (durable) world.store->complete();
    world.crash();
    world.boot();
    EXPECT_EQ(world.engine->status().invites, durable ? 0U : 1U);
    EXPECT_EQ(world.engine->status().pending, durable ? 1U : 0U);
  }
}

TEST(Claim, WaitsForAnInviterWhoIsNotThere) {
  Inviting world;
  world.publish(world.ada);
  world.disconnect(world.ada);
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kOk));
  world.connect(world.ada);
  EXPECT_THAT(world.ada.texts(), ElementsAre("session init"));
}

TEST(Claim, OfAnUnknownInviteIsNotFound) {
  Inviting world;
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kRejected, Code::kNotFound));
}

TEST(Claim, OfAnExpiredInviteIsRefusedByTheRelaysClock) {
  Inviting world;
  world.publish(world.ada);
  world.now.unix_ms = world.invite.expires_at;
  TestAgent dan{4};
  world.now.unix_ms = world.invite.expires_at + 1;
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kRejected, Code::kExpired));
  world.now.unix_ms = world.invite.expires_at;
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kOk));
}

TEST(Claim, OfAUsedInviteIsRefused) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  EXPECT_TRUE(is(world.bob.answer(world.claim(world.bob)), AckStatus::kRejected, Code::kAlreadyClaimed));
}

TEST(Claim, OfOnesOwnInviteIsRefused) {
  Inviting world;
  world.publish(world.ada);
  EXPECT_TRUE(is(world.ada.answer(world.claim(world.ada)), AckStatus::kRejected, Code::kNotAllowed));
  EXPECT_EQ(world.engine->status().invites, 1U);
}

TEST(Claim, AnswersOkAgainWithoutASecondMessage) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.claim(world.cleo);
  world.connect(world.cleo);
  world.cleo.clear();
  world.claim_again(world.cleo, msg_id);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
  EXPECT_THAT(world.ada.texts(), ElementsAre("session init"));
}

TEST(Claim, AnswersOkAgainUntilFourteenDaysAfterExpiry) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.claim(world.cleo);
  world.receipt_all(world.ada);
  world.settle();
  world.crash();
  world.now.unix_ms = world.invite.expires_at + 14LL * 24 * 3600 * 1000 - 1;
  world.boot();
  world.connect(world.cleo);
  world.cleo.clear();
  world.claim_again(world.cleo, msg_id);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
  EXPECT_EQ(world.engine->status().pending, 0U);

  world.crash();
  world.now.unix_ms += 1;
  world.boot();
  world.connect(world.cleo);
  world.claim_again(world.cleo, msg_id);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kNotFound));
}

TEST(Claim, ThatDiffersInIdOrEnvelopeIsAnother) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.claim(world.cleo);
  EXPECT_TRUE(is(world.cleo.answer(world.claim(world.cleo)), AckStatus::kRejected, Code::kAlreadyClaimed));
  world.init = "another";
  world.claim_again(world.cleo, msg_id);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kAlreadyClaimed));
}

TEST(Claim, ThatComesAgainBeforeItIsDurableIsAnsweredByItsCommit) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.new_msg_id();
  world.claim_again(world.cleo, msg_id);
  world.turn();
  world.claim_again(world.cleo, msg_id);
  world.turn();
  EXPECT_EQ(world.cleo.answer(msg_id), nullptr);
  world.settle();
  EXPECT_THAT(world.cleo.acks, SizeIs(1));
}

TEST(Claim, WithoutRoomLeavesTheInviteOpen) {
  RelayConfig config;
  config.limits.mailbox_messages = 2;
  Inviting world(config);
  world.publish(world.ada);
  world.disconnect(world.ada);
  world.send(world.bob, world.ada, "fills Bob's half");
  world.send(world.cleo, world.ada, "fills Cleo's half");
  world.settle();
  const MsgId msg_id = world.claim(world.cleo);
  const auto* answer = world.cleo.answer(msg_id);
  ASSERT_TRUE(is(answer, AckStatus::kRejected, Code::kQueueFull));
  EXPECT_GT(answer->retry_after_ms, 0U);
  EXPECT_EQ(world.engine->status().invites, 1U);
  world.connect(world.ada);
  world.drain(world.ada);
  world.claim_again(world.cleo, msg_id);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
}

TEST(Claim, ThatIsRefusedByTheInviterIsToldToTheClaimant) {
  Inviting world;
  world.publish(world.ada);
  const MsgId msg_id = world.claim(world.cleo);
  world.receipt(world.ada, world.ada.deliveries[0], ReceiptStatus::kRefused);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kUnreadable));
}

TEST(Claim, ComesAfterEarlierMessagesOfTheSameSender) {
  Inviting world;
  world.publish(world.ada);
  world.send(world.cleo, world.ada, "earlier, in another session");
  world.turn();
  world.claim(world.cleo);
  world.disconnect(world.ada);
  world.ada.clear();
  world.connect(world.ada);
  EXPECT_THAT(world.ada.texts(), ElementsAre("earlier, in another session", "session init"));
}

// ---- the invite's token ----

TEST(InviteToken, IsListedFromTheClaimOn) {
  Inviting world;
  world.publish(world.ada);
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kRejected, Code::kNotAllowed));
  world.claim(world.cleo);
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kQueued));
}

TEST(InviteToken, IsListedForTheClaimantAlone) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  EXPECT_TRUE(is(world.bob.answer(world.write(world.bob)), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(InviteToken, StaysListedThroughAnAllowBeforeTheReceipt) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  world.allow(world.ada, {&world.bob});
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kQueued));
}

TEST(InviteToken, StaysListedAfterTheReceiptUntilTheNextAllow) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  world.receipt_all(world.ada);
  world.settle();
  world.write(world.cleo);
  EXPECT_THAT(world.ada.texts(), ElementsAre(world.text));
  world.receipt_all(world.ada);
  world.allow(world.ada, {&world.bob});
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(InviteToken, IsListedNoLongerOnceTheSessionsStartWasRefused) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  world.receipt(world.ada, world.ada.deliveries[0], ReceiptStatus::kRefused);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(InviteToken, IsRememberedAcrossARestart) {
  Inviting world;
  world.publish(world.ada);
  world.claim(world.cleo);
  world.receipt_all(world.ada);
  world.settle();
  world.crash();
  world.boot();
  world.connect(world.ada);
  world.connect(world.cleo);
  world.write(world.cleo);
  EXPECT_THAT(world.ada.texts(), ElementsAre(world.text));
  world.allow(world.ada, {});
  world.crash();
  world.boot();
  world.connect(world.cleo);
  EXPECT_TRUE(is(world.cleo.answer(world.write(world.cleo)), AckStatus::kRejected, Code::kNotAllowed));
}

}  // namespace
}  // namespace agentroom::relay::test
