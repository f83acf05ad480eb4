// Accepting invites, several sessions with one peer, and attackers at a session's start (protocol section 3).
#include <gmock/gmock.h>

#include "base/uuid.hpp"
#include "crypto/handshake.hpp"
#include "crypto/invite_keys.hpp"
#include "protocol/content.hpp"
#include "protocol/invite.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::InviteClosed;
using agent_events::PeerOnline;
using agent_events::Unreadable;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Accepting, SucceedsWhileTheInviterIsOffline) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  ann.crash();
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->has_value() && accepted->value());
  EXPECT_EQ(accepted->value()->peer, ann.id());
  EXPECT_EQ(accepted->value()->server_url, kUrl);
  EXPECT_FALSE(accepted->value()->peer_online);
  // What is said meanwhile waits behind the session's start.
  bob.send(ann.id(), "are you there?");
  world.run();
  ann.start();
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("are you there?"));
  EXPECT_THAT(bob.all<PeerOnline>(), SizeIs(1));
}

TEST(Accepting, ConnectsToTheInvitesRelayWithoutAConfiguredOne) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.agent();
  auto accepted = bob.accept(ann.invite());
  world.run();
  ASSERT_TRUE(accepted->value());
  EXPECT_THAT(bob.all<PeerOnline>(), SizeIs(1)) << "the link stays for the answer";
  world.advance(std::chrono::minutes(2));
  EXPECT_FALSE(world.relay().connected(bob.id()));
  // The session keeps its URL.
  bob.send(ann.id(), "later");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("later"));
}

TEST(Accepting, AServerInPlaceOfTheInvitesIsUsedAndKept) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.agent();
  const std::string url = ann.invite();
  world.run();
  auto refused = bob.accept(url, "ws://other.test/ws");
  world.run();
  EXPECT_EQ(refused->value().error().code, ErrorCode::kIdentityChanged) << "it is not the relay that the invite names";
  EXPECT_EQ(world.relay("ws://other.test/ws").hellos, 0U);
  EXPECT_EQ(bob.store->count('p'), 0U);
}

TEST(Accepting, AnInviteNeverReplacesAPin) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.run();
  // Ann speaks to a relay with another key under the URL that Bob has pinned.
  const std::string old_url = ann.invite();
  world.replace_relay(kUrl, "another relay");
  TestAgent& eve = world.connected();
  const std::string url = eve.invite();
  auto accepted = bob.accept(url);
  world.advance(std::chrono::seconds(1));
  ASSERT_TRUE(accepted->has_value());
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kIdentityChanged);
  EXPECT_EQ(bob.store->count('s'), 0U);
}

TEST(Accepting, AnInviteThatNamesAnotherKeyThanThePinnedRelayIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.run();
  auto parsed = protocol::parse_invite(ann.invite());
  ASSERT_TRUE(parsed);
  parsed->relay_pk = world.relay("ws://other.test/ws").id();
  protocol::sign_invite(*parsed, ann.identity);
  auto accepted = bob.accept(protocol::invite_url(*parsed));
  world.run();
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kIdentityChanged);
  EXPECT_THAT(world.relay().claims, IsEmpty());
}

TEST(Accepting, OnesOwnInviteIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  auto accepted = ann.accept(ann.invite());
  world.run();
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kUsage);
}

TEST(Accepting, AUsedInviteIsRefusedInThoseWords) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  TestAgent& eve = world.connected();
  const std::string url = ann.invite();
  bob.accept(url);
  world.run();
  auto second = eve.accept(url);
  auto again = bob.accept(url);
  world.run();
  EXPECT_EQ(second->value().error().code, ErrorCode::kInviteUsed);
  EXPECT_EQ(second->value().error().message, "invite already used");
  EXPECT_THAT(second->value().error().hint, HasSubstr("agentroom invite create"));
  EXPECT_EQ(again->value().error().code, ErrorCode::kInviteUsed);
  EXPECT_THAT(again->value().error().hint, HasSubstr("agentroom send"));
  EXPECT_EQ(eve.store->count('s'), 0U);
}

