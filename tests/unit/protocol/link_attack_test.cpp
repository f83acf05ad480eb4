// Attackers on the way of a link: who forwards, swaps, forges or replays.
#include "protocol/frames.hpp"
#include "some_link.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

ErrorCode refusal(const Result<RelayHandshake::Accepted>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::kInternal : result.error().code;
}

ErrorCode refusal(ByteView challenge) {
  const auto started = AgentHandshake::start(challenge);
  EXPECT_FALSE(started);
  return started ? ErrorCode::kInternal : started.error().code;
}

/// The challenge with its body rewritten, under the signature it had or one of another relay.
template <class Change>
Bytes rewritten(ByteView challenge, Change&& change, const crypto::RelayIdentity* signer = nullptr) {
  auto outer = decode_challenge(challenge);
  auto body = decode_challenge_body(outer->body);
  change(*body);
  const Bytes bytes = encode_challenge_body(*body);
  const Signature sig = signer != nullptr ? crypto::sign(signer->pair.secret, kChallengeContext, {bytes}) : outer->sig;
  return encode_challenge({bytes, sig});
}

TEST(LinkAttack, AForwarderOfAnotherRelaysChallengeIsAWire) {
  SomeLink link;
  const auto hostile = crypto::RelayIdentity::from_secret("the hostile relay's secret of 32 characters");
  RelayHandshake own(hostile, link.terms, link.random);
  auto agent = link.agent_side();  // it was handed the honest relay's challenge by the hostile one
  EXPECT_EQ(agent.proof().relay_pk, link.relay.pair.pk);
  const Bytes hello = agent.hello(link.agent, link.random).value();

  // The forwarder cannot read the answer, nor use it for a link of its own.
  EXPECT_EQ(refusal(own.accept(hello, [](const AgentId&) { return Welcome{}; })), ErrorCode::kUnreadable);
  // Nor answer in the relay's place: it has no key of this link.
  Bytes forged = crypto::box(filled(32, 0), kHandshakeNonce, encode_hello_ack(Welcome{}));
  EXPECT_EQ(agent.finish(forged).error().code, ErrorCode::kUnreadable);
  // What it forwards unchanged is a link between the two ends.
  auto accepted = link.accept(hello);
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(agent.finish(accepted->welcome));
}

TEST(LinkAttack, AHelloTakenByOneRelayIsWorthNothingAtAnother) {
  SomeLink link;
  const auto hostile = crypto::RelayIdentity::from_secret("the hostile relay's secret of 32 characters");
  RelayHandshake hostile_side(hostile, link.terms, link.random);
  const auto hostile_body = decode_challenge_body(decode_challenge(hostile_side.challenge())->body);
  const auto honest_body = decode_challenge_body(decode_challenge(link.relay_side.challenge())->body);

  // The agent really talks to the hostile relay, which learns its Hello, and boxes it anew for the honest one.
  const auto agent_e = crypto::AgreementPair::generate(link.random);
  const Hello learnt{link.agent.id(), crypto::sign(link.agent.ed25519.secret, kHelloContext,
                                                   {hostile_body->relay_pk.view(), hostile_body->relay_e.view(),
                                                    agent_e.pk.view(), link.agent.id().view()})};
  const auto own_e = crypto::AgreementPair::generate(link.random);
  const Bytes hello = boxed_hello(own_e, link.relay.pair.pk, honest_body->relay_e, link.relay_side.challenge(), learnt);
  EXPECT_EQ(refusal(link.accept(hello)), ErrorCode::kBadSignature);
}

