// The link to a relay (protocol section 6), and relays that lie.
#include <gmock/gmock.h>

#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::Connected;
using agent_events::Disconnected;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Link, StaysConnectedToTheConfiguredRelay) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  ASSERT_THAT(ann.all<Connected>(), SizeIs(1));
  EXPECT_EQ(ann.all<Connected>()[0].url, kUrl);
  world.advance(std::chrono::minutes(10));
  EXPECT_THAT(ann.all<Disconnected>(), IsEmpty());
  EXPECT_GT(world.relay().pings, 20U);
}

TEST(Link, WithoutAConfiguredRelayAndWorkItConnectsNowhere) {
  World world;
  TestAgent& ann = world.agent();
  world.advance(std::chrono::minutes(1));
  EXPECT_THAT(ann.events, IsEmpty());
  EXPECT_EQ(world.relay().handshakes, 0U);
}

TEST(Link, FollowsAConfiguredRelayThatChanges) {
  const std::string other = "ws://other.test/ws";
  World world;
  TestAgent& ann = world.connected();
  world.relay(other);
  world.run();
  ASSERT_TRUE(world.relay().connected(ann.id()));
  ann.engine().set_server(other);
  world.advance(std::chrono::minutes(1));
  EXPECT_FALSE(world.relay().connected(ann.id()));
  EXPECT_TRUE(world.relay(other).connected(ann.id()));
  TestAgent& bob = world.connected();
  bob.accept(ann.invite());
  world.run();
  ASSERT_THAT(ann.all<agent_events::PeerOnline>(), SizeIs(1));
  EXPECT_EQ(ann.all<agent_events::PeerOnline>()[0].peer, bob.id());
}

TEST(Link, TellsHowManyMessagesWait) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  bob.crash();
  for (int i = 0; i < 3; ++i) ann.send(bob.id(), "x");
  world.run();
  bob.start();
  world.run();
  EXPECT_EQ(bob.all<Connected>().back().pending, 3U);
}

TEST(Link, TriesAgainWithGrowingDelaysAndJitter) {
  World world;
  world.relay().online = false;
  TestAgent& ann = world.connected();
  world.advance(std::chrono::minutes(5));
  const auto failures = ann.all<Disconnected>();
  ASSERT_GT(failures.size(), 12U);
  EXPECT_LE(failures[0].retry_in, milliseconds(500));
  EXPECT_GE(failures[0].retry_in, milliseconds(125));
  for (const auto& failure : failures) {
    EXPECT_LE(failure.retry_in, seconds(30));
    EXPECT_EQ(failure.why.code, ErrorCode::kNetwork);
    EXPECT_FALSE(failure.final);
  }
  EXPECT_GE(failures.back().retry_in, milliseconds(7'500));
  EXPECT_NE(failures[failures.size() - 1].retry_in, failures[failures.size() - 2].retry_in);
  world.relay().online = true;
  world.advance(seconds(31));
  EXPECT_THAT(ann.all<Connected>(), SizeIs(1));
}

TEST(Link, ForgetsItsDelaysOnlyAfterAStableConnection) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  for (int i = 0; i < 6; ++i) {
    world.relay().cut();
    world.advance(seconds(5));
  }
  EXPECT_GT(ann.all<Disconnected>().back().retry_in, seconds(1)) << "a relay that drops us at once is not hammered";
  world.advance(seconds(60));
  world.relay().cut();
  world.run();
  EXPECT_LE(ann.all<Disconnected>().back().retry_in, milliseconds(500));
}

TEST(Link, ThoseWhomOneRelayLostAtOneMomentDoNotComeBackAtOneMoment) {
  World world;
  constexpr std::size_t kAgents = 200;
  std::vector<TestAgent*> agents;
  for (std::size_t i = 0; i < kAgents; ++i) agents.push_back(&world.connected());
  world.run();
  for (TestAgent* agent : agents) world.relay().closing(agent->id(), protocol::ClosingReason::kShuttingDown);
  std::size_t most = 0;
  for (Duration waited{}; world.relay().handshakes < 2 * kAgents; waited += milliseconds(20)) {
    ASSERT_LE(waited, seconds(5));
    const std::size_t before = world.relay().handshakes;
    world.advance(milliseconds(20));
    most = std::max(most, world.relay().handshakes - before);
  }
  EXPECT_LE(most, kAgents / 8) << "a fresh relay meets them one after the other";
}

TEST(Link, WhoAsksOftenMakesItTryOnceASecond) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  world.relay().online = false;
  world.relay().cut();
  world.advance(seconds(120));
  const std::size_t before = ann.all<Disconnected>().size();
  for (int i = 0; i < 100; ++i) {
    ann.send(bob.id(), "x");
    world.advance(milliseconds(100));
  }
  const std::size_t attempts = ann.all<Disconnected>().size() - before;
  EXPECT_GE(attempts, 9U) << "nobody waits out a long pause";
  EXPECT_LE(attempts, 11U);
}

