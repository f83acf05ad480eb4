// Acceptances that nobody answers (protocol sections 3 and 7.7): how each of them ends, and what is told.
#include <gmock/gmock.h>

#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::InviteClosed;
using agent_events::SendProgress;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Bob accepted ann's invite while she was away.
class Unanswered : public testing::Test {
 protected:
  void accept() {
    const std::string url = ann.invite();
    ann.crash();
    auto accepted = bob.accept(url);
    world.run();
    ASSERT_TRUE(accepted->has_value() && accepted->value());
  }
  PeerState state() { return bob.engine().peers().at(0).state; }

  World world;
  TestAgent& ann = world.connected(false, "ann");
  TestAgent& bob = world.connected(false, "bob");
};

TEST_F(Unanswered, AClaimThatNoRelayTookShowsInThePeersAndEndsWhenTheRelaySaysSo) {
  const std::string url = ann.invite();
  ann.crash();
  world.relay().mute_acks = true;
  auto accepted = bob.accept(url);
  world.advance(seconds(16));
  ASSERT_TRUE(accepted->has_value() && !accepted->value());
  ASSERT_THAT(bob.engine().peers(), SizeIs(1));
  EXPECT_EQ(state(), PeerState::kClaiming);
  // Whatever the relay took is gone when it comes back, and the invite has expired.
  world.replace_relay(kUrl, std::string("secret of ") + kUrl);
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kExpired};
  world.advance(seconds(31));
  EXPECT_THAT(bob.engine().peers(), IsEmpty());
  EXPECT_EQ(bob.store->count('s'), 0U);
  ASSERT_THAT(bob.all<InviteClosed>(), SizeIs(1));
  EXPECT_EQ(bob.all<InviteClosed>()[0].why, "invite expired");
}

TEST_F(Unanswered, AClaimIsKeptForAsLongAsTheRelayRemembersIt) {
  const std::string url = ann.invite(3'600'000);
  ann.crash();
  world.relay().mute_acks = true;
  bob.accept(url);
  world.advance(seconds(16));
  world.relay().online = false;
  world.relay().cut();
  world.jump(days(14));
  world.advance(minutes(2));
  EXPECT_EQ(state(), PeerState::kClaiming) << "the relay may still say that it took it";
  world.jump(hours(2));
  world.advance(minutes(2));
  EXPECT_THAT(bob.engine().peers(), IsEmpty());
  EXPECT_THAT(bob.all<InviteClosed>(), SizeIs(1));
}

TEST_F(Unanswered, TheInvitersWordOutweighsARelayThatForgotTheClaim) {
  const std::string url = ann.invite();
  world.relay().mute_acks = true;  // the claim reaches ann, and its OK is lost
  bob.accept(url);
  world.run();
  ASSERT_EQ(state(), PeerState::kClaiming);
  world.relay().mute_acks = false;
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kNotFound};
  world.relay().cut();
  world.advance(seconds(2));
  EXPECT_THAT(bob.all<InviteClosed>(), IsEmpty());
  EXPECT_EQ(state(), PeerState::kReady);
  bob.send(ann.id(), "hello");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("hello"));
}

TEST_F(Unanswered, ThePeersShowThatTheInviterHasNotAnsweredYet) {
  accept();
  EXPECT_EQ(state(), PeerState::kWaiting);
  ann.start();
  world.run();
  EXPECT_EQ(state(), PeerState::kReady);
}

TEST_F(Unanswered, ForSevenDaysItEndsForAnAgentThatNeverRunsForAMinute) {
  accept();
  bob.send(ann.id(), "are you there?");
  world.run();
  bob.crash();
  world.jump(days(7) + hours(2));
  bob.start();
  EXPECT_EQ(state(), PeerState::kUnanswered) << "before anything is asked of it";
  world.run();
  ASSERT_THAT(bob.all<InviteClosed>(), SizeIs(1));
  EXPECT_THAT(bob.all<InviteClosed>()[0].why, HasSubstr("did not connect within 7 days"));
  bob.restart();
  world.run();
  EXPECT_THAT(bob.all<InviteClosed>(), SizeIs(1)) << "told once";
}

TEST_F(Unanswered, ForSevenDaysItEndsInWordsWithAllThatWasSent) {
  accept();
  auto sent = bob.send(ann.id(), "are you there?");
  world.run();
  ASSERT_TRUE(sent->value());
  world.relay().online = false;
  world.relay().cut();
  bob.send(ann.id(), "hello?");
  world.jump(days(7));
  world.advance(minutes(2));
  EXPECT_THAT(bob.all<InviteClosed>(), IsEmpty());
  EXPECT_EQ(state(), PeerState::kWaiting);
  world.jump(hours(1));
  world.advance(minutes(2));
  ASSERT_THAT(bob.all<InviteClosed>(), SizeIs(1));
  EXPECT_THAT(bob.all<InviteClosed>()[0].why, HasSubstr("did not connect within 7 days"));
  EXPECT_EQ(state(), PeerState::kUnanswered);
  EXPECT_EQ(bob.engine().outbox_size(), 0U);
  EXPECT_EQ(bob.all<SendProgress>().back().status, SendStatus::kFailed);
  auto refused = bob.send(ann.id(), "hello??");
  world.run();
  EXPECT_EQ(refused->value().error().code, ErrorCode::kNoSession);
  EXPECT_THAT(refused->value().error().hint, HasSubstr("agentroom invite create"));
  bob.restart();
  world.advance(minutes(2));
  EXPECT_THAT(bob.all<InviteClosed>(), SizeIs(1)) << "told once";
  EXPECT_EQ(state(), PeerState::kUnanswered);
  world.jump(days(7));
  world.advance(minutes(2));
  EXPECT_THAT(bob.engine().peers(), IsEmpty());
  EXPECT_EQ(bob.store->count('s'), 0U);
}

TEST_F(Unanswered, OneThatEndedWhileTheAgentWasAwayIsKeptSevenDaysFromItsReturn) {
  accept();
  bob.crash();
  world.jump(days(30));
  bob.start();
  world.run();
  ASSERT_EQ(state(), PeerState::kUnanswered);
  world.jump(days(7) - hours(1));
  world.advance(minutes(2));
  ASSERT_THAT(bob.engine().peers(), SizeIs(1)) << "the inviter's answer may still come";
  world.jump(hours(2));
  world.advance(minutes(2));
  EXPECT_THAT(bob.engine().peers(), IsEmpty());
}

TEST_F(Unanswered, AnAnswerThatCameLateStillBringsTheSessionBack) {
  accept();
  world.relay().online = false;
  world.relay().cut();
  bob.send(ann.id(), "lost");
  world.jump(days(7) + hours(2));
  world.advance(minutes(2));
  ASSERT_EQ(state(), PeerState::kUnanswered);
  world.relay().online = true;
  ann.start();
  world.advance(seconds(31));
  EXPECT_EQ(state(), PeerState::kReady);
  bob.send(ann.id(), "found");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("found"));
}

TEST_F(Unanswered, ANewInviteTakesThePlaceOfOneThatCameToNothing) {
  accept();
  world.relay().expire(ann.id());
  world.jump(days(7) + hours(2));
  world.advance(minutes(2));
  ASSERT_EQ(state(), PeerState::kUnanswered);
  ann.start();
  world.befriend(ann, bob);
  EXPECT_THAT(bob.engine().peers(), SizeIs(1));
  EXPECT_EQ(state(), PeerState::kReady);
  bob.send(ann.id(), "hello");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("hello"));
}

}  // namespace
}  // namespace agentroom::test
