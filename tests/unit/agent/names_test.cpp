// One relay under names that its owner uses (protocol section 6): by which it is known, and what takes over when.
#include <gmock/gmock.h>

#include "protocol/invite.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::Connected;
using agent_events::Disconnected;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kOther = "ws://other-name.test/ws";
constexpr const char* kRepeater = "ws://repeater.test/ws";
constexpr const char* kOldPlace = "ws://old-place.test/ws";
constexpr const char* kEvil = "ws://a-evil.test/ws";

/// Dave's relay is that at kUrl, and he knows it by its other name.
class Names : public testing::Test {
 protected:
  Names() {
    world.lead(kOther, kUrl);
    AgentConfig config;
    config.server = kOther;
    dave = &world.agent(config);
  }
  void befriend(TestAgent& agent) {
    auto accepted = agent.accept(dave->invite());
    world.advance(seconds(5));
    ASSERT_TRUE(accepted->has_value());
    ASSERT_TRUE(accepted->value()) << accepted->value().error().message;
  }
  /// Knows the relay by its other name only, and is told to use `server` from now on.
  TestAgent& newcomer(const std::string& server) {
    TestAgent& carl = world.agent({});
    befriend(carl);
    carl.config.server = server;
    carl.restart();
    carl.events.clear();
    carl.dialled.clear();
    return carl;
  }

  World world;
  TestAgent* dave = nullptr;
};

// ---- the configured name takes over ----

TEST_F(Names, AChallengeAloneEndsNoLinkThatWorks) {
  // Whoever stands there has heard the relay, and can answer no Hello.
  world.replace_relay(kRepeater, std::string("secret of ") + kUrl).tamper_hello_ack = [](Bytes& ack) {
    ack.back() ^= std::byte{1};
  };
  TestAgent& carl = newcomer(kRepeater);
  carl.send(dave->id(), "one");
  world.advance(seconds(15));
  EXPECT_GT(world.relay(kRepeater).hellos, 2U);
  EXPECT_THAT(carl.all<Connected>(), SizeIs(1)) << "with pauses, but it is one link all the time";
  world.advance(minutes(5));
  carl.send(dave->id(), "two");
  world.advance(seconds(11));
  EXPECT_THAT(dave->received(), ElementsAre("one", "two"));
  EXPECT_THAT(carl.all<Disconnected>(), Each(Field(&Disconnected::url, kRepeater)));
  carl.restart();
  world.advance(seconds(5));
  EXPECT_EQ(carl.store->count('p'), 1U) << "and makes no pin";
}

TEST_F(Names, ALinkThatAnotherOneOfTheAgentReplacedGoesOnWhenThatOneGetsNoAnswer) {
  TestAgent& carl = newcomer(kUrl);
  carl.dead = {kUrl};
  carl.send(dave->id(), "one");
  world.advance(seconds(2));
  ASSERT_THAT(dave->received(), ElementsAre("one"));
  // The relay takes the Hello, and its answer is lost with the name.
  carl.dead.clear();
  world.relay().tamper_hello_ack = [&](Bytes& ack) {
    if (carl.dialled.back() != kUrl) return;
    ack.back() ^= std::byte{1};
    carl.dead = {kUrl};
  };
  for (int i = 0; i < 60 && carl.dead.empty(); ++i) world.advance(seconds(1));
  ASSERT_THAT(carl.dead, SizeIs(1));
  carl.dialled.clear();
  carl.send(dave->id(), "two");
  world.advance(seconds(5));
  EXPECT_THAT(carl.dialled, Contains(kOther));
  EXPECT_THAT(dave->received(), ElementsAre("one", "two"));
  EXPECT_THAT(carl.all<Disconnected>(), Each(Field(&Disconnected::final, false)));
}

TEST_F(Names, ThatOneWhichTheRelayAnsweredTakesOver) {
  TestAgent& carl = newcomer(kUrl);
  carl.dead = {kUrl};
  carl.send(dave->id(), "one");
  world.advance(seconds(2));
  carl.dead.clear();
  carl.events.clear();
  for (int i = 0; i < 60 && carl.all<Connected>().empty(); ++i) world.advance(seconds(1));
  ASSERT_THAT(carl.all<Connected>(), SizeIs(1));
  EXPECT_EQ(carl.all<Connected>()[0].url, kUrl);
  const auto down = carl.all<Disconnected>();
  ASSERT_FALSE(down.empty());
  EXPECT_EQ(down.back().url, kOther);
  EXPECT_TRUE(down.back().more);
  EXPECT_FALSE(down.back().final);
  // Another process of this identity is told apart from that.
  world.relay().closing(carl.id(), protocol::ClosingReason::kReplaced);
  world.run();
  EXPECT_TRUE(carl.all<Disconnected>().back().final);
}

