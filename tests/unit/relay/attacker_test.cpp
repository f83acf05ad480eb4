// Those who are not supposed to get anything (protocol section 10).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

const PeerInfo kSomewhere{.address = "192.0.2.66", .forwarded_for = {}, .cf_connecting_ip = {}};

TEST(Stranger, CannotWriteToAMailboxWithoutAToken) {
  Pair world;
  TestAgent mallory{66};
  world.connect(mallory);
  const MsgId msg_id = world.send(mallory, world.bob, "spam");
  world.settle();
  EXPECT_TRUE(is(mallory.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
  EXPECT_THAT(world.bob.deliveries, IsEmpty());
}

TEST(Stranger, CannotUseTheTokensHashAsTheToken) {
  Pair world;
  TestAgent mallory{66};
  world.connect(mallory);
  const TokenHash hash = crypto::hash_token(token_for(world.ada, world.bob));
  const MsgId msg_id = world.new_msg_id();
  world.tell(mallory, protocol::Send{msg_id, world.bob.id(), *crypto::MailboxToken::from(hash.view()),
                                     as_bytes(std::string_view("spam"))});
  world.settle();
  EXPECT_TRUE(is(mallory.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
}

TEST(Stranger, CannotSpeakBeforeItProvedItsKey) {
  RelayWorld world;
  const ChannelId channel = world.open(kSomewhere);
  Bytes message;
  protocol::encode_frame(protocol::Ping{}, message);
  world.inject(channel, message);
  EXPECT_EQ(world.channels[channel].close_code, 1008);
  EXPECT_EQ(world.engine->status().handshake_failures(HandshakeFailure::kRefused), 1U);
}

TEST(Stranger, CannotReplayAHelloToANewChallenge) {
  Pair world;
  TestAgent mallory{66};
  const ChannelId first = world.open();
  auto handshake = protocol::AgentHandshake::start(world.channels[first].sent.front());
  const Bytes hello = *handshake->hello(world.ada.identity, mallory.random);
  const ChannelId second = world.open();
  world.inject(second, hello);
  EXPECT_TRUE(world.channels[second].closed);
  EXPECT_FALSE(world.closed(world.ada));
}

TEST(Stranger, CannotReplaceAConnectionWithoutItsKey) {
  Pair world;
  const ChannelId channel = world.open();
  auto handshake = protocol::AgentHandshake::start(world.channels[channel].sent.front());
  crypto::Identity forged = TestAgent(66).identity.clone();
  forged.ed25519.pk = world.ada.id();
  Sequence random(1);
  world.inject(channel, *handshake->hello(forged, random));
  EXPECT_TRUE(world.channels[channel].closed);
  EXPECT_FALSE(world.closed(world.ada));
}

TEST(Stranger, IsShutOutAfterFiveFailedHandshakes) {
  RelayWorld world;
  for (int i = 0; i < 5; ++i) {
    const ChannelId channel = world.open(kSomewhere);
    ASSERT_FALSE(world.channels[channel].closed);
    world.inject(channel, Bytes(100));
    world.engine->on_closed(channel, world.now);
  }
  EXPECT_EQ(world.channels[world.open(kSomewhere)].close_code, 1008);
  EXPECT_FALSE(
      world.channels[world.open({.address = "192.0.2.67", .forwarded_for = {}, .cf_connecting_ip = {}})].closed);
}

TEST(Stranger, CannotForgeTheAddressThatItsFailuresCountFor) {
  RelayWorld world;
  for (int i = 0; i < 5; ++i) {
    PeerInfo peer = kSomewhere;
    peer.forwarded_for = peer.cf_connecting_ip = "203.0.113." + std::to_string(i);
    world.inject(world.open(peer), Bytes(100));
  }
  EXPECT_TRUE(world.channels[world.open(kSomewhere)].closed);
}

TEST(Link, ClosesOnAReplayedMessage) {
  Pair world;
  Bytes message(crypto::kMacBytes);
  protocol::encode_frame(protocol::Send{world.new_msg_id(), world.bob.id(), token_for(world.ada, world.bob),
                                        as_bytes(std::string_view("once"))},
                         message);
  world.ada.cipher->seal(message);
  world.inject(world.ada.channel, message);
  world.inject(world.ada.channel, message);
  world.turn();
  EXPECT_TRUE(world.closed(world.ada));
  EXPECT_THAT(world.bob.texts(), ElementsAre("once"));
}

TEST(Link, ClosesOnATruncatedMessage) {
  Pair world;
  Bytes message(crypto::kMacBytes);
  protocol::encode_frame(protocol::Ping{}, message);
  world.ada.cipher->seal(message);
  message.pop_back();
  world.inject(world.ada.channel, message);
  EXPECT_TRUE(world.closed(world.ada));
}

TEST(Link, ClosesOnAnEmptyOrTinyMessage) {
  for (const std::size_t size : {0U, 1U, 15U, 16U}) {
    Pair world;
    world.inject(world.ada.channel, Bytes(size));
    EXPECT_TRUE(world.closed(world.ada)) << size;
  }
}

TEST(Link, ClosesOnAMessageOfAnotherConnection) {
  Pair world;
  Bytes message(crypto::kMacBytes);
  protocol::encode_frame(protocol::Ping{}, message);
  world.bob.cipher->seal(message);
  world.inject(world.ada.channel, message);
  EXPECT_TRUE(world.closed(world.ada));
}

TEST(Link, ClosesOnAReorderedMessage) {
  Pair world;
  Bytes first(crypto::kMacBytes);
  protocol::encode_frame(protocol::Ping{}, first);
  Bytes second = first;
  world.ada.cipher->seal(first);
  world.ada.cipher->seal(second);
  world.inject(world.ada.channel, second);
  EXPECT_TRUE(world.closed(world.ada));
}

TEST(Link, ClosesAndStoresWhatWasInFlightToAClosedOne) {
  Pair world;
  const MsgId msg_id = world.send(world.ada, world.bob, "hello");
  world.turn();
  world.inject(world.bob.channel, Bytes(40));
  world.settle();
  EXPECT_TRUE(world.closed(world.bob));
  EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kQueued));
}

TEST(Link, TakesAMessageThatIsTooLargeForABadFrame) {
  Pair world;
  Bytes plaintext;
  protocol::encode_frame(protocol::Delivery{{}, {}, Bytes(300'000)}, plaintext);
  world.tell_raw(world.ada, plaintext);
  world.turn();
  ASSERT_THAT(world.ada.errors, SizeIs(1));
  EXPECT_EQ(world.ada.errors[0].code, Code::kBadFrame);
}

TEST(Link, DoesNothingOfAMessageWithOneBadFrame) {
  Pair world;
  Bytes plaintext;
  protocol::encode_frame(protocol::Send{world.new_msg_id(), world.bob.id(), token_for(world.ada, world.bob),
                                        as_bytes(std::string_view("good"))},
                         plaintext);
  plaintext.push_back(std::byte{5});  // a frame of five bytes that are not there
  world.tell_raw(world.ada, plaintext);
  world.turn();
  EXPECT_THAT(world.bob.deliveries, IsEmpty());
}

struct Claiming : Pair {
  Claiming() {
    connect(cleo);
    invite = make_invite(*this);
    tell(ada, invite.publish(*this));
    settle();
  }
  TestInvite invite;
  std::string init = "session init";
};

TEST(Claimant, WithoutTheInvitesSecretIsRefused) {
  Claiming world;
  TestInvite guessed = make_invite(world);
  guessed.invite_id = world.invite.invite_id;
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, guessed.claim(world.cleo, msg_id, world.init));
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kBadSignature));
  EXPECT_EQ(world.engine->status().invites, 1U);
}

TEST(Claimant, WithoutTheSecretLearnsNothingOfTheInvitesState) {
  Claiming world;
  world.tell(world.ada, world.invite.revoke(world));
  world.settle();
  TestInvite guessed = make_invite(world);
  guessed.invite_id = world.invite.invite_id;
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, guessed.claim(world.cleo, msg_id, world.init));
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kBadSignature));
}

