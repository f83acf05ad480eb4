// Each error that users are promised, in its words, made to happen for real, with the next command in its hint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "home_state.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

struct Promise {
  int exit;
  std::string code;
  std::string words;  ///< the message begins with them
  std::string hint;
};

/// Both forms, in a home that stays.
void expect_told_in(const Home& home, std::vector<std::string> arguments, const Promise& promise) {
  const Ended people = home.run(arguments);
  EXPECT_EQ(people.code, promise.exit) << people.out << people.err;
  EXPECT_THAT(people.err, StartsWith("error: " + promise.words));
  EXPECT_THAT(people.err, HasSubstr("\n  ")) << "a hint";
  EXPECT_THAT(people.err, HasSubstr(promise.hint));
  arguments.insert(arguments.begin(), "--json");
  const Ended programs = home.run(arguments);
  EXPECT_EQ(programs.code, promise.exit) << programs.out << programs.err;
  EXPECT_EQ(programs.err, "");
  const auto object = programs.json();
  EXPECT_FALSE(object.at("ok").as_bool());
  EXPECT_EQ(text(object, "code"), promise.code);
  EXPECT_THAT(text(object, "error"), StartsWith(promise.words));
  EXPECT_THAT(text(object, "hint"), HasSubstr(promise.hint));
}