TEST(Accepting, AnExpiredInviteIsRefusedInThoseWords) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite(60'000);
  // By the own clock.
  world.jump(std::chrono::minutes(2));
  auto late = bob.accept(url);
  world.run();
  EXPECT_EQ(late->value().error().code, ErrorCode::kInviteExpired);
  EXPECT_EQ(late->value().error().message, "invite expired");
  // By the relay's.
  const std::string other = ann.invite(60'000);
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kExpired};
  auto refused = bob.accept(other);
  world.run();
  EXPECT_EQ(refused->value().error().code, ErrorCode::kInviteExpired);
}

TEST(Accepting, GarbageIsRefused) {
  World world;
  TestAgent& bob = world.connected();
  for (const char* url : {"", "agentroom://invite/", "agentroom://invite/####", "https://example.org/"}) {
    auto accepted = bob.accept(url);
    world.run();
    ASSERT_TRUE(accepted->has_value());
    EXPECT_FALSE(accepted->value()) << url;
  }
}

TEST(Accepting, AnUnreachableRelayLeavesNothingBehind) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.agent();
  const std::string url = ann.invite();
  world.relay().online = false;
  auto accepted = bob.accept(url);
  world.run();
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kNetwork);
  EXPECT_EQ(bob.store->count('s') + bob.store->count('c'), 0U);
  world.relay().online = true;
  world.advance(seconds(40));
  auto again = bob.accept(url);
  world.advance(seconds(1));
  EXPECT_TRUE(again->value());
}

TEST(Accepting, TheClaimIsDurableBeforeItIsSentAndTheAllowIsThereFirst) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  bob.store->automatic = false;
  auto accepted = bob.accept(url);
  world.run();
  EXPECT_THAT(world.relay().claims, IsEmpty());
  while (bob.store->waiting() > 0) bob.store->complete_one();
  world.run();
  EXPECT_THAT(world.relay().claims, SizeIs(1));
  const auto frames = world.relay().frames_of(bob.id());
  const auto claim = std::ranges::find(frames, "InviteClaim");
  ASSERT_NE(claim, frames.begin());
  EXPECT_EQ(*std::prev(claim), "Allow");
}

TEST(Accepting, NothingElseIsSentToThatPeerUntilTheClaimIsAnswered) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  world.relay().mute_acks = true;
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_THAT(world.relay().claims, SizeIs(1));
  auto sent = bob.send(ann.id(), "too early");
  world.run();
  EXPECT_EQ(sent->value().error().code, ErrorCode::kNoSession);
  ASSERT_THAT(bob.engine().peers(), SizeIs(1));
  EXPECT_EQ(bob.engine().peers()[0].state, PeerState::kClaiming);
}

TEST(Accepting, AfterACrashTheSameClaimIsSentAgainByteForByte) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  world.relay().mute_acks = true;
  bob.accept(url);
  world.run();
  bob.restart();
  world.relay().mute_acks = false;
  world.run();
  ASSERT_THAT(world.relay().claims, SizeIs(2));
  EXPECT_EQ(world.relay().claims[0].msg_id, world.relay().claims[1].msg_id);
  EXPECT_EQ(world.relay().claims[0].envelope, world.relay().claims[1].envelope);
  EXPECT_EQ(bob.store->count('c'), 0U);
  EXPECT_THAT(bob.engine().peers(), SizeIs(1));
  bob.send(ann.id(), "hello");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("hello"));
}

TEST(Accepting, AskedAgainAfterATimeoutItGoesOnWithTheSameClaim) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  world.relay().mute_acks = true;
  auto first = bob.accept(url);
  world.advance(seconds(16));
  EXPECT_EQ(first->value().error().code, ErrorCode::kTimeout);
  EXPECT_EQ(bob.store->count('c'), 1U);
  world.relay().mute_acks = false;
  auto second = bob.accept(url);
  world.relay().cut(bob.id());
  world.advance(seconds(2));
  EXPECT_TRUE(second->has_value() && second->value());
}