TEST_F(Names, ALinkThatIsJoinedSaysSoAlsoWhenTheRelayHasNotEndedItYet) {
  TestAgent& carl = newcomer(kUrl);
  carl.dead = {kUrl};
  carl.send(dave->id(), "one");
  world.advance(seconds(2));
  carl.dead.clear();
  // A relay of the same key in another place, which knows nothing of the first connection.
  world.lead(kUrl, kRepeater);
  world.replace_relay(kRepeater, std::string("secret of ") + kUrl);
  for (int i = 0; i < 60 && carl.all<Connected>().size() < 2; ++i) world.advance(seconds(1));
  const auto down = carl.all<Disconnected>();
  ASSERT_FALSE(down.empty());
  EXPECT_EQ(down.back().url, kOther);
  EXPECT_TRUE(down.back().more);
  EXPECT_THAT(down.back().why.message, HasSubstr(kUrl));
}

// ---- another name gets there first ----

TEST_F(Names, ARelayIsKnownByTheConfiguredNameThroughWhicheverItIsReached) {
  TestAgent& bob = world.connected();
  world.run();
  bob.dead = {kUrl};
  world.relay().cut(bob.id());
  world.advance(seconds(2));
  befriend(bob);
  EXPECT_EQ(bob.all<Connected>().back().url, kUrl);
  EXPECT_EQ(bob.all<Connected>().back().through, kOther);
  auto invite = protocol::parse_invite(bob.invite());
  ASSERT_TRUE(invite);
  EXPECT_EQ(invite->server_url, kUrl);
  bob.send(dave->id(), "through the other name");
  world.run();
  EXPECT_THAT(dave->received(), ElementsAre("through the other name"));
  const std::size_t connections = bob.all<Connected>().size();
  world.advance(minutes(5));
  EXPECT_EQ(bob.all<Connected>().size(), connections) << "no second connection, and none replaces another";
  // The next round begins with the configured name.
  bob.dead.clear();
  bob.dialled.clear();
  world.relay().cut(bob.id());
  world.advance(seconds(2));
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl));
  EXPECT_EQ(bob.all<Connected>().back().through, kUrl);
  dave->send(bob.id(), "and back");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("and back"));
}

TEST_F(Names, AnInviteThatWasMadeAtAFormerOneEndsAtThePresentOne) {
  dave->invite(60'000);
  dave->config.server = kUrl;
  dave->restart();
  world.advance(minutes(4));
  EXPECT_EQ(dave->store->count('v'), 0U);
  EXPECT_THAT(dave->all<agent_events::InviteClosed>(), SizeIs(1));
}

// ---- the owner trusts a new key at one name ----

TEST_F(Names, OfWhichOneGetsANewKeyPartAndTheOtherKeepsItsRelay) {
  TestAgent& bob = world.connected();
  befriend(bob);
  bob.restart();
  world.run();
  ASSERT_EQ(bob.store->count('p'), 2U);
  // Another relay has the configured name now; the old one stays at its other name.
  world.lead(kUrl, kRepeater);
  world.lead(kOther, kOldPlace);
  world.replace_relay(kOldPlace, std::string("secret of ") + kUrl);
  dave->restart();
  bob.config.trust_relay = true;
  bob.restart();
  world.advance(seconds(5));
  EXPECT_TRUE(world.relay(kRepeater).connected(bob.id()));
  dave->send(bob.id(), "still there?");
  world.advance(seconds(5));
  bob.send(dave->id(), "hello");
  world.advance(seconds(10));
  EXPECT_TRUE(world.relay(kOther).connected(bob.id()));
  EXPECT_THAT(dave->received(), ElementsAre("hello"));
  EXPECT_THAT(bob.received(), ElementsAre("still there?"));
  EXPECT_THAT(bob.dialled, Contains(kOther));
}

// ---- a URL that an invite brings ----

/// Bob has no configured relay. Mallory's invites lead him to the relay that he has a session at already, by a URL
/// where she stands.
class InvitedNames : public testing::Test {
 protected:
  InvitedNames() {
    world.lead(kEvil, kUrl);
    AgentConfig config;
    config.server = kEvil;
    mallory = &world.agent(config);
  }
  void accept_of_mallory() {
    const std::string invite = mallory->invite();
    bob.accept(invite);
    world.run();
  }
  void refused_invite() {
    world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kNotFound};
    accept_of_mallory();
    world.relay().refuse_claims.reset();
  }
  /// What bob dials for a message to ann, which arrives.
  std::vector<std::string> dialled_for(const std::string& text) {
    bob.dialled.clear();
    bob.send(ann.id(), text);
    world.advance(seconds(5));
    EXPECT_THAT(ann.received(), Contains(text));
    return bob.dialled;
  }

  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.agent({});
  TestAgent* mallory = nullptr;
};