TEST(Link, GivesUpAHandshakeAfterTenSeconds) {
  World world;
  world.relay().silent = true;
  TestAgent& ann = world.connected();
  world.advance(milliseconds(9'900));
  EXPECT_THAT(ann.all<Disconnected>(), IsEmpty());
  world.advance(milliseconds(200));
  EXPECT_THAT(ann.all<Disconnected>(), SizeIs(1));
}

TEST(Link, ClosesAConnectionThatShowsNoSignOfLifeFor45Seconds) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().ping_back = false;
  world.advance(seconds(44));
  EXPECT_EQ(world.relay().pings, 1U);
  EXPECT_THAT(ann.all<Disconnected>(), IsEmpty());
  world.advance(seconds(2));
  ASSERT_THAT(ann.all<Disconnected>(), SizeIs(1));
  EXPECT_THAT(ann.all<Disconnected>()[0].why.message, HasSubstr("45 s"));
}

TEST(Link, DoesNotComeBackAfterItWasReplaced) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().closing(ann.id(), protocol::ClosingReason::kReplaced);
  world.advance(std::chrono::minutes(10));
  ASSERT_THAT(ann.all<Disconnected>(), SizeIs(1));
  EXPECT_TRUE(ann.all<Disconnected>()[0].final);
  EXPECT_EQ(world.relay().handshakes, 1U);
}

TEST(Link, OfTwoOwnersOfOneKeyTheLaterOneKeepsTheRelay) {
  World world;
  TestAgent& first = world.connected();
  world.run();
  TestAgent& second = world.connected();
  second.identity = first.identity.clone();
  second.crash();
  second.store = std::make_unique<FakeStore>();
  second.start();
  world.advance(std::chrono::minutes(10));
  ASSERT_THAT(first.all<Disconnected>(), SizeIs(1));
  EXPECT_TRUE(first.all<Disconnected>()[0].final);
  EXPECT_THAT(second.all<Connected>(), SizeIs(1));
  EXPECT_THAT(second.all<Disconnected>(), IsEmpty()) << "they do not take it from each other in turns";
}

TEST(Link, ComesBackToARelayThatRestarts) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().closing(ann.id(), protocol::ClosingReason::kShuttingDown);
  world.advance(seconds(1));
  EXPECT_FALSE(ann.all<Disconnected>().at(0).final);
  EXPECT_THAT(ann.all<Connected>(), SizeIs(2));
}

TEST(Link, AllowGoesBeforeAnythingElse) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  // The relay forgot everything; there is a message waiting too.
  world.relay().cut();
  world.replace_relay(kUrl, std::string("secret of ") + kUrl);
  ann.send(bob.id(), "x");
  world.advance(seconds(2));
  // Sent again when there was no mailbox of bob's yet.
  EXPECT_THAT(world.relay().frames_of(ann.id()),
              AnyOf(ElementsAre("Allow", "Send"), ElementsAre("Allow", "Send", "Send")));
  EXPECT_EQ(world.relay().frames_of(bob.id()).at(0), "Allow");
  EXPECT_THAT(bob.received(), ElementsAre("x"));
}

TEST(Link, AllowIsNotRepeatedWhenTheMailboxAcceptsTheSameAlready) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  world.relay().frames.clear();
  world.relay().cut();
  world.advance(seconds(2));
  EXPECT_TRUE(world.relay().connected(ann.id()));
  EXPECT_THAT(world.relay().frames, IsEmpty());
}

TEST(Link, FramesThatWaitTravelInOneMessage) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const std::size_t before = world.relay().traffic.size();
  for (int i = 0; i < 50; ++i) ann.send(bob.id(), "x");
  world.run();
  EXPECT_THAT(bob.received(), SizeIs(50));
  // 50 Sends of one agent and 50 Receipts of the other.
  EXPECT_LE(world.relay().traffic.size() - before, 10U);
}

TEST(Link, AnAllowThatFoundNoRoomIsSentAgainWithPauses) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  bob.crash();
  world.replace_relay(kUrl, "a relay that is full").refuse_allow = true;
  bob.config.trust_relay = true;
  bob.start();
  world.advance(std::chrono::minutes(5));
  const auto allows = [&] { return std::ranges::count(world.relay().frames_of(bob.id()), "Allow"); };
  EXPECT_GE(allows(), 9);
  EXPECT_LE(allows(), 11);
  world.relay().refuse_allow = false;
  world.advance(seconds(31));
  const auto taken = allows();
  world.advance(std::chrono::minutes(5));
  EXPECT_EQ(allows(), taken) << "once it is taken it is not repeated";
}