TEST(Accepting, AnAnswerOfTheInviterStandsAgainstARelayThatForgotTheClaim) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  world.relay().mute_acks = true;
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_THAT(bob.all<PeerOnline>(), SizeIs(1));
  ASSERT_FALSE(accepted->has_value());
  // The relay's memory of the claim ended before its answer came through.
  world.relay().ack(bob.id(), world.relay().claims.at(0).msg_id.view(), protocol::AckStatus::kRejected,
                    protocol::Code::kNotFound);
  world.relay().mute_acks = false;
  world.run();
  ASSERT_TRUE(accepted->has_value() && accepted->value());
  EXPECT_EQ(bob.store->count('c'), 0U);
  ann.send(bob.id(), "still there?");
  bob.send(ann.id(), "yes");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("still there?"));
  EXPECT_THAT(ann.received(), ElementsAre("yes"));
}

TEST(Accepting, AFullMailboxIsTriedAgain) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  world.relay().refuse_claims = FakeRelay::Refusal{protocol::Code::kQueueFull, 1'000};
  auto accepted = bob.accept(url);
  world.advance(seconds(5));
  EXPECT_FALSE(accepted->has_value());
  EXPECT_GE(world.relay().claims.size(), 4U);
  world.relay().refuse_claims.reset();
  world.advance(seconds(2));
  EXPECT_TRUE(accepted->has_value() && accepted->value());
}

// ---- several sessions with one peer ----

TEST(Sessions, BothMayInviteEachOtherAndTheGreatestGenerationSends) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  world.befriend(bob, ann);
  EXPECT_EQ(ann.engine().peers().at(0).generation, 2U);
  EXPECT_EQ(bob.engine().peers().at(0).generation, 2U);
  ann.send(bob.id(), "from ann");
  bob.send(ann.id(), "from bob");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("from ann"));
  EXPECT_THAT(ann.received(), ElementsAre("from bob"));
  EXPECT_EQ(ann.store->count('s'), 2U);
}

TEST(Sessions, InvitedAtTheSameMomentBothSidesAgree) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string from_ann = ann.invite();
  const std::string from_bob = bob.invite();
  auto one = bob.accept(from_ann);
  auto two = ann.accept(from_bob);
  world.run();
  ASSERT_TRUE(one->value());
  ASSERT_TRUE(two->value());
  for (int i = 0; i < 4; ++i) {
    ann.send(bob.id(), "a" + std::to_string(i));
    bob.send(ann.id(), "b" + std::to_string(i));
    world.run();
  }
  EXPECT_THAT(bob.received(), ElementsAre("a0", "a1", "a2", "a3"));
  EXPECT_THAT(ann.received(), ElementsAre("b0", "b1", "b2", "b3"));
  EXPECT_EQ(ann.engine().peers().at(0).generation, bob.engine().peers().at(0).generation);
}

TEST(Sessions, APeerThatLostItsStoreIsReachedThroughANewInvite) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  bob.crash();
  bob.store = std::make_unique<FakeStore>();
  bob.start();
  world.run();
  ann.send(bob.id(), "to a session that is gone");
  world.run();
  EXPECT_THAT(bob.all<Unreadable>(), IsEmpty()) << "its mailbox accepts nobody now";
  EXPECT_EQ(ann.all<agent_events::SendProgress>().back().status, SendStatus::kFailed);
  world.befriend(ann, bob);
  EXPECT_EQ(bob.engine().peers().at(0).generation, 2U) << "the one that remembers counts on";
  ann.send(bob.id(), "hello again");
  bob.send(ann.id(), "hello again too");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("hello again"));
  EXPECT_THAT(ann.received(), ElementsAre("hello again too"));
}

TEST(Sessions, ASupersededOneStillReceivesForFourteenDays) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  // Bob wrote before he knew of the new session; it arrives afterwards.
  world.relay().mute_acks = true;
  world.relay().tamper = [&](const AgentId& to, AgentId&, MsgId&, Bytes&) { return to != ann.id(); };
  bob.send(ann.id(), "in the old session");
  world.run();
  world.relay().mute_acks = false;
  world.relay().tamper = nullptr;
  world.relay().cut();
  world.advance(seconds(2));
  EXPECT_THAT(ann.received(), ElementsAre("in the old session"));
  world.befriend(ann, bob);
  EXPECT_EQ(ann.store->count('s'), 2U);
  world.jump(hours(24 * 13));
  world.advance(seconds(61));
  EXPECT_EQ(ann.store->count('s'), 2U);
  world.jump(hours(24 * 2));
  world.advance(seconds(61));
  EXPECT_EQ(ann.store->count('s'), 1U);
  ann.send(bob.id(), "x");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("x"));
}

