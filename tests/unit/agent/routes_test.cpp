// One relay under several URLs (protocol sections 5 and 6): one connection, and where else it answers.
#include <gmock/gmock.h>

#include "agent/announcements.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::Connected;
using agent_events::Disconnected;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kLan = "ws://lan.test/ws";
constexpr const char* kTunnel = "wss://tunnel.test/ws";
constexpr const char* kOtherName = "ws://other-name.test/ws";
constexpr const char* kEvil = "ws://evil.test/ws";

/// Ann's relay answers at a LAN address and through a tunnel as well; bob is her peer.
class Routes : public testing::Test {
 protected:
  Routes() {
    world.lead(kLan, kUrl);
    world.lead(kTunnel, kUrl);
    world.lead(kOtherName, kUrl);
    world.befriend(ann, bob);
  }
  void announce(std::vector<std::string> urls) {
    ASSERT_TRUE(ann.engine().announce_relay_urls(std::move(urls), world.now));
    world.run();
  }
  /// Bob loses the relay's own URL. What he dials then.
  std::vector<std::string> dialled_without(std::set<std::string> dead) {
    bob.dead = std::move(dead);
    bob.dialled.clear();
    world.relay().cut(bob.id());
    world.advance(seconds(5));
    return bob.dialled;
  }
  std::vector<std::string> heard(TestAgent& by) {
    world.run();
    return by.received();
  }

  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
};

TEST_F(Routes, ArePlacesThatAPeerToldTriedInOrderWhenTheOwnUrlFails) {
  announce({kLan, kTunnel});
  EXPECT_THAT(dialled_without({kUrl, kLan}), ElementsAre(kUrl, kLan, kUrl, kTunnel));
  ASSERT_THAT(bob.all<Connected>(), SizeIs(2));
  EXPECT_EQ(bob.all<Connected>()[1].url, kUrl) << "it is the same link";
  EXPECT_EQ(bob.all<Connected>()[1].through, kTunnel);
  bob.send(ann.id(), "by the tunnel");
  EXPECT_THAT(heard(ann), ElementsAre("by the tunnel"));
  ann.send(bob.id(), "and back");
  EXPECT_THAT(heard(bob), ElementsAre("and back"));
  EXPECT_EQ(bob.store->count('p'), 1U) << "what a peer told is never pinned";
  const auto down = bob.all<Disconnected>();
  ASSERT_THAT(down, SizeIs(4));
  EXPECT_TRUE(down[1].more);
  EXPECT_THAT(down[1].why.message, HasSubstr(kUrl));
  EXPECT_THAT(down[2].why.message, HasSubstr(kLan));
  EXPECT_TRUE(down[3].more);
  EXPECT_THAT(down[3].why.message, HasSubstr(kUrl));
}

TEST_F(Routes, OutliveARestart) {
  announce({kLan});
  bob.restart();
  world.run();
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kLan));
}

TEST_F(Routes, BeginWithTheOwnUrlAgainAfterTheNextEnd) {
  announce({kLan});
  dialled_without({kUrl});
  EXPECT_THAT(dialled_without({}), ElementsAre(kUrl));
}

TEST_F(Routes, ThatAllFailAreTriedInRoundsWithGrowingPauses) {
  announce({kLan, kTunnel});
  bob.dead = {kUrl, kLan, kTunnel};
  world.relay().cut(bob.id());
  world.advance(minutes(3));
  const auto down = bob.all<Disconnected>();
  ASSERT_GT(down.size(), 15U);
  EXPECT_LT(down.size(), 60U);
  for (const auto& failure : down) {
    EXPECT_LE(failure.retry_in, failure.more ? std::chrono::milliseconds(500) : seconds(30));
    if (!failure.more && &failure != &down.front() && failure.why.message != down.front().why.message) {
      EXPECT_THAT(failure.why.message, HasSubstr(kUrl)) << "a round ends in the words of the URL that the owner knows";
    }
  }
}

TEST_F(Routes, WhereAnotherRelayAnswersGetNothingEvenFromWhoTrustsAnyRelay) {
  bob.config.trust_relay = true;
  bob.restart();
  world.run();
  announce({kEvil, kLan});
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kEvil, kUrl, kLan));
  EXPECT_EQ(world.relay(kEvil).hellos, 0U);
  EXPECT_THAT(bob.all<agent_events::RelayRefused>(), IsEmpty())
      << "a peer's mistake is no change of the relay's identity";
  EXPECT_EQ(bob.all<Connected>().back().through, kLan);
}

TEST_F(Routes, WhoAsksWaitsForTheWholeRound) {
  announce({kLan});
  bob.dead = {kUrl};
  world.relay().cut(bob.id());
  auto invite = bob.create_invite();
  world.advance(seconds(3));
  ASSERT_TRUE(invite->has_value());
  EXPECT_TRUE(invite->value()) << invite->value().error().message;
}