TEST(Link, AnAllowThatFoundNoRoomIsSentAgainWhenTheRelayTookAClaim) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.relay().refuse_allow = world.relay().room_after_claim = true;
  world.befriend(ann, bob);
  ann.send(bob.id(), "hello");
  world.advance(seconds(5));
  EXPECT_THAT(bob.received(), ElementsAre("hello")) << "before the pause is over";
}

TEST(Link, NoMessageIsLargerThanTheLinkAllows) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  for (int i = 0; i < 30; ++i) ann.send(bob.id(), std::string(131'072, 'x'));
  world.run();
  EXPECT_THAT(bob.received(), SizeIs(30));
  for (const Bytes& message : world.relay().traffic) EXPECT_LE(message.size(), 262'144U);
}

TEST(Link, LeavesACongestedConnectionAloneUntilItDrained) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  ann.unsent = 2 * 1024 * 1024;
  ann.send(bob.id(), "1");
  world.run();
  ann.send(bob.id(), "2");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("1"));
  ann.unsent = 0;
  ann.drained();
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("1", "2"));
}

// ---- the relay's identity ----

TEST(RelayIdentity, IsPinnedOnFirstUseAndAnotherOneGetsNothing) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.replace_relay(kUrl, "the secret of somebody else");
  world.advance(std::chrono::minutes(5));
  const auto down = ann.all<Disconnected>();
  ASSERT_FALSE(down.empty());
  EXPECT_EQ(down.back().why.code, ErrorCode::kIdentityChanged);
  EXPECT_THAT(down.back().why.message, testing::StartsWith("relay identity changed"));
  EXPECT_THAT(down.back().why.hint, HasSubstr("--trust-relay"));
  EXPECT_EQ(world.relay().hellos, 0U) << "not even a hello";
}

TEST(RelayIdentity, ARelayThatIsRefusedIsToldOnceAndTriedAgainUntilTheRightOneAnswers) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const std::string own_secret = std::string("secret of ") + kUrl;
  FakeRelay& impostor = world.replace_relay(kUrl, "the secret of somebody else");
  const RelayId false_key = impostor.id();
  ann.send(bob.id(), "for bob alone");
  world.advance(std::chrono::minutes(5));
  const auto refused = ann.all<agent_events::RelayRefused>();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].url, kUrl);
  EXPECT_EQ(refused[0].shown, false_key);
  EXPECT_EQ(refused[0].why.code, ErrorCode::kIdentityChanged);
  EXPECT_GT(ann.all<Disconnected>().size(), 10U);
  for (const auto& down : ann.all<Disconnected>()) EXPECT_FALSE(down.final);
  EXPECT_THAT(world.relay().traffic, IsEmpty());

  world.replace_relay(kUrl, "a third one's");
  world.advance(std::chrono::minutes(2));
  EXPECT_THAT(ann.all<agent_events::RelayRefused>(), SizeIs(2)) << "another key is told again";

  world.replace_relay(kUrl, own_secret);
  world.advance(seconds(31));
  EXPECT_EQ(world.relay().handshakes, 2U);
  EXPECT_THAT(bob.received(), ElementsAre("for bob alone"));
  world.replace_relay(kUrl, "a third one's");
  world.advance(seconds(31));
  EXPECT_THAT(ann.all<agent_events::RelayRefused>(), SizeIs(3)) << "and so is one that comes back";
}

TEST(RelayIdentity, WhoAsksForSomethingIsAnsweredThatTheRelayWasRefused) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.run();
  const std::string url = bob.invite();
  world.replace_relay(kUrl, "the secret of somebody else");
  world.advance(std::chrono::minutes(1));
  auto invite = ann.create_invite();
  auto accepted = ann.accept(url);
  world.advance(seconds(1));
  ASSERT_TRUE(invite->has_value());
  EXPECT_EQ(invite->value().error().code, ErrorCode::kIdentityChanged);
  ASSERT_TRUE(accepted->has_value());
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kIdentityChanged);
  EXPECT_EQ(world.relay().hellos, 0U);
}

TEST(RelayIdentity, ThePinOutlivesARestart) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.replace_relay(kUrl, "the secret of somebody else");
  ann.restart();
  world.run();
  EXPECT_EQ(world.relay().hellos, 0U);
  EXPECT_EQ(ann.all<Disconnected>().back().why.code, ErrorCode::kIdentityChanged);
}

TEST(RelayIdentity, TrustRelayMovesThePin) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.replace_relay(kUrl, "the secret of somebody else");
  ann.config.trust_relay = true;
  ann.restart();
  world.run();
  EXPECT_EQ(world.relay().handshakes, 1U);
  ann.config.trust_relay = false;
  ann.restart();
  world.run();
  EXPECT_EQ(world.relay().handshakes, 2U) << "the new key is the pinned one now";
}

