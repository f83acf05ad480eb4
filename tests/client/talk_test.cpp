#include <gmock/gmock.h>

#include "line.hpp"

namespace agentroom::client {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(Line, CarriesMessagesAndAnswersBothWays) {
  auto options_of_bob = options(bob_home);
  options_of_bob.name = "bob";
  Client alice = opened(options(alice_home));
  Client bob = opened(options_of_bob);
  EXPECT_EQ(await<Connected>(alice).server, relay->url());
  befriend(alice, bob);

  const std::string asked = value(alice.send("bob", "Is the build green?"));
  const Message question = await<Message>(bob);
  EXPECT_EQ(question.id, asked);
  EXPECT_EQ(question.peer, alice.id());
  EXPECT_EQ(question.text, "Is the build green?");
  EXPECT_EQ(question.in_reply_to, "");
  EXPECT_EQ(question.attempt, 1U);
  EXPECT_GT(question.sent_at, 1'600'000'000'000);

  const std::string answered = value(bob.reply(question, "Yes: 412 tests passed."));
  const Message answer = await<Message>(alice);
  EXPECT_EQ(answer.id, answered);
  EXPECT_EQ(answer.peer_name, "bob");
  EXPECT_EQ(answer.text, "Yes: 412 tests passed.");
  EXPECT_EQ(answer.in_reply_to, asked);
  EXPECT_EQ(answer.conversation_id, question.conversation_id);
  EXPECT_EQ(answer.hops, 1U);
  expect_done(alice.done(answer));
}

TEST_F(Line, TellsHowFarAMessageIs) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  const std::string id = value(alice.send(bob.id().substr(0, 8), "here?"));
  const auto there = await<SendProgress>(alice, [](const auto& each) { return each.status != SendStatus::kPending; });
  EXPECT_EQ(there.id, id);
  EXPECT_EQ(there.peer, bob.id());
  EXPECT_EQ(there.status, SendStatus::kDelivered);

  bob.close();
  const std::string second = value(alice.send(bob.id(), "and now?"));
  const auto waits = await<SendProgress>(alice, [](const auto& each) { return each.status != SendStatus::kPending; });
  EXPECT_EQ(waits.id, second);
  EXPECT_EQ(waits.status, SendStatus::kQueued);
}

TEST_F(Line, ShowsPeersAndWhatWaitsForThem) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  EXPECT_TRUE(value(alice.peers()).empty());
  befriend(alice, bob);
  const auto peers = value(alice.peers());
  ASSERT_EQ(peers.size(), 1U);
  EXPECT_EQ(peers[0].key, bob.id());
  EXPECT_EQ(peers[0].server, relay->url());
  EXPECT_EQ(peers[0].state, PeerState::kReady);
}

TEST_F(Line, KeepsInvitesSingleUseAndTakesThemBack) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  const Invite first = value(alice.create_invite(std::chrono::hours(1)));
  expect_done(alice.revoke_invite(first.id));
  EXPECT_EQ(code(bob.accept_invite(first.url)), "invite_revoked");
  EXPECT_EQ(code(alice.revoke_invite(first.id)), "not_found");
  EXPECT_EQ(code(alice.revoke_invite("no id")), "not_found");

  const Invite second = value(alice.create_invite());
  EXPECT_EQ(value(bob.accept_invite(second.url)).key, alice.id());
  const e2e::Home carol_home;
  Client carol = opened(options(carol_home));
  const auto used = carol.accept_invite(second.url);
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, "invite_used");
  EXPECT_THAT(used.error().message + used.error().hint, Not(HasSubstr(second.url.substr(20))));
  EXPECT_EQ(code(carol.accept_invite("agentroom://invite/x")), "invalid");
  EXPECT_EQ(code(alice.create_invite(std::chrono::hours(24 * 8))), "usage");
}

TEST_F(Line, RefusesWhatNoMessageHolds) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  EXPECT_EQ(code(alice.send("bob", "x")), "no_session");
  befriend(alice, bob);
  const std::string large(131'073, 'x');
  EXPECT_EQ(code(alice.send(bob.id(), large)), "too_large");
  EXPECT_EQ(code(alice.send(bob.id(), "\xff")), "invalid");

  EXPECT_NE(value(alice.send(bob.id(), std::string(131'072, 'x'))), "");
  const Message message = await<Message>(bob);
  EXPECT_EQ(message.text.size(), 131'072U);
  EXPECT_EQ(code(bob.reply(message, large)), "too_large");
  EXPECT_EQ(code(bob.reply(message, "\xff")), "invalid");
  EXPECT_EQ(code(bob.reply(message, "")), "invalid");
  EXPECT_NE(value(bob.reply(message, "still mine")), "");
}

TEST_F(Line, StopsConversationsThatNoPersonIsIn) {
  const fs::path file = alice_home.write("few_hops.toml", "[handler]\nmax_hops = 1\n");
  auto short_of_breath = options(alice_home);
  short_of_breath.config_file = file;
  Client alice = opened(short_of_breath);
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  EXPECT_NE(value(alice.send(bob.id(), "ping")), "");
  const std::string pong = value(bob.reply(await<Message>(bob), "pong"));
  const auto given_up = await<MessageGivenUp>(alice);
  EXPECT_EQ(given_up.id, pong);
  EXPECT_EQ(given_up.peer, bob.id());
  EXPECT_EQ(given_up.why.code, "aborted");
}

TEST_F(Line, GoesOnWhenTheRelayComesBack) {
  Client alice = opened(options(alice_home));
  Client bob = opened(options(bob_home));
  befriend(alice, bob);
  const unsigned port = relay->port;
  relay->child->signal(SIGKILL);
  relay->child->wait();
  const auto lost = await<Disconnected>(alice);
  EXPECT_EQ(lost.why.code, "network");
  EXPECT_FALSE(lost.final);
  const std::string id = value(alice.send(bob.id(), "written meanwhile"));
  EXPECT_NE(id, "");
  relay.emplace(relay_home, port);
  EXPECT_EQ(await<Message>(bob).id, id);
  await_sent(alice);
}

TEST(Client, MovesToTheRelayOfItsFirstInvite) {
  const e2e::Home relay_home;
  const e2e::Home alice_home;
  const e2e::Home bob_home;
  std::optional<e2e::Relay> relay(relay_home);
  const std::string url = relay->url();
  Client alice = opened({.home = alice_home.path(), .server = url});
  {
    Client bob = opened({.home = bob_home.path()});
    EXPECT_EQ(value(bob.accept_invite(value(alice.create_invite()).url)).server, url);
    EXPECT_NE(value(alice.send(bob.id(), "hello")), "");
    expect_done(bob.done(await<Message>(bob)));

    const unsigned port = relay->port;
    relay->child->signal(SIGKILL);
    relay->child->wait();
    relay.emplace(relay_home, port);
    EXPECT_NE(value(alice.send(bob.id(), "still there?")), "");
    expect_done(bob.done(await<Message>(bob)));
  }
  Client bob = opened({.home = bob_home.path()});
  EXPECT_EQ(await<Connected>(bob).server, url);
}

}  // namespace
}  // namespace agentroom::client