TEST_F(InvitedNames, ARefusedInviteLeavesNeitherNameNorRouteNorPin) {
  world.befriend(ann, bob);
  refused_invite();
  bob.restart();
  EXPECT_THAT(dialled_for("one"), ElementsAre(kUrl));
  EXPECT_EQ(bob.store->count('p'), 1U);
  EXPECT_EQ(bob.store->count('s'), 1U);
}

TEST_F(InvitedNames, ARefusedInviteIsForgottenWithoutARestart) {
  world.befriend(ann, bob);
  world.advance(minutes(1));
  refused_invite();
  EXPECT_EQ(bob.all<Connected>().back().url, kUrl);
  EXPECT_EQ(bob.all<Connected>().back().through, kEvil);
  world.advance(minutes(2));
  EXPECT_EQ(bob.store->count('p'), 1U);
  bob.dead = {kUrl};
  bob.dialled.clear();
  bob.send(ann.id(), "one");
  world.advance(minutes(1));
  EXPECT_THAT(bob.dialled, Each(kUrl));
}

TEST_F(InvitedNames, ARefusedInviteTakesNoPinThatTheOwnerHadBefore) {
  bob.config.server = kUrl;
  bob.restart();
  world.run();
  bob.config.server.reset();
  bob.restart();
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kNotFound};
  bob.accept(ann.invite());
  world.advance(minutes(2));
  EXPECT_EQ(bob.store->count('s'), 0U);
  EXPECT_EQ(bob.store->count('p'), 1U);
}

TEST_F(InvitedNames, AUrlWhoseClaimIsNotAnsweredIsDialledAfterTheRest) {
  world.befriend(ann, bob);
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kQueueFull, 60'000};
  accept_of_mallory();
  bob.dead = {kUrl};
  bob.dialled.clear();
  bob.restart();
  world.advance(seconds(3));
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl, kEvil));
  EXPECT_EQ(bob.all<Connected>().back().through, kEvil);
}

TEST_F(InvitedNames, ATrueSessionElsewhereCarriesTheOthersNeverFirst) {
  world.befriend(ann, bob);
  world.advance(minutes(1));
  accept_of_mallory();
  ASSERT_EQ(bob.store->count('s'), 2U);
  world.advance(minutes(1));
  EXPECT_THAT(dialled_for("one"), ElementsAre(kUrl));
  bob.restart();
  EXPECT_THAT(dialled_for("two"), ElementsAre(kUrl));
  // Also when no session is as old as hers any more.
  bob.accept(ann.invite());
  world.run();
  ann.send(bob.id(), "in the newer session");
  world.advance(minutes(1));
  world.jump(std::chrono::hours(24 * 15));
  world.advance(minutes(2));
  bob.restart();
  ASSERT_EQ(bob.store->count('s'), 2U);
  EXPECT_THAT(dialled_for("three"), ElementsAre(kUrl));
}

TEST_F(InvitedNames, AUrlThatSwallowsEverythingHoldsNobodyForGood) {
  accept_of_mallory();
  world.befriend(ann, bob);
  world.advance(minutes(1));
  bob.swallowing = {kEvil};
  bob.dialled.clear();
  bob.send(ann.id(), "one");
  world.advance(minutes(1));
  EXPECT_THAT(ann.received(), ElementsAre("one"));
  EXPECT_THAT(bob.dialled, ElementsAre(kEvil, kUrl));
}

TEST_F(InvitedNames, AUrlThatEndsEachConnectionHoldsNobodyForGood) {
  accept_of_mallory();
  world.befriend(ann, bob);
  bob.dialled.clear();
  world.relay().online = false;
  bob.send(ann.id(), "one");
  world.relay().cut(bob.id());
  world.relay().online = true;
  world.advance(seconds(5));
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl));
  EXPECT_THAT(ann.received(), ElementsAre("one"));
}

// ---- what waits ----

TEST_F(Names, AMessageThatWaitsIsToldOnceThoughItsLinkChanges) {
  TestAgent& carl = newcomer(kUrl);
  carl.dead = {kUrl};
  world.relay().refuse_sends.assign(100, {protocol::Code::kQueueFull, 60'000});
  carl.send(dave->id(), "one");
  world.advance(seconds(2));
  const auto told = [&] { return carl.all<agent_events::SendProgress>(); };
  ASSERT_THAT(told(), SizeIs(1));
  EXPECT_EQ(told()[0].status, SendStatus::kPending);
  carl.dead.clear();
  world.advance(minutes(2));
  EXPECT_EQ(carl.all<Connected>().back().url, kUrl);
  EXPECT_THAT(told(), SizeIs(1));
}

}  // namespace
}  // namespace agentroom::test
