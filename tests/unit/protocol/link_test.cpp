#include "protocol/link.hpp"

#include "some_link.hpp"

namespace agentroom::protocol {
namespace {

using namespace test;

/// The relay's counterpart of `message`, through both ciphers.
void expect_passes(crypto::LinkCipher& from, crypto::LinkCipher& to, std::string_view text) {
  Bytes message = joined({filled(16, 0), as_bytes(text)});
  from.seal(message);
  const auto opened = to.open(message);
  ASSERT_TRUE(opened);
  EXPECT_EQ(as_text(*opened), text);
}

TEST(Link, OpensBetweenARelayAndAnAgent) {
  SomeLink link;
  auto agent = link.agent_side();
  EXPECT_EQ(agent.proof().relay_pk, link.relay.pair.pk);
  EXPECT_FALSE(agent.proof().successor_of);
  const auto hello = agent.hello(link.agent, link.random);
  ASSERT_TRUE(hello);

  std::optional<AgentId> asked;
  auto accepted = link.relay_side.accept(*hello, [&](const AgentId& id) {
    asked = id;
    return Welcome{7, numbered<AllowDigest>(3)};
  });
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->agent, link.agent.id());
  EXPECT_EQ(asked, link.agent.id());

  auto done = agent.finish(accepted->welcome);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->welcome.pending, 7U);
  EXPECT_EQ(done->welcome.allow_digest, numbered<AllowDigest>(3));
  for (const char* text : {"one", "two", ""}) {
    expect_passes(done->cipher, accepted->cipher, text);
    expect_passes(accepted->cipher, done->cipher, text);
  }
}

TEST(Link, TellsAMailboxThatIsNotThereFromAnEmptyOne) {
  SomeLink link;
  auto agent = link.agent_side();
  const auto hello = agent.hello(link.agent, link.random);
  auto accepted = link.relay_side.accept(*hello, [](const AgentId&) { return Welcome{0, std::nullopt}; });
  ASSERT_TRUE(accepted);
  auto done = agent.finish(accepted->welcome);
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->welcome.allow_digest);
}

TEST(Link, CarriesTheRelaysTerms) {
  SomeLink link;
  const RelayTerms terms{.link_message_bytes = 1,
                         .mailbox_messages = 2,
                         .mailbox_bytes = 3,
                         .window_frames = 4,
                         .window_bytes = 5,
                         .open_invites = 6,
                         .message_life_ms = 7};
  const RelayHandshake relay(link.relay, terms, link.random);
  const auto agent = AgentHandshake::start(relay.challenge());
  ASSERT_TRUE(agent);
  const RelayTerms& read = agent->proof().terms;
  EXPECT_EQ(read.link_message_bytes, 1U);
  EXPECT_EQ(read.mailbox_messages, 2U);
  EXPECT_EQ(read.mailbox_bytes, 3U);
  EXPECT_EQ(read.window_frames, 4U);
  EXPECT_EQ(read.window_bytes, 5U);
  EXPECT_EQ(read.open_invites, 6U);
  EXPECT_EQ(read.message_life_ms, 7U);
}

TEST(Link, UsesFreshKeysForEveryConnection) {
  SomeLink link;
  const RelayHandshake other(link.relay, link.terms, link.random);
  EXPECT_FALSE(same(link.relay_side.challenge(), other.challenge()));
  EXPECT_TRUE(same(link.relay_side.challenge(), link.relay_side.challenge())) << "stable within one";
  auto one = link.agent_side();
  auto two = link.agent_side();
  EXPECT_FALSE(same(one.hello(link.agent, link.random).value(), two.hello(link.agent, link.random).value()));
}

TEST(Link, ShowsNoKeyOfTheAgentOnTheWire) {
  SomeLink link;
  auto agent = link.agent_side();
  const Bytes hello = agent.hello(link.agent, link.random).value();
  auto accepted = link.accept(hello);
  ASSERT_TRUE(accepted);
  const Bytes wire = joined({link.relay_side.challenge(), hello, accepted->welcome});
  for (const ByteView secret : {link.agent.id().view(), link.agent.x25519.pk.view(), link.agent.x25519.secret.view(),
                                link.agent.ed25519.secret.view().first(32)}) {
    for (std::size_t i = 0; i + 8 <= secret.size(); ++i) EXPECT_FALSE(contains(wire, secret.subspan(i, 8)));
  }
  EXPECT_TRUE(contains(wire, link.relay.pair.pk.view())) << "the search finds what is there";
}

TEST(Link, ShowsASuccessorToWhoPinnedTheFormerKey) {
  SomeLink link;
  const auto former = crypto::RelayIdentity::from_secret("the former secret of at least 32 characters");
  const auto successor = crypto::RelayIdentity::from_secret("the present secret of at least 32 characters",
                                                            "the former secret of at least 32 characters");
  const RelayHandshake relay(successor, link.terms, link.random);
  const auto agent = AgentHandshake::start(relay.challenge());
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_EQ(agent->proof().relay_pk, successor.pair.pk);
  EXPECT_EQ(agent->proof().successor_of, former.pair.pk);
}

TEST(Link, TakesASuccessorsProofFromTheFormerKeyAlone) {
  SomeLink link;
  const auto former = crypto::RelayIdentity::from_secret("the former secret of at least 32 characters");
  // Whoever has the new key names any former one, and signs for it with what it has.
  auto thief = crypto::RelayIdentity::from_secret("a thief's own secret of at least 32 characters");
  const auto own_sig = crypto::sign(thief.pair.secret, kSuccessorContext, {thief.pair.pk.view()});
  const auto for_another = crypto::RelayIdentity::from_secret("the present secret of at least 32 characters",
                                                              "the former secret of at least 32 characters");
  for (const Signature& sig : {own_sig, for_another.succession->sig, Signature{}}) {
    thief.succession = crypto::RelayIdentity::Succession{former.pair.pk, sig};
    const RelayHandshake relay(thief, link.terms, link.random);
    const auto agent = AgentHandshake::start(relay.challenge());
    ASSERT_TRUE(agent);
    EXPECT_FALSE(agent->proof().successor_of);
  }
  // A signature of the former key for another use says nothing about succession either.
  thief.succession = crypto::RelayIdentity::Succession{
      former.pair.pk, crypto::sign(former.pair.secret, kChallengeContext, {thief.pair.pk.view()})};
  const RelayHandshake relay(thief, link.terms, link.random);
  EXPECT_FALSE(AgentHandshake::start(relay.challenge())->proof().successor_of);
}

TEST(Link, IsUsedOnceAtEachStep) {
  SomeLink link;
  auto agent = link.agent_side();
  Bytes early = filled(60, 1);
  EXPECT_FALSE(agent.finish(early)) << "no hello was made";
  const auto hello = agent.hello(link.agent, link.random);
  ASSERT_TRUE(hello);
  EXPECT_FALSE(agent.hello(link.agent, link.random));
  auto accepted = link.accept(*hello);
  ASSERT_TRUE(accepted);
  EXPECT_FALSE(link.accept(*hello)) << "the ephemeral secret is gone";
}

}  // namespace
}  // namespace agentroom::protocol
