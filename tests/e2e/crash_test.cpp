// kill -9 of each party under a running conversation: nothing lost, nothing answered twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr int kMessages = 40;

enum class Victim { kRelay, kServer, kListener, kAll };

/// Bob sends numbered messages one command at a time, Alice's handler answers, Bob listens. The victim dies again and
/// again.
class CrashTest : public testing::TestWithParam<Victim> {
 protected:
  void start_relay() { relay = std::make_unique<Relay>(host, relay ? relay->port : 0); }
  void start_server() { server = alice.start({"--config", (alice.desk() / "a.toml").string(), "serve", "--json"}); }
  static void kill_hard(Child& child) {
    child.signal(SIGKILL);
    EXPECT_EQ(child.wait(), 128 + SIGKILL);
  }
  bool is_victim(Victim victim) const { return GetParam() == victim || GetParam() == Victim::kAll; }

  Home host;
  Home alice;
  Home bob;
  std::unique_ptr<Relay> relay;
  std::unique_ptr<Child> server;
};

TEST_P(CrashTest, EveryAcknowledgedMessageIsAnsweredOnceAndInOrder) {
  start_relay();
  alice.write("a.toml",
              "server = \"" + relay->url() + "\"\n[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = \"cat\"\n");
  auto inviter = alice.start({"--config", (alice.desk() / "a.toml").string(), "serve", "--invite", "--json"});
  const std::string invite = text(await(*inviter, "invite"), "url");
  const auto accepted = bob.run({"invite", "accept", invite, "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const std::string peer = text(accepted.json(), "peer_pk");
  server = std::move(inviter);

  std::vector<std::string> acknowledged;
  for (int i = 0; i < kMessages; ++i) {
    const std::string message = "message " + std::to_string(i);
    const auto sent = bob.run({"send", peer, message, "--json"});
    const std::string status = text(sent.json(), "status");
    EXPECT_TRUE(status == "delivered" || status == "queued" || (status == "pending" && sent.code == 3))
        << sent.out << sent.err;
    if (!status.empty()) acknowledged.push_back(message);
    if (i % 5 == 2 && is_victim(Victim::kServer)) {
      kill_hard(*server);
      start_server();
    }
    if (i % 7 == 3 && is_victim(Victim::kRelay)) {
      kill_hard(*relay->child);
      start_relay();
    }
  }

  std::vector<std::string> answers;
  std::set<std::string> ids;
  const auto take = [&](const boost::json::object& message) {
    // What was printed but not marked before the listener died is printed again, as the same message.
    if (ids.insert(text(message, "msg_id")).second) answers.push_back(text(message, "text"));
  };
  auto listener = bob.start({"listen", "--json"});
  while (answers.size() < acknowledged.size()) {
    const auto message = await(*listener, "message");
    if (message.empty()) break;
    take(message);
    if (answers.size() % 9 == 4 && answers.size() < acknowledged.size() && is_victim(Victim::kListener)) {
      kill_hard(*listener);
      while (const auto line = listener->read_line()) {
        const auto late = boost::json::parse(*line).as_object();
        if (late.at("type").as_string() == "message") take(late);
      }
      listener = bob.start({"listen", "--json"});
    }
  }
  EXPECT_EQ(answers, acknowledged);

  // Nothing is answered twice: one more question is the next thing that comes back.
  listener->signal(SIGTERM);
  // One that was started a moment ago may not have got as far as taking signals.
  EXPECT_THAT(listener->wait(), testing::AnyOf(0, 128 + SIGTERM));
  EXPECT_EQ(bob.run({"send", peer, "the end", "--json"}).code, 0);
  listener = bob.start({"listen", "--json"});
  auto next = await(*listener, "message");
  while (ids.contains(text(next, "msg_id"))) next = await(*listener, "message");
  EXPECT_EQ(text(next, "text"), "the end");
}

INSTANTIATE_TEST_SUITE_P(KillNine, CrashTest,
                         testing::Values(Victim::kRelay, Victim::kServer, Victim::kListener, Victim::kAll),
                         [](const auto& param_info) {
                           switch (param_info.param) {
                             case Victim::kRelay:
                               return "Relay";
                             case Victim::kServer:
                               return "Server";
                             case Victim::kListener:
                               return "Listener";
                             case Victim::kAll:
                               return "All";
                           }
                           return "?";
                         });

}  // namespace
}  // namespace agentroom::e2e