TEST(LinkAttack, AHelloProvesTheKeyThatItNames) {
  const auto attempt = [](auto make_hello) {
    SomeLink link;
    const auto body = decode_challenge_body(decode_challenge(link.relay_side.challenge())->body);
    const auto own = crypto::Identity::generate(link.random);
    const auto e = crypto::AgreementPair::generate(link.random);
    const Hello hello = make_hello(link, own, *body, e);
    return link.accept(boxed_hello(e, link.relay.pair.pk, body->relay_e, link.relay_side.challenge(), hello));
  };
  using Link = SomeLink;
  using Id = crypto::Identity;
  using Body = ChallengeBody;
  using Pair = crypto::AgreementPair;
  EXPECT_TRUE(attempt([](Link& link, const Id& own, const Body& body, const Pair& e) {
    return Hello{own.id(),
                 crypto::sign(own.ed25519.secret, kHelloContext,
                              {link.relay.pair.pk.view(), body.relay_e.view(), e.pk.view(), own.id().view()})};
  })) << "the honest way, so that the refusals below are of what they say";
  EXPECT_EQ(refusal(attempt([](Link& link, const Id& own, const Body& body, const Pair& e) {
              return Hello{link.agent.id(), crypto::sign(own.ed25519.secret, kHelloContext,
                                                         {link.relay.pair.pk.view(), body.relay_e.view(), e.pk.view(),
                                                          own.id().view()})};
            })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(attempt([](Link& link, const Id& own, const Body& body, const Pair& e) {
              return Hello{own.id(), crypto::sign(own.ed25519.secret, kChallengeContext,
                                                  {link.relay.pair.pk.view(), body.relay_e.view(), e.pk.view(),
                                                   own.id().view()})};
            })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(attempt([](Link& link, const Id& own, const Body& body, const Pair&) {
              const auto other_e = crypto::AgreementPair::generate(link.random);
              return Hello{own.id(), crypto::sign(own.ed25519.secret, kHelloContext,
                                                  {link.relay.pair.pk.view(), body.relay_e.view(), other_e.pk.view(),
                                                   own.id().view()})};
            })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(attempt([](Link& link, const Id& own, const Body& body, const Pair& e) {
              return Hello{own.id(),
                           crypto::sign(own.ed25519.secret, kHelloContext,
                                        {link.agent.id().view(), body.relay_e.view(), e.pk.view(), own.id().view()})};
            })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(
      refusal(attempt([](Link&, const Id& own, const Body&, const Pair&) { return Hello{own.id(), Signature{}}; })),
      ErrorCode::kBadSignature);
  // A key of small order, for which a signature of zeros would hold under a lax check.
  AgentId small_order;
  small_order.mutable_view()[0] = std::byte{1};
  EXPECT_EQ(refusal(attempt([&](Link&, const Id&, const Body&, const Pair&) {
              Signature sig;
              sig.mutable_view()[0] = std::byte{1};
              return Hello{small_order, sig};
            })),
            ErrorCode::kInvalid);
}

TEST(LinkAttack, AReplayedHelloOpensNothing) {
  SomeLink link;
  auto agent = link.agent_side();
  const Bytes hello = agent.hello(link.agent, link.random).value();
  ASSERT_TRUE(link.accept(hello));
  RelayHandshake next(link.relay, link.terms, link.random);
  EXPECT_EQ(refusal(next.accept(hello, [](const AgentId&) { return Welcome{}; })), ErrorCode::kUnreadable);
}

TEST(LinkAttack, AHelloChangedInAnyByteIsRefused) {
  SomeLink honest;
  auto agent = honest.agent_side();
  const Bytes hello = agent.hello(honest.agent, honest.random).value();
  for (std::size_t i = 0; i < hello.size(); ++i) {
    SomeLink link;  // the same seed: the same challenge
    ASSERT_TRUE(same(link.relay_side.challenge(), honest.relay_side.challenge()));
    Bytes changed = hello;
    changed[i] ^= std::byte{1};
    bool asked = false;
    const auto result = link.relay_side.accept(changed, [&](const AgentId&) {
      asked = true;
      return Welcome{};
    });
    EXPECT_EQ(refusal(result), ErrorCode::kUnreadable) << "byte " << i;
    EXPECT_FALSE(asked) << "nothing is asked for before the agent is verified";
  }
}

TEST(LinkAttack, AHelloWithABadEphemeralKeyIsRefused) {
  Bytes p = filled(32, 0xff);
  p[0] = std::byte{0xed};
  p[31] = std::byte{0x7f};
  Bytes one = filled(32, 0);
  one[0] = std::byte{1};
  for (const Bytes& key : {filled(32, 0), one, p, filled(32, 0xff)}) {
    SomeLink link;
    EXPECT_EQ(refusal(link.accept(joined({key, filled(116, 1)}))), ErrorCode::kInvalid);
  }
}

TEST(LinkAttack, AHelloOfAWrongSizeIsRefused) {
  for (const std::size_t size : {0U, 1U, 31U, 32U, 47U, 4'097U, 262'144U}) {
    SomeLink link;
    EXPECT_EQ(refusal(link.accept(filled(size, 9))), ErrorCode::kInvalid) << size;
  }
}

TEST(LinkAttack, AHelloOfTheLaterStagesIsNoFrame) {
  // The boxed Hello travels alone, without a length before it: a frame in its place is refused.
  SomeLink link;
  const auto body = decode_challenge_body(decode_challenge(link.relay_side.challenge())->body);
  const auto e = crypto::AgreementPair::generate(link.random);
  const auto shared = crypto::dh(e.secret, body->relay_e);
  const auto keys =
      crypto::derive_link_keys(*shared, link.relay.pair.pk, body->relay_e, e.pk, link.relay_side.challenge());
  Bytes frames;
  encode_frame(Ping{}, frames);
  EXPECT_EQ(
      refusal(link.accept(joined({e.pk.view(), crypto::box(keys.agent_to_relay.view(), kHandshakeNonce, frames)}))),
      ErrorCode::kInvalid);
}

TEST(LinkAttack, AChallengeChangedInAnyByteIsRefusedOrMakesAnotherLink) {
  SomeLink link;
  const Bytes challenge = to_bytes(link.relay_side.challenge());
  for (std::size_t i = 0; i < challenge.size(); ++i) {
    Bytes changed = challenge;
    changed[i] ^= std::byte{1};
    const auto started = AgentHandshake::start(changed);
    EXPECT_FALSE(started) << "byte " << i;
  }
}

TEST(LinkAttack, AChallengeWithSwappedKeysIsRefused) {
  SomeLink link;
  const auto hostile = crypto::RelayIdentity::from_secret("the hostile relay's secret of 32 characters");
  const auto own_e = crypto::AgreementPair::generate(link.random);
  const ByteView honest = link.relay_side.challenge();
  EXPECT_EQ(refusal(rewritten(honest, [&](ChallengeBody& body) { body.relay_e = own_e.pk; })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(rewritten(honest, [&](ChallengeBody& body) { body.relay_pk = hostile.pair.pk; })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(rewritten(honest, [](ChallengeBody& body) { body.terms.window_frames = 1; })),
            ErrorCode::kBadSignature);
  EXPECT_EQ(refusal(rewritten(
                honest, [&](ChallengeBody& body) { body.relay_e = own_e.pk; }, &hostile)),
            ErrorCode::kBadSignature);
  // A relay that signs for itself is another relay, and shows as one: the caller's pin decides.
  const auto other =
      AgentHandshake::start(rewritten(honest, [&](ChallengeBody& body) { body.relay_pk = hostile.pair.pk; }, &hostile));
  ASSERT_TRUE(other);
  EXPECT_NE(other->proof().relay_pk, link.relay.pair.pk);
}

TEST(LinkAttack, AChallengeWithBadKeysIsRefused) {
  SomeLink link;
  AgreementKey high_bit = numbered<AgreementKey>(1);
  high_bit.mutable_view()[31] = std::byte{0x80};
  EXPECT_EQ(refusal(rewritten(
                link.relay_side.challenge(), [&](ChallengeBody& body) { body.relay_e = high_bit; }, &link.relay)),
            ErrorCode::kInvalid);
  RelayId small_order;
  small_order.mutable_view()[0] = std::byte{1};
  EXPECT_EQ(refusal(rewritten(link.relay_side.challenge(), [&](ChallengeBody& body) { body.relay_pk = small_order; })),
            ErrorCode::kInvalid);
  // Zero passes as a key and is refused before anything leaves the agent.
  auto agent = AgentHandshake::start(
      rewritten(link.relay_side.challenge(), [](ChallengeBody& body) { body.relay_e = {}; }, &link.relay));
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent->hello(link.agent, link.random).error().code, ErrorCode::kInvalid);
}

TEST(LinkAttack, AReplayedChallengeLeadsNowhere) {
  SomeLink link;
  auto agent = link.agent_side();  // an old challenge of the right relay, replayed by a tunnel operator
  const Bytes hello = agent.hello(link.agent, link.random).value();
  RelayHandshake fresh(link.relay, link.terms, link.random);
  EXPECT_EQ(refusal(fresh.accept(hello, [](const AgentId&) { return Welcome{}; })), ErrorCode::kUnreadable);
}

TEST(LinkAttack, OnlyTheHolderOfTheRelaysEphemeralSecretAnswersHello) {
  SomeLink link;
  auto agent = link.agent_side();
  const Bytes hello = agent.hello(link.agent, link.random).value();
  // Everything the tunnel operator has: all keys in clear, the relay's long-lived secret even, but no secret of
  // relay_e.
  const auto body = decode_challenge_body(decode_challenge(link.relay_side.challenge())->body);
  const auto agent_e = *AgreementKey::from(ByteView(hello).first(32));
  const auto own = crypto::AgreementPair::generate(link.random);
  for (const AgreementKey& pk : {agent_e, body->relay_e}) {
    const auto shared = crypto::dh(own.secret, pk);
    const auto keys =
        crypto::derive_link_keys(*shared, link.relay.pair.pk, body->relay_e, agent_e, link.relay_side.challenge());
    Bytes forged = crypto::box(keys.relay_to_agent.view(), kHandshakeNonce, encode_hello_ack(Welcome{}));
    EXPECT_EQ(agent.finish(forged).error().code, ErrorCode::kUnreadable);
  }
  // The agent's own box reflected does not pass for the answer.
  Bytes reflected = to_bytes(ByteView(hello).subspan(32));
  EXPECT_EQ(agent.finish(reflected).error().code, ErrorCode::kUnreadable);
  auto accepted = link.accept(hello);
  ASSERT_TRUE(accepted);
  for (std::size_t i = 0; i < accepted->welcome.size(); ++i) {
    Bytes changed = accepted->welcome;
    changed[i] ^= std::byte{1};
    EXPECT_EQ(agent.finish(changed).error().code, ErrorCode::kUnreadable);
  }
  EXPECT_TRUE(agent.finish(accepted->welcome)) << "forgeries do not spend the handshake";
}

TEST(LinkAttack, TheWholeChallengeIsBoundIntoTheKeys) {
  SomeLink link;
  // The same body and signature, but other bytes around them: an unknown field that the agent skips.
  const Bytes stretched = joined({link.relay_side.challenge(), unknown_fields()});
  auto agent = AgentHandshake::start(stretched);
  ASSERT_TRUE(agent);
  const Bytes hello = agent->hello(link.agent, link.random).value();
  EXPECT_EQ(refusal(link.accept(hello)), ErrorCode::kUnreadable);
}

TEST(LinkAttack, MessagesOfALinkOpenOnceAndInOrder) {
  SomeLink link;
  auto agent = link.agent_side();
  auto accepted = link.accept(agent.hello(link.agent, link.random).value());
  ASSERT_TRUE(accepted);
  auto done = agent.finish(accepted->welcome);
  ASSERT_TRUE(done);
  std::vector<Bytes> sent;
  for (const char* text : {"first", "second"}) {
    sent.push_back(joined({filled(16, 0), as_bytes(text)}));
    done->cipher.seal(sent.back());
  }
  Bytes second_first = sent[1];
  EXPECT_FALSE(accepted->cipher.open(second_first));
  Bytes reflected = sent[0];
  EXPECT_FALSE(done->cipher.open(reflected));
  Bytes first = sent[0];
  EXPECT_TRUE(accepted->cipher.open(first));
  Bytes replayed = sent[0];
  EXPECT_FALSE(accepted->cipher.open(replayed));
  Bytes second = sent[1];
  EXPECT_TRUE(accepted->cipher.open(second));
}

}  // namespace
}  // namespace agentroom::protocol