TEST(RelayIdentity, ThatItsOwnerKnowsReplacesThePin) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  ann.config.relay = world.replace_relay(kUrl, "the secret of the owner").id();
  ann.restart();
  world.run();
  EXPECT_EQ(world.relay().handshakes, 1U);
  EXPECT_THAT(ann.all<agent_events::RelayRefused>(), IsEmpty());
  world.replace_relay(kUrl, "the secret of somebody else");
  world.advance(std::chrono::minutes(1));
  EXPECT_EQ(world.relay().hellos, 0U) << "and no other one is taken for it";
}

TEST(RelayIdentity, ASuccessorOfThePinnedKeyMovesThePin) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  const std::string old_secret = std::string("secret of ") + kUrl;
  world.replace_relay(kUrl, "the next secret", old_secret);
  world.advance(seconds(1));
  EXPECT_EQ(world.relay().handshakes, 1U);
  world.replace_relay(kUrl, "the next secret");
  world.advance(seconds(2));
  EXPECT_EQ(world.relay().handshakes, 1U) << "without the proof, once it is pinned";
  EXPECT_FALSE(ann.all<Disconnected>().back().final);
}

TEST(RelayIdentity, ASuccessorOfAnotherKeyIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.replace_relay(kUrl, "the next secret", "not the one that was pinned");
  world.advance(seconds(1));
  EXPECT_EQ(world.relay().hellos, 0U);
  EXPECT_EQ(ann.all<Disconnected>().back().why.code, ErrorCode::kIdentityChanged);
}

TEST(RelayIdentity, AnInvalidChallengeGetsNothingAndPinsNothing) {
  World world;
  world.relay().forge_challenge = true;
  TestAgent& ann = world.connected();
  world.run();
  EXPECT_EQ(world.relay().hellos, 0U);
  EXPECT_EQ(ann.store->count('p'), 0U);
}

TEST(RelayIdentity, APinIsMadeOnlyAfterAValidHelloAck) {
  World world;
  world.relay().tamper_hello_ack = [](Bytes& ack) { ack.back() ^= std::byte{1}; };
  TestAgent& ann = world.connected();
  world.run();
  EXPECT_THAT(ann.all<Connected>(), IsEmpty());
  EXPECT_EQ(ann.store->count('p'), 0U);
  world.relay().tamper_hello_ack = nullptr;
  world.advance(seconds(1));
  EXPECT_EQ(ann.store->count('p'), 1U);
}

// ---- who holds the wire ----

TEST(Wire, ForgedAcksBeforeTheHelloAckAreActedOnByNobody) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  world.relay().mute_acks = true;
  auto sent = ann.send(bob.id(), "x");
  world.run();
  ASSERT_EQ(ann.engine().outbox_size(), 1U);
  // In place of the HelloAck comes a frame in clear that acknowledges everything.
  world.relay().tamper_hello_ack = [&](Bytes& ack) {
    protocol::AckItem item;
    std::ranges::copy(sent->value()->msg_id.view(), item.id.mutable_view().begin());
    item.status = protocol::AckStatus::kDelivered;
    protocol::Ack forged;
    forged.items.push_back(item);
    ack.clear();
    protocol::encode_frame(forged, ack);
  };
  world.relay().cut(ann.id());
  world.advance(seconds(2));
  EXPECT_EQ(ann.engine().outbox_size(), 1U);
  EXPECT_THAT(ann.all<agent_events::SendProgress>(), IsEmpty());
}

TEST(Wire, AMessageThatDoesNotOpenEndsTheConnection) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().send_raw(ann.id(), Bytes(64, std::byte{7}));
  world.run();
  ASSERT_THAT(ann.all<Disconnected>(), SizeIs(1));
  EXPECT_FALSE(ann.all<Disconnected>()[0].final);
}

TEST(Wire, AReplayedMessageEndsTheConnection) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  Bytes recorded;
  ann.on_wire = [&](const Bytes& message) { recorded = message; };
  bob.send(ann.id(), "once");
  world.run();
  ann.on_wire = nullptr;
  ASSERT_FALSE(recorded.empty());
  world.relay().send_raw(ann.id(), recorded);
  world.run();
  EXPECT_THAT(ann.all<Disconnected>(), SizeIs(1));
  EXPECT_THAT(ann.received(), ElementsAre("once"));
}

TEST(Wire, AHostileReasonIsToldWithoutItsEscapes) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().cut_reason = "\x1b[2Jgone\n";
  world.relay().cut();
  world.run();
  const std::string message = ann.all<Disconnected>().at(0).why.message;
  EXPECT_THAT(message, HasSubstr("gone"));
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace agentroom::test