class DocumentedError : public testing::Test {
 protected:
  boost::json::object invite(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"invite", "create", "--server", relay->url(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return alice.run(arguments).json();
  }

  /// Bob has a session with Alice, who has seen it.
  void meet() {
    const Ended accepted = bob.run({"invite", "accept", text(invite(), "url"), "--wait", "0", "--json"});
    ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    alice_key = text(accepted.json(), "peer_pk");
    bob_key = text(bob.run({"whoami", "--json"}).json(), "pk");
    auto listener = alice.start({"listen", "--server", relay->url(), "--json"});
    await(*listener, "peer_online");
    listener->signal(SIGTERM);
    EXPECT_EQ(listener->wait(), 0);
  }

  void restart_relay(const Home& home, const std::vector<std::string>& more = {}) {
    relay->child->signal(SIGTERM);
    relay->child->wait();
    const unsigned port = relay->port;
    relay.reset();
    relay = std::make_unique<Relay>(home, port, more);
  }

  Home host;
  Home alice;
  Home bob;
  std::unique_ptr<Relay> relay = std::make_unique<Relay>(host);
  std::string alice_key;
  std::string bob_key;
};

TEST_F(DocumentedError, HmacSecretMissing) {
  const Home home;
  home.write("c.toml", "[relay]\nrequire_secret = true\n");
  expect_told_in(home, {"--config", "c.toml", "relay", "--port", "0"},
                 {2, "config", "HMAC_SECRET missing", "/dev/urandom"});
}

TEST_F(DocumentedError, InviteExpired) {
  const auto brief = invite({"--ttl", "300ms"});
  while (unix_ms() <= brief.at("expires_at").to_number<std::int64_t>()) std::this_thread::yield();
  expect_told_in(bob, {"invite", "accept", text(brief, "url")},
                 {1, "invite_expired", "invite expired", "agentroom invite create"});
}

TEST_F(DocumentedError, InviteAlreadyUsed) {
  const std::string url = text(invite(), "url");
  EXPECT_EQ(bob.run({"invite", "accept", url, "--wait", "0"}).code, 0);
  const Home carol;
  expect_told_in(carol, {"invite", "accept", url},
                 {1, "invite_used", "invite already used", "agentroom invite create"});
}

TEST_F(DocumentedError, InviteRevoked) {
  const auto created = invite();
  EXPECT_EQ(alice.run({"invite", "revoke", text(created, "invite_id")}).code, 0);
  expect_told_in(bob, {"invite", "accept", text(created, "url")},
                 {1, "invite_revoked", "invite revoked", "agentroom invite create"});
}

TEST_F(DocumentedError, NoSessionWithPeer) {
  for (const auto& arguments : {std::vector<std::string>{"send", "nobody", "hi"},
                                {"peers", "remove", "nobody"},
                                {"peers", "rename", "nobody", "x"},
                                {"peers", "verify", "nobody"}}) {
    expect_told_in(bob, arguments, {4, "no_session", "no session with nobody", "agentroom invite accept URL"});
  }
}

TEST_F(DocumentedError, RelayIdentityChanged) {
  meet();
  const Home elsewhere;
  restart_relay(elsewhere);
  expect_told_in(bob, {"invite", "create"}, {1, "relay_identity_changed", "relay identity changed", "--trust-relay"});
}

TEST_F(DocumentedError, RecipientQueueFull) {
  meet();
  const auto config = host.write("small.toml", "[relay.limits]\nmailbox_messages = 1\n");
  restart_relay(host, {"--config", config.string()});
  EXPECT_EQ(text(bob.run({"send", alice_key, "one", "--json"}).json(), "status"), "queued");
  for (int form = 0; form < 2; ++form) {
    std::vector<std::string> arguments{"send", alice_key, "two"};
    if (form == 1) arguments.emplace_back("--json");
    const Ended full = bob.run(arguments);
    EXPECT_NE(full.code, 0) << full.out << full.err;
    EXPECT_THAT(full.out + full.err, HasSubstr("recipient queue full"));
    EXPECT_THAT(full.out + full.err, HasSubstr("agentroom serve"));
  }
}

TEST_F(DocumentedError, PeerNoLongerAcceptsMessages) {
  meet();
  EXPECT_EQ(bob.run({"peers", "rename", alice_key, "alice"}).code, 0);
  EXPECT_EQ(alice.run({"peers", "remove", bob_key, "--json"}).code, 0);
  auto listener = alice.start({"listen", "--server", relay->url(), "--json"});  // tells the relay whom it allows
  await(*listener, "listening");
  expect_told_in(bob, {"send", "alice", "hi"},
                 {1, "not_allowed", "alice no longer accepts messages from you", "agentroom invite accept URL"});
}

TEST_F(DocumentedError, HomeInUse) {
  auto listener = alice.start({"listen", "--server", relay->url(), "--json"});
  await(*listener, "listening");
  const std::string pid = std::to_string(listener->pid());
  expect_told_in(alice, {"serve", "--on-message", "cat", "--server", relay->url()},
                 {1, "home_in_use", "home is in use by pid " + pid, "kill " + pid});
}

/// The relay goes silent with the connection open: an owner that is connected waits for its answer.
TEST_F(DocumentedError, AckTimeout) {
  meet();
  auto owner = bob.start({"serve", "--on-message", "cat", "--server", relay->url(), "--json"});
  await(*owner, "serving");
  relay->child->signal(SIGSTOP);
  const Ended sent = bob.run({"send", alice_key, "hi", "--json"});
  relay->child->signal(SIGCONT);
  EXPECT_EQ(sent.code, 3) << sent.out << sent.err;
  EXPECT_EQ(text(sent.json(), "status"), "pending");
  EXPECT_THAT(text(sent.json(), "reason"), StartsWith("ACK timeout"));
  EXPECT_THAT(text(sent.json(), "hint"), HasSubstr("relay"));
}

TEST_F(DocumentedError, AckTimeoutOfARequestThatNeedsTheAnswer) {
  auto owner = alice.start({"serve", "--on-message", "cat", "--server", relay->url(), "--json"});
  await(*owner, "serving");
  relay->child->signal(SIGSTOP);
  const Ended refused = alice.run({"invite", "create", "--json"});
  relay->child->signal(SIGCONT);
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_EQ(text(refused.json(), "code"), "timeout");
  EXPECT_THAT(text(refused.json(), "error"), StartsWith("ACK timeout"));
  EXPECT_THAT(text(refused.json(), "hint"), HasSubstr("relay"));
}

// --- the address of a relay

Mistake listening(std::vector<std::string> arguments, const char* code, std::string words, std::string hint) {
  arguments.insert(arguments.begin(), "relay");
  Mistake mistake = in_home("", std::move(arguments), code, std::move(words), std::move(hint), {});
  mistake.environment = {{"HMAC_SECRET", std::string(40, 'q')}};
  mistake.secrets = {std::string(40, 'q')};
  return mistake;
}

TEST_F(DocumentedError, PortInUse) {
  const std::string port = std::to_string(relay->port);
  expect_told(listening({"--port", port}, "in_use", "127.0.0.1:" + port + ": the port is in use", "another port"));
}

TEST(ListeningAddress, ThatTheSystemForbidsIsToldSo) {
  Mistake mistake = listening({"--port", "80"}, "permission", "127.0.0.1:80: permission denied", "1024");
  mistake.limits = {"--no-listening"};
  expect_told(mistake);
}

TEST(ListeningAddress, ThatThisMachineHasNotIsToldSo) {
  Mistake mistake = listening({"--host", "192.0.2.1", "--port", "0"}, "config",
                              "192.0.2.1:0: this machine has no such address", "127.0.0.1");
  mistake.exit = 2;
  expect_told(mistake);
}

TEST(ListeningAddress, ThatNoNameStandsForIsToldSo) {
  expect_told(listening({"--host", "no..such", "--port", "0"}, "not_found", "no such host: no..such", "127.0.0.1"));
}

TEST(ServerAddress, ThatNoNameStandsForIsToldSo) {
  expect_told(in_home("", {"invite", "create", "--server", "ws://no..such/ws"}, "network",
                      "cannot reach ws://no..such/ws: no such host: no..such", "agentroom relay", {}, 3));
}

TEST(ServerAddress, WhereNobodyListensIsToldSo) {
  expect_told(in_home("", {"invite", "create", "--server", "ws://127.0.0.1:1/ws"}, "network",
                      "cannot reach ws://127.0.0.1:1/ws: connection refused", "agentroom relay", {}, 3));
}

}  // namespace
}  // namespace agentroom::e2e
