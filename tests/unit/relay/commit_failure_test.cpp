// A disk that fails: nothing of the batch was acknowledged, nothing is lost, order holds.
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

TEST(FailedCommit, LeavesTheMessageWithItsSender) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.store->fail();
  world.turn();
  const auto* answer = world.ada.answer(msg_id);
  ASSERT_TRUE(is(answer, AckStatus::kRejected, Code::kQueueFull));
  EXPECT_GT(answer->retry_after_ms, 0U);
  EXPECT_EQ(world.engine->status().pending, 0U);
}

TEST(FailedCommit, IsReportedUntilACommitSucceeds) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.turn();
  world.store->fail();
  EXPECT_FALSE(world.engine->status().store_ok);
  ASSERT_THAT(world.observer.failures, SizeIs(1));
  EXPECT_EQ(world.observer.failures[0].code, ErrorCode::kIo);
  world.settle();
  EXPECT_TRUE(world.engine->status().store_ok);
}

TEST(FailedCommit, TakesTheMessageWhenItComesAgain) {
  Pair world;
  world.bob_leaves();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.store->fail();
  world.settle();
  world.send_again(world.ada, world.bob, msg_id, "hello");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("hello"));
}

TEST(FailedCommit, LetsNoLaterMessageOvertake) {
  Pair world;
  world.bob_leaves();
  const MsgId first = world.send(world.ada, world.bob, "first");
  world.turn();
  const MsgId second = world.send(world.ada, world.bob, "second");
  world.turn();
  world.store->fail();
  world.settle();  // the disk works again
  EXPECT_TRUE(is(world.ada.answer(first), AckStatus::kRejected, Code::kQueueFull));
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kRejected, Code::kQueueFull));
  const MsgId third = world.send(world.ada, world.bob, "third");
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(third), AckStatus::kRejected, Code::kQueueFull));
  world.send_again(world.ada, world.bob, first, "first");
  world.send_again(world.ada, world.bob, second, "second");
  world.send_again(world.ada, world.bob, third, "third");
  world.settle();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second", "third"));
}

TEST(FailedCommit, TakesBackWhatTheSenderHasInFlightAfterIt) {
  Pair world;
  const MsgId first = world.send(world.ada, world.bob, "first");
  world.turn();
  world.advance(4s);
  const MsgId second = world.send(world.ada, world.bob, "second");
  world.turn();
  world.advance(1s);  // the first is handed over, the second is in flight
  world.store->fail();
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(first), AckStatus::kRejected, Code::kQueueFull));
  EXPECT_TRUE(is(world.ada.answer(second), AckStatus::kRejected, Code::kQueueFull));
  world.bob_leaves();
  EXPECT_EQ(world.engine->status().pending, 0U);
  world.send_again(world.ada, world.bob, first, "first");
  world.send_again(world.ada, world.bob, second, "second");
  world.settle();
  world.connect(world.bob);
  EXPECT_THAT(world.bob.texts(), ElementsAre("first", "second"));
}

TEST(FailedCommit, LeavesMessagesThatNeedNoDiskAlone) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "needs the disk");
  world.turn();
  world.store->resume_fails = true;
  world.store->fail();
  world.connect(world.cleo);
  world.tell(world.cleo, protocol::Allow{{crypto::hash_token(token_for(world.ada, world.cleo))}});
  const MsgId msg_id = world.send(world.ada, world.cleo, "needs none");
  world.turn();
  EXPECT_THAT(world.cleo.texts(), ElementsAre("needs none"));
  world.receipt_all(world.cleo);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(FailedCommit, RefusesWhatWouldNeedTheDisk) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "one");
  world.turn();
  world.store->resume_fails = true;
  world.store->fail();
  const MsgId msg_id = world.send(world.ada, world.bob, "two");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kQueueFull));
}

TEST(FailedCommit, KeepsInFlightWhatCannotBeStored) {
  Pair world;
  world.connect(world.cleo);
  world.store->resume_fails = true;
  world.tell(world.cleo, protocol::Allow{});
  world.turn();
  world.store->fail();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(10s);
  EXPECT_EQ(world.ada.answer(msg_id), nullptr);
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(FailedCommit, GivesBackWhatIsInFlightWhenItsConnectionEnds) {
  Pair world;
  world.connect(world.cleo);
  world.store->resume_fails = true;
  world.tell(world.cleo, protocol::Allow{});
  world.turn();
  world.store->fail();
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.disconnect(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kQueueFull));
}

TEST(FailedCommit, LosesNoReceipt) {
  Pair world;
  world.bob_leaves();
  world.send(world.ada, world.bob, "hello");
  world.settle();
  world.connect(world.bob);
  world.receipt_all(world.bob);
  world.turn();
  world.store->fail();
  world.settle();
  world.crash();
  world.boot();
  world.connect(world.bob);
  EXPECT_EQ(world.bob.welcome.pending, 0U);
}