TEST(Claimant, CannotUseTheClaimOfAnother) {
  Claiming world;
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, world.invite.claim(world.bob, msg_id, world.init));
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kBadSignature));
}

TEST(Claimant, CannotExchangeTheEnvelope) {
  Claiming world;
  const MsgId msg_id = world.new_msg_id();
  auto claim = world.invite.claim(world.cleo, msg_id, world.init);
  const std::string other = "another init";
  claim.envelope = as_bytes(other);
  world.tell(world.cleo, claim);
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kRejected, Code::kBadSignature));
}

TEST(Revoker, MustOwnTheInvite) {
  Claiming world;
  const auto revoke = world.invite.revoke(world);
  world.tell(world.bob, revoke);
  world.settle();
  EXPECT_TRUE(is(world.bob.answer(revoke.request_id), AckStatus::kRejected, Code::kNotAllowed));
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, world.invite.claim(world.cleo, msg_id, world.init));
  world.settle();
  EXPECT_TRUE(is(world.cleo.answer(msg_id), AckStatus::kOk));
}

TEST(Thief, OfTheStoreFindsNoIdNoTokenAndNoText) {
  Claiming world;
  world.bob_leaves();
  const std::string text = "an envelope that nobody else should recognise";
  world.send(world.ada, world.bob, text);
  const MsgId msg_id = world.new_msg_id();
  world.tell(world.cleo, world.invite.claim(world.cleo, msg_id, world.init));
  world.settle();
  const auto hash = crypto::hash_token(token_for(world.ada, world.bob));
  for (const auto& [key, value] : world.records) {
    for (const ByteView needle : {world.ada.id().view(), world.bob.id().view(), world.cleo.id().view(), hash.view(),
                                  world.invite.invite_id.view(), msg_id.view(), as_bytes(text)}) {
      EXPECT_EQ(as_text(key).find(as_text(needle)), std::string_view::npos);
      EXPECT_EQ(as_text(value).find(as_text(needle)), std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace agentroom::relay::test
