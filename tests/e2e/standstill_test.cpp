// A party that stands still (SIGSTOP) holds up nobody else, and goes on where it was.
#include <gtest/gtest.h>
#include <signal.h>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

/// Alice and Carol serve, Bob has a session with each.
class StandstillTest : public testing::Test {
 protected:
  StandstillTest() {
    alice_key = befriend(alice);
    carol_key = befriend(carol);
    alice_server = serve(alice);
    carol_server = serve(carol);
  }

  std::string befriend(const Home& inviter) const {
    const auto created = inviter.run({"invite", "create", "--server", relay.url(), "--json"});
    const auto accepted = bob.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    return text(accepted.json(), "peer_pk");
  }
  std::unique_ptr<Child> serve(const Home& home) const {
    const auto config = home.write("serve.toml", "[handler]\nplugin = \"echo\"\n");
    auto child = home.start({"--config", config.string(), "serve", "--server", relay.url(), "--json"});
    await(*child, "peer_online");
    return child;
  }
  Ended send(const std::string& peer, const std::string& what) const {
    return bob.run({"send", peer, what, "--server", relay.url(), "--json"});
  }
  static void expect_status(const Ended& sent, const std::string& status) {
    EXPECT_EQ(text(sent.json(), "status"), status) << sent.out << sent.err;
  }

  Home host;
  Home alice;
  Home bob;
  Home carol;
  Relay relay{host};
  std::string alice_key;
  std::string carol_key;
  std::unique_ptr<Child> alice_server;
  std::unique_ptr<Child> carol_server;
};

TEST_F(StandstillTest, AReceiverThatStandsStillHoldsUpNoOther) {
  alice_server->signal(SIGSTOP);
  const auto began = std::chrono::steady_clock::now();
  auto to_alice = bob.start({"send", alice_key, "one", "--server", relay.url(), "--json"});
  // Beside it, through homes of their own, others are served as ever.
  Home dora;
  const auto created = carol.run({"invite", "create", "--json"});
  const auto accepted = dora.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
  const std::string peer = text(accepted.json(), "peer_pk");
  for (int i = 0; i < 5; ++i) {
    const std::string what = "number " + std::to_string(i);
    expect_status(dora.run({"send", peer, what, "--json"}), "delivered");
    EXPECT_EQ(text(await(*carol_server, "received"), "text"), what);
  }
  // The relay keeps it after 5 s without a receipt, and says so.
  const auto line = to_alice->read_line();
  ASSERT_TRUE(line) << to_alice->errors();
  EXPECT_NE(line->find("\"queued\""), std::string::npos) << *line;
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
  EXPECT_EQ(to_alice->wait(), 0);
  expect_status(send(carol_key, "and you?"), "delivered");
  expect_status(send(alice_key, "two"), "queued");

  alice_server->signal(SIGCONT);
  EXPECT_EQ(text(await(*alice_server, "received"), "text"), "one");
  EXPECT_EQ(text(await(*alice_server, "received"), "text"), "two");
  expect_status(send(alice_key, "three"), "delivered");
  EXPECT_EQ(text(await(*alice_server, "received"), "text"), "three") << "nothing came twice";
}

TEST_F(StandstillTest, ARelayThatStandsStillIsToldAndNothingIsLost) {
  auto listener = bob.start({"listen", "--server", relay.url(), "--json"});
  await(*listener, "listening");
  relay.child->signal(SIGSTOP);
  // Through an owner whose link is up the answer is waited for; without one the link is never made.
  auto connected = bob.start({"send", alice_key, "one", "--json"});
  EXPECT_EQ(carol.run({"peers", "--json"}).code, 0) << "what needs no relay does not wait for one";
  Home stranger;
  auto setting_up = stranger.start({"invite", "create", "--server", relay.url(), "--json"});

  const auto pending = connected->read_line();
  ASSERT_TRUE(pending) << connected->errors();
  EXPECT_NE(pending->find("\"pending\""), std::string::npos) << *pending;
  EXPECT_NE(pending->find("ACK timeout"), std::string::npos) << *pending;
  EXPECT_EQ(connected->wait(), 3);
  const auto unreachable = setting_up->read_line();
  ASSERT_TRUE(unreachable) << setting_up->errors();
  EXPECT_NE(unreachable->find("no answer from 127.0.0.1:"), std::string::npos) << *unreachable;
  EXPECT_NE(unreachable->find("\"hint\""), std::string::npos) << *unreachable;
  EXPECT_EQ(setting_up->wait(), 3);

  relay.child->signal(SIGCONT);
  EXPECT_EQ(text(await(*alice_server, "received"), "text"), "one");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "one");
  expect_status(bob.run({"send", alice_key, "two", "--json"}), "delivered");
  EXPECT_EQ(text(await(*alice_server, "received"), "text"), "two") << "nothing came twice";
  EXPECT_EQ(text(await(*listener, "message"), "text"), "two") << "nothing was answered twice";
}

}  // namespace
}  // namespace agentroom::e2e