TEST_F(Routes, AnOlderListThatComesLateDoesNotReplaceANewerOne) {
  std::vector<SeenSend> held;
  world.relay().tamper = [&](const AgentId& to, AgentId& from, MsgId& msg_id, Bytes& envelope) {
    if (to == bob.id()) held.push_back({from, to, msg_id, envelope});
    return to != bob.id();
  };
  announce({kTunnel});
  announce({kLan});
  world.relay().tamper = nullptr;
  ASSERT_THAT(held, SizeIs(2));
  for (const SeenSend& late : {held[1], held[0]}) {
    world.relay().deliver(bob.id(), late.from, late.msg_id, late.envelope);
    world.run();
  }
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kLan));
  // The next one counts again, also after a restart.
  bob.dead.clear();
  bob.restart();
  world.run();
  announce({kOtherName});
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kOtherName));
}

TEST_F(Routes, AreToldOnceAndANewerListTakesThePlaceOfOneThatWaits) {
  announce({kLan});
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  ann.restart();
  world.run();
  const std::size_t sends = world.relay().sends.size();
  announce({kLan});
  EXPECT_EQ(world.relay().sends.size(), sends) << "bob knows that";
  world.relay().online = false;
  world.relay().cut();
  announce({kTunnel});
  announce({kOtherName});
  EXPECT_EQ(ann.engine().outbox_size(), 1U);
  world.relay().online = true;
  world.advance(seconds(31));
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kOtherName));
}

TEST_F(Routes, AreToldToPeersThatComeLater) {
  announce({kLan});
  TestAgent& carl = world.connected();
  world.befriend(ann, carl);
  carl.dead = {kUrl};
  world.relay().cut(carl.id());
  world.advance(seconds(5));
  EXPECT_EQ(carl.all<Connected>().back().through, kLan);
}

TEST_F(Routes, AreNotToldWhereAnotherRelayCarriesTheSession) {
  AgentConfig config;
  config.server = kEvil;
  TestAgent& eve = world.agent(config);
  const std::string invite = eve.invite();
  ann.accept(invite);
  world.run();
  const std::size_t sends = world.relay(kEvil).sends.size();
  announce({kLan});
  EXPECT_EQ(world.relay(kEvil).sends.size(), sends);
}

TEST_F(Routes, CanBeTakenBack) {
  announce({kLan});
  announce({});
  EXPECT_THAT(dialled_without({kUrl}), Not(Contains(kLan)));
}

TEST_F(Routes, ThatAreNoneAreRefusedToTheirOwnerAndDroppedFromAPeer) {
  EXPECT_EQ(ann.engine().announce_relay_urls({"http://x"}, world.now).error().code, ErrorCode::kUsage);
  EXPECT_EQ(ann.engine().announce_relay_urls(std::vector<std::string>(9, kLan), world.now).error().code,
            ErrorCode::kUsage);
  EXPECT_THAT(agent::usable_relay_urls({kLan, "http://x", "ws://", kLan, "ws://a b", kTunnel}),
              ElementsAre(kLan, kTunnel));
  std::vector<std::string> many;
  for (int i = 0; i < 16; ++i) many.push_back("ws://" + std::to_string(i));
  EXPECT_THAT(agent::usable_relay_urls(many), SizeIs(8));
  const std::string here = "ws://127.0.0.1:8787/ws";
  EXPECT_THAT(agent::relay_urls_of_peer({here, "wss://a.test/?q=/ws", kLan}, kUrl), ElementsAre(kLan));
  EXPECT_THAT(agent::relay_urls_of_peer({here, "wss://a.test/?q=/ws", kLan}, "ws://localhost:1/ws"),
              ElementsAre(here, kLan));
}

TEST_F(Routes, OfThisMachineAreNotTakenFromAPeer) {
  announce({"ws://127.0.0.1:6379/ws", "ws://[fe80::1]/ws", "ws://lan.test/flush?all=/ws", kLan});
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kLan));
}

TEST_F(Routes, ThatHangDoNotKeepAnAgentFromItsRelay) {
  world.relay(kEvil).silent = true;
  for (const char* url : {"ws://evil2.test/ws", "ws://evil3.test/ws", "ws://evil4.test/ws"}) world.lead(url, kEvil);
  announce({kEvil, "ws://evil2.test/ws", "ws://evil3.test/ws", "ws://evil4.test/ws"});
  bob.dead = {kUrl};
  bob.dialled.clear();
  world.relay().cut(bob.id());
  world.advance(seconds(1));
  ASSERT_THAT(bob.dialled, ElementsAre(kUrl, kEvil));
  bob.dead.clear();
  world.advance(seconds(4));
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl, kEvil, kUrl));
  EXPECT_EQ(bob.all<Connected>().back().through, kUrl);
  EXPECT_THAT(bob.all<Disconnected>().back().why.message, HasSubstr("no answer within 3 s"));
}