TEST(Sessions, TheLastGenerationIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  auto invite = protocol::parse_invite(url);
  ASSERT_TRUE(invite);
  const auto ephemeral = crypto::AgreementPair::generate(world.random);
  auto secrets = crypto::start_session(bob.identity,
                                       {.invite_id = invite->invite_id,
                                        .inviter_ed = ann.id(),
                                        .inviter_x = invite->inviter_x,
                                        .prekey = invite->prekey},
                                       invite->nonce, ephemeral);
  ASSERT_TRUE(secrets);
  const SessionId id = secrets->session_id;
  auto ratchet = crypto::Ratchet::initiate(std::move(*secrets), invite->prekey, world.random);
  ASSERT_TRUE(ratchet);
  protocol::Content content;
  content.body = protocol::SessionHello{.generation = 0xffff'ffff, .token = {}, .name = {}, .capabilities = {}};
  const MsgId msg_id = make_msg_id(world.now.unix_ms, world.random);
  auto first = ratchet->encrypt({bob.id(), ann.id(), msg_id}, protocol::encode_content(content), world.random);
  ASSERT_TRUE(first);
  world.relay().deliver(
      ann.id(), bob.id(), msg_id,
      protocol::encode_envelope(protocol::SessionInit{.invite_id = invite->invite_id,
                                                      .invitee_ed = bob.id(),
                                                      .invitee_x = bob.identity.x25519.pk,
                                                      .e_pk = ephemeral.pk,
                                                      .sig = crypto::sign_transcript(bob.identity, id),
                                                      .first = std::move(*first)}));
  world.run();
  ASSERT_THAT(ann.all<Unreadable>(), SizeIs(1));
  EXPECT_EQ(world.relay().receipts.back().status, protocol::ReceiptStatus::kRefused);
  EXPECT_THAT(ann.engine().peers(), IsEmpty());
}

// ---- attackers ----

struct SessionStart : testing::Test {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();

  /// Bob accepts; the relay does `change` to the SessionInit.
  void start(const std::function<void(AgentId& from, protocol::SessionInit& init)>& change) {
    const std::string url = ann.invite();
    world.relay().tamper = [&, change](const AgentId& to, AgentId& from, MsgId&, Bytes& envelope) {
      if (to != ann.id()) return true;
      auto opened = protocol::decode_envelope(envelope);
      if (!opened) return true;
      if (auto* init = std::get_if<protocol::SessionInit>(&*opened)) {
        change(from, *init);
        envelope = protocol::encode_envelope(std::move(*init));
      }
      return true;
    };
    bob.accept(url);
    world.run();
  }

  void expect_refused() {
    EXPECT_THAT(ann.engine().peers(), IsEmpty());
    EXPECT_EQ(ann.store->count('s'), 0U);
    EXPECT_THAT(ann.handled, IsEmpty());
    ASSERT_THAT(ann.all<Unreadable>(), SizeIs(1));
    ASSERT_FALSE(world.relay().receipts.empty());
    EXPECT_EQ(world.relay().receipts.back().status, protocol::ReceiptStatus::kRefused);
    EXPECT_EQ(ann.store->count('v'), 1U) << "the invite's keys wait for the true one";
  }
};

TEST_F(SessionStart, WithKeysOfTheRelaysOwnIsRefused) {
  const auto own = crypto::Identity::generate(world.random);
  start([&](AgentId& from, protocol::SessionInit& init) {
    from = own.id();
    init.invitee_ed = own.id();
    init.invitee_x = own.x25519.pk;
  });
  expect_refused();
}

TEST_F(SessionStart, WithASwappedEphemeralKeyIsRefused) {
  start([&](AgentId&, protocol::SessionInit& init) { init.e_pk = crypto::AgreementPair::generate(world.random).pk; });
  expect_refused();
}

TEST_F(SessionStart, OfARelayThatClaimsForItselfIsRefused) {
  // It knows everything but the nonce: it signs its own transcript.
  const auto own = crypto::Identity::generate(world.random);
  start([&](AgentId& from, protocol::SessionInit& init) {
    from = own.id();
    init.invitee_ed = own.id();
    init.invitee_x = own.x25519.pk;
    init.sig = crypto::sign_transcript(own, init.first.session_id);
  });
  expect_refused();
}

TEST_F(SessionStart, WhoseSenderIsNotItsInviteeIsRefused) {
  start([&](AgentId& from, protocol::SessionInit&) { from = crypto::Identity::generate(world.random).id(); });
  expect_refused();
}

TEST_F(SessionStart, WithADamagedFirstMessageIsRefused) {
  start([&](AgentId&, protocol::SessionInit& init) { init.first.body.back() ^= std::byte{1}; });
  expect_refused();
}

TEST_F(SessionStart, ForAnInviteThatDoesNotExistIsRefused) {
  start([&](AgentId&, protocol::SessionInit& init) { init.invite_id = InviteId{}; });
  expect_refused();
}

TEST_F(SessionStart, ThatWasRefusedEndsTheInviteesSessionToo) {
  const std::string url = ann.invite();
  ann.crash();
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->value());
  bob.send(ann.id(), "never readable");
  world.run();
  world.relay().tamper = [&](const AgentId& to, AgentId&, MsgId&, Bytes& envelope) {
    if (to == ann.id()) envelope.back() ^= std::byte{1};
    return true;
  };
  ann.start();
  world.run();
  EXPECT_EQ(bob.store->count('s'), 0U);
  EXPECT_THAT(bob.engine().peers(), IsEmpty());
  ASSERT_THAT(bob.all<InviteClosed>(), SizeIs(1));
  EXPECT_THAT(bob.all<InviteClosed>()[0].why, HasSubstr("refused"));
}

