// A relay changes its secret on purpose: what waits in it stays, and agents follow.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

const std::string kOld = "the secret that the relay had before, long enough";
const std::string kNew = "the secret that the relay has from now on, long enough";

/// Alice and Bob have a session, Alice has an open invite, the relay keeps what Bob writes.
class Rotation : public testing::Test {
 protected:
  Rotation() {
    host.environment["HMAC_SECRET"] = kOld;
    start();
    const auto created = alice.run({"--server", relay->url(), "--json", "invite", "create"});
    EXPECT_EQ(created.code, 0) << created.out << created.err;
    const auto accepted = bob.run({"--json", "invite", "accept", text(created.json(), "url"), "--wait", "0"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    alice_key = text(accepted.json(), "peer_pk");
    open_invite = text(alice.run({"--server", relay->url(), "--json", "invite", "create"}).json(), "url");
  }

  void start(const std::vector<std::string>& more = {}) {
    relay = std::make_unique<Relay>(host, relay ? relay->port : 0, more);
  }
  void stop() const {
    relay->child->signal(SIGTERM);
    EXPECT_EQ(relay->child->wait(), 0) << relay->child->errors();
  }
  std::vector<std::string> both_secrets() {
    host.environment["HMAC_SECRET"] = kNew;
    host.environment["OLD_HMAC_SECRET"] = kOld;
    return {"--config", host.write("both.toml", "[relay]\nsecret_previous = \"${OLD_HMAC_SECRET}\"\n").string()};
  }
  void write(const std::string& what) {
    const auto sent = bob.run({"--json", "send", alice_key, "-"}, what);
    EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
    EXPECT_EQ(text(sent.json(), "status"), "queued");
    texts.push_back(what);
  }
  void expect_all_at_alice() {
    auto listener = alice.start({"--server", relay->url(), "--json", "listen"});
    for (const std::string& expected : texts) EXPECT_EQ(text(await(*listener, "message"), "text"), expected);
    listener->signal(SIGTERM);
    EXPECT_EQ(listener->wait(), 0) << listener->errors();
    texts.clear();
  }

  Home host;
  Home alice;
  Home bob;
  std::unique_ptr<Relay> relay;
  std::string alice_key;
  std::string open_invite;
  std::vector<std::string> texts;
};

TEST_F(Rotation, KeepsWhatWaitsAndAgentsFollow) {
  for (int i = 0; i < 5; ++i) write("before the change " + std::to_string(i));
  stop();
  start(both_secrets());
  EXPECT_THAT(relay->child->errors(), testing::HasSubstr("sealed"));
  expect_all_at_alice();
  write("after it");
  expect_all_at_alice();

  // Who has only the invite follows as well.
  const Home cleo;
  const auto accepted = cleo.run({"--json", "invite", "accept", open_invite, "--wait", "0"});
  EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;

  // Once all have followed the old secret is needed no more.
  stop();
  start();
  EXPECT_EQ(relay->child->errors(), "");
  write("under the new secret alone");
  expect_all_at_alice();
}

TEST_F(Rotation, ThatIsKilledIsFinishedByTheNextStart) {
  const std::string large(120'000, 'x');
  for (int i = 0; i < 25; ++i) write(std::to_string(i) + large);
  stop();
  const auto more = both_secrets();
  std::vector<std::string> arguments{"relay", "--json", "--port", std::to_string(relay->port)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (int kill = 0; kill < 3; ++kill) {
    auto child = host.start(arguments);
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    // Said before the first record is written; from the second round on it may be through already.
    while (child->errors().find("sealing the mailbox anew") == std::string::npos && kill == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << child->errors();
      std::this_thread::yield();
    }
    child->signal(SIGKILL);
    child->wait();
  }
  start(more);
  expect_all_at_alice();
}

TEST_F(Rotation, WithoutThePreviousSecretLeavesTheStoreAloneAndSaysHow) {
  write("still here");
  stop();
  host.environment["HMAC_SECRET"] = kNew;
  const auto refused = host.run({"relay", "--json", "--port", "0"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.out + refused.err, testing::HasSubstr("secret_previous"));
  start(both_secrets());
  expect_all_at_alice();
}

TEST_F(Rotation, WithoutASuccessorIsAnotherRelayToEveryAgent) {
  stop();
  host.environment["HMAC_SECRET"] = kNew;
  fs::remove_all(host.path() / "relay");
  start();
  const auto refused = bob.run({"--json", "send", alice_key, "who are you?"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.out + refused.err, testing::HasSubstr("relay identity changed"));
}

}  // namespace
}  // namespace agentroom::e2e