TEST_F(Routes, AreTriedWhenTheOwnUrlSwallowsEverything) {
  announce({kLan});
  bob.swallowing = {kUrl};
  bob.dialled.clear();
  world.relay().cut(bob.id());
  world.advance(minutes(1));
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl, kLan));
  bob.send(ann.id(), "by another way");
  EXPECT_THAT(heard(ann), ElementsAre("by another way"));
}

TEST_F(Routes, OfAPeerWaitWhileTheOwnUrlFallsSilentAfterItWasHeard) {
  announce({kLan});
  bob.dialled.clear();
  world.relay().silent = true;
  world.advance(seconds(60));
  EXPECT_EQ(bob.dialled.front(), kUrl);
}

TEST_F(Routes, OfOnePeerAreTwoInARoundAndTheNextInTheNext) {
  const std::string third = "ws://third.test/ws";
  announce({kLan, kTunnel, third});
  bob.dead = {kUrl, kLan, kTunnel, third};
  bob.dialled.clear();
  world.relay().cut(bob.id());
  while (bob.dialled.size() < 12) world.advance(std::chrono::milliseconds(100));
  bob.dialled.resize(12);
  EXPECT_THAT(bob.dialled, ElementsAre(kUrl, kLan, kUrl, kTunnel, kUrl, third, kUrl, kLan, kUrl, kTunnel, kUrl, third));
}

// ---- one relay, two names that the owner uses ----

class OneRelay : public Routes {
 protected:
  /// An invite at the other name of the relay.
  std::string invite_at_other_name() {
    AgentConfig config;
    config.server = kOtherName;
    dave = &world.agent(config);
    return dave->invite();
  }
  TestAgent* dave = nullptr;
};

TEST_F(OneRelay, UnderTwoNamesHasOneConnectionAndNoneReplacesTheOther) {
  auto accepted = bob.accept(invite_at_other_name());
  world.run();
  ASSERT_TRUE(accepted->has_value());
  ASSERT_TRUE(accepted->value()) << accepted->value().error().message;
  bob.send(dave->id(), "hello");
  EXPECT_THAT(heard(*dave), ElementsAre("hello"));
  dave->send(bob.id(), "hi");
  ann.send(bob.id(), "me too");
  EXPECT_THAT(heard(bob), testing::UnorderedElementsAre("hi", "me too"));
  world.advance(minutes(5));
  EXPECT_THAT(bob.all<Connected>(), SizeIs(1));
  EXPECT_THAT(bob.all<Disconnected>(), IsEmpty());
  bob.restart();
  world.run();
  // Before bob has anything to say at the other name: his mailbox knows its tokens all the same.
  dave->send(bob.id(), "hi again");
  EXPECT_THAT(heard(bob), Contains("hi again"));
  bob.send(dave->id(), "again");
  bob.send(ann.id(), "again");
  EXPECT_THAT(heard(*dave), ElementsAre("hello", "again"));
  EXPECT_THAT(heard(ann), ElementsAre("again"));
  EXPECT_THAT(bob.all<Disconnected>(), IsEmpty());
  // Its other name is as good as its own when that fails.
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kOtherName));
}

TEST_F(OneRelay, IsServedByTheNameThatTheOwnerConfigured) {
  AgentConfig config;
  TestAgent& carl = world.agent(config);
  auto accepted = carl.accept(invite_at_other_name());
  world.run();
  ASSERT_TRUE(accepted->has_value() && accepted->value());
  carl.config.server = kUrl;
  carl.restart();
  carl.send(dave->id(), "through the other name, before the relay is known by its new one");
  world.advance(seconds(5));
  EXPECT_THAT(dave->received(), SizeIs(1));
  EXPECT_EQ(carl.all<Connected>().back().url, kUrl);
  for (const auto& down : carl.all<Disconnected>()) EXPECT_FALSE(down.final);
  EXPECT_TRUE(world.relay().connected(carl.id()));
  carl.send(dave->id(), "one more");
  dave->send(carl.id(), "back");
  EXPECT_THAT(heard(carl), ElementsAre("back"));
  EXPECT_THAT(dave->received(), SizeIs(2));
}

TEST_F(OneRelay, ThatSucceedsItselfMovesThePinsOfAllItsNames) {
  bob.accept(invite_at_other_name());
  world.run();
  bob.restart();
  world.run();
  EXPECT_EQ(bob.store->count('p'), 2U);
  world.replace_relay(kUrl, "the next secret", std::string("secret of ") + kUrl);
  world.advance(seconds(40));
  world.replace_relay(kUrl, "the next secret");
  world.advance(seconds(40));
  EXPECT_TRUE(world.relay().connected(bob.id()));
  EXPECT_THAT(bob.all<agent_events::RelayRefused>(), IsEmpty());
  EXPECT_THAT(dialled_without({kUrl}), ElementsAre(kUrl, kOtherName));
  EXPECT_TRUE(world.relay().connected(bob.id()));
}

}  // namespace
}  // namespace agentroom::test