TEST(FailedCommit, LosesNoAllow) {
  Pair world;
  world.tell(world.bob, protocol::Allow{});
  world.turn();
  world.store->fail();
  world.settle();
  world.crash();
  world.boot();
  world.connect(world.ada);
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(FailedCommit, OfAReceiptedMessageChangesNothingForItsSender) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.advance(5s);
  world.receipt_all(world.bob);
  world.store->fail();
  world.settle();
  EXPECT_THAT(world.ada.acks, SizeIs(1));
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
}

TEST(FailedCommit, OfAPublishTellsItsOwnerAndForgetsTheInvite) {
  Pair world;
  const TestInvite invite = make_invite(world);
  auto publish = invite.publish(world);
  world.tell(world.ada, publish);
  world.turn();
  world.store->fail();
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(publish.request_id), AckStatus::kRejected, Code::kInternal));
  EXPECT_EQ(world.engine->status().invites, 0U);
  world.tell(world.ada, publish);
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(publish.request_id), AckStatus::kOk));
}

TEST(FailedCommit, OfAClaimLeavesTheInviteOpen) {
  Pair world;
  const TestInvite invite = make_invite(world);
  world.tell(world.ada, invite.publish(world));
  world.settle();
  world.connect(world.cleo);
  const MsgId msg_id = world.new_msg_id();
  const std::string init = "session init";
  world.tell(world.cleo, invite.claim(world.cleo, msg_id, init));
  world.turn();
  world.store->fail();
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kQueueFull));
  EXPECT_EQ(world.engine->status().invites, 1U);
  EXPECT_THAT(world.ada.deliveries, IsEmpty());
  world.tell(world.cleo, invite.claim(world.cleo, msg_id, init));
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
  EXPECT_THAT(world.ada.texts(), ElementsAre("session init"));
}

// The next commit ends what the claim allowed: without the list that follows on it the claimant would be shut out.
TEST(FailedCommit, PartsNoAllowFromTheInviteWhosePlaceItTakes) {
  Pair world;
  const TestInvite invite = make_invite(world);
  world.tell(world.ada, invite.publish(world));
  world.settle();
  world.connect(world.cleo);
  const std::string init = "session init";
  world.tell(world.cleo, invite.claim(world.cleo, world.new_msg_id(), init));
  world.settle();
  world.receipt_all(world.ada);
  world.settle();
  world.tell(world.ada, protocol::Allow{{crypto::hash_token(invite.token())}});
  world.turn();
  world.store->fail();
  world.turn();  // it tries again
  ASSERT_TRUE(world.store->complete());
  world.crash();
  world.boot();
  world.connect(world.cleo);
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, protocol::Send{msg_id, world.ada.id(), invite.token(), as_bytes(init)});
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kQueued));
}

// Who hears that its claim was refused goes on sending: a message that the claim had held back would be passed by the
// next one.
TEST(FailedCommit, OfAClaimHoldsNoMessageBack) {
  Pair world;
  const TestInvite invite = make_invite(world);
  world.tell(world.ada, invite.publish(world));
  world.settle();
  const MsgId claim = world.new_msg_id();
  world.tell(world.bob, invite.claim(world.bob, claim, "session init"));
  world.turn();
  world.store->fail();
  world.settle();
  ASSERT_TRUE(is(world.bob.answer(claim), AckStatus::kRejected, Code::kQueueFull));
  const MsgId first = world.send(world.bob, world.ada, "first");
  world.turn();
  const MsgId second = world.send(world.bob, world.ada, "second");
  world.turn();
  EXPECT_THAT(world.ada.texts(), ElementsAre("first", "second"));
  world.receipt_all(world.ada);
  world.settle();
  EXPECT_TRUE(is(world.bob.answer(first), AckStatus::kDelivered));
  EXPECT_TRUE(is(world.bob.answer(second), AckStatus::kDelivered));
}

TEST(FailedCommit, OfARevokeLeavesTheInviteOpen) {
  Pair world;
  const TestInvite invite = make_invite(world);
  world.tell(world.ada, invite.publish(world));
  world.settle();
  const auto revoke = invite.revoke(world);
  world.tell(world.ada, revoke);
  world.turn();
  world.store->fail();
  world.settle();
  EXPECT_TRUE(is(world.ada.answer(revoke.request_id), AckStatus::kRejected, Code::kInternal));
  EXPECT_EQ(world.engine->status().invites, 1U);
  world.crash();
  world.boot();
  EXPECT_EQ(world.engine->status().invites, 1U);
}

}  // namespace
}  // namespace agentroom::relay::test