TEST_F(SessionStart, OfAConfirmedSessionCannotBeUndoneByALyingRelay) {
  world.befriend(ann, bob);
  world.relay().ack(bob.id(), world.relay().claims.at(0).msg_id.view(), protocol::AckStatus::kRejected,
                    protocol::Code::kUnreadable);
  world.run();
  EXPECT_THAT(bob.engine().peers(), SizeIs(1));
}

TEST_F(SessionStart, DeliveredTwiceIsTakenOnce) {
  world.befriend(ann, bob);
  const SeenSend claim = world.relay().claims.at(0);
  world.relay().deliver(ann.id(), bob.id(), claim.msg_id, claim.envelope);
  world.run();
  EXPECT_EQ(ann.store->count('s'), 1U);
  EXPECT_THAT(ann.all<Unreadable>(), IsEmpty());
  EXPECT_EQ(world.relay().receipts.back().status, protocol::ReceiptStatus::kStored);
  // Under another msg_id it is another message, and its invite is gone.
  world.relay().deliver(ann.id(), bob.id(), make_msg_id(world.now.unix_ms, world.random), claim.envelope);
  world.run();
  EXPECT_EQ(ann.store->count('s'), 1U);
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
}

TEST_F(SessionStart, IsOneTransactionWithItsAckAndItsReceiptComesAfter) {
  const std::string url = ann.invite();
  ann.store->automatic = false;
  const std::size_t receipts = world.relay().receipts.size();
  bob.accept(url);
  world.run();
  EXPECT_EQ(ann.store->waiting(), 1U);
  EXPECT_EQ(world.relay().receipts.size(), receipts);
  EXPECT_THAT(bob.all<PeerOnline>(), IsEmpty());
  ASSERT_TRUE(ann.store->complete_one());
  EXPECT_EQ(ann.store->count('s'), 1U);
  EXPECT_EQ(ann.store->count('v'), 0U);
  EXPECT_EQ(ann.store->count('d'), 1U);
  EXPECT_EQ(ann.store->count('o'), 1U);
  world.run();
  EXPECT_EQ(world.relay().receipts.size(), receipts + 1 + 1) << "hers for the start, his for the SessionAck";
  EXPECT_THAT(bob.all<PeerOnline>(), SizeIs(1));
}

}  // namespace
}  // namespace agentroom::test
