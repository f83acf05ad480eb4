// One identity, one owner: commands beside a running one, and many at once.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <map>
#include <thread>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr int kSenders = 10;
constexpr int kEach = 5;

/// Alice and Bob have a session; nobody runs but the relay, which lets one address in as often as it likes.
class OwnerTest : public testing::Test {
 protected:
  OwnerTest() {
    const auto created = alice.run({"invite", "create", "--server", relay.url(), "--json"});
    EXPECT_EQ(created.code, 0) << created.out << created.err;
    const auto accepted = bob.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    alice_key = text(accepted.json(), "peer_pk");
    bob_key = text(bob.run({"whoami", "--json"}).json(), "pk");
    auto first = alice.start({"listen", "--server", relay.url(), "--json"});
    await(*first, "peer_online");
    stop(*first);
  }

  std::unique_ptr<Child> serve(const Home& home, const std::string& command = "cat >/dev/null") {
    auto child = home.start({"serve", "--server", relay.url(), "--on-message", command, "--json"});
    await(*child, "serving");
    return child;
  }
  /// Connected or not: what waits in the inbox is told before the link is up.
  std::unique_ptr<Child> listen(const Home& home) { return home.start({"listen", "--server", relay.url(), "--json"}); }
  static bool comes_true(const std::function<bool()>& fact) {
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    while (!fact()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  void stop(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  }

  /// Ten writers at once, each five texts one after another; fifty commands in all.
  void send_fifty(const Home& from, const std::string& to) {
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kSenders; ++writer) {
      writers.emplace_back([&, writer] {
        for (int n = 0; n < kEach; ++n) {
          const std::string what = std::to_string(writer) + " " + std::to_string(n);
          Home view;  // files of its own for what it prints
          view.environment = from.environment;
          const auto sent = view.run({"send", to, what, "--json"});
          EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
  }

  /// All fifty come to whoever listens, once, and in order for each writer.
  void expect_fifty(Child& listener) {
    std::vector<int> next(kSenders, 0);
    for (int i = 0; i < kSenders * kEach; ++i) {
      const auto message = await(listener, "message");
      ASSERT_TRUE(message.contains("text"));
      int writer = -1;
      int n = -1;
      ASSERT_EQ(std::sscanf(text(message, "text").c_str(), "%d %d", &writer, &n), 2);
      ASSERT_LT(writer, kSenders);
      EXPECT_EQ(n, next[static_cast<std::size_t>(writer)]++) << "of writer " << writer;
    }
  }

  Home host;
  Home alice;
  Home bob;
  Relay relay{
      host,
      0,
      {"--config",
       host.write("relay.toml", "[relay.limits]\nhandshake_burst = 1000\nconnections_per_address = 1000\n").string()}};
  std::string alice_key;
  std::string bob_key;
};

TEST_F(OwnerTest, SendWorksBesideServeWhichKeepsItsConnection) {
  auto server = serve(alice, "tr a-z A-Z");
  const auto sent = alice.run({"send", bob_key, "from beside", "--json"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_EQ(text(sent.json(), "status"), "queued");

  EXPECT_EQ(bob.run({"send", alice_key, "are you still there?", "--json"}).code, 0);
  for (;;) {
    const auto line = server->read_line();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find("disconnect"), std::string::npos) << *line;
    if (line->find("\"replied\"") != std::string::npos) break;
  }
  auto listener = listen(bob);
  EXPECT_EQ(text(await(*listener, "message"), "text"), "from beside");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "ARE YOU STILL THERE?");
  stop(*server);
}

TEST_F(OwnerTest, FiftySendsAtOnceThroughOneOwnerArriveOnceAndInOrder) {
  auto server = serve(bob);
  auto listener = listen(alice);
  send_fifty(bob, alice_key);
  expect_fifty(*listener);
  EXPECT_EQ(bob.run({"send", alice_key, "the last", "--json"}).code, 0);
  EXPECT_EQ(text(await(*listener, "message"), "text"), "the last") << "nothing came twice";
}

TEST_F(OwnerTest, FiftySendsAtOnceWithoutAnOwnerArriveOnceAndInOrder) {
  auto listener = listen(alice);
  send_fifty(bob, alice_key);
  expect_fifty(*listener);
  EXPECT_EQ(bob.run({"send", alice_key, "the last", "--json"}).code, 0);
  EXPECT_EQ(text(await(*listener, "message"), "text"), "the last") << "nothing came twice";
}

TEST_F(OwnerTest, PeersAndInvitesGoThroughTheOwnerToo) {
  auto server = serve(alice);
  const auto created = alice.run({"invite", "create", "--ttl", "1h", "--json"});
  EXPECT_EQ(created.code, 0) << created.out << created.err;
  const std::string id = text(created.json(), "invite_id");
  const auto listed = alice.run({"invite", "list", "--json"}).json();
  ASSERT_EQ(listed.at("invites").as_array().size(), 1U);
  EXPECT_EQ(alice.run({"invite", "revoke", id.substr(0, 8), "--json"}).code, 0);
  EXPECT_TRUE(alice.run({"invite", "list", "--json"}).json().at("invites").as_array().empty());
  EXPECT_EQ(bob.run({"invite", "accept", text(created.json(), "url"), "--json"}).code, 1);

  EXPECT_EQ(alice.run({"peers", "rename", bob_key.substr(0, 6), "bob", "--json"}).code, 0);
  const auto peers = alice.run({"peers", "--json"}).json();
  EXPECT_EQ(peers.at("peers").at(0).at("name").as_string(), "bob");
  const auto mine = alice.run({"peers", "verify", "bob", "--json"}).json();
  const auto theirs = bob.run({"peers", "verify", alice_key, "--json"}).json();
  EXPECT_EQ(text(mine, "safety_number"), text(theirs, "safety_number"));
  EXPECT_EQ(text(mine, "safety_number").size(), 60U + 11U);

  EXPECT_EQ(alice.run({"peers", "remove", "bob", "--json"}).code, 0);
  EXPECT_EQ(alice.run({"send", bob_key, "gone", "--json"}).code, 4);
  EXPECT_EQ(server->wait(std::chrono::milliseconds(1)), -1) << "still running until now";
}

TEST_F(OwnerTest, AnInviteIsAcceptedThroughTheOwnerOverAnotherRelay) {
  Home elsewhere;
  Relay other(elsewhere);
  Home carol;
  const auto created = carol.run({"invite", "create", "--server", other.url(), "--json"});
  auto overriding = serve(alice);  // with --server
  const auto refused = alice.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_NE(text(refused.json(), "error").find(other.url()), std::string::npos);
  stop(*overriding);

  alice.environment["AGENTROOM_SERVER"] = relay.url();
  auto server = alice.start({"serve", "--on-message", "cat >/dev/null", "--json"});
  await(*server, "serving");
  const auto accepted = alice.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
  EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  EXPECT_EQ(text(accepted.json(), "server_url"), other.url());
  EXPECT_EQ(text(alice.run({"send", text(accepted.json(), "peer_pk"), "hello", "--json"}).json(), "status"), "queued");
}

TEST_F(OwnerTest, FlagsThatTheOwnerDoesNotHaveAreRefusedInWords) {
  auto server = serve(alice);
  const auto elsewhere = alice.run({"send", bob_key, "x", "--server", "ws://127.0.0.1:1/ws", "--json"});
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_NE(text(elsewhere.json(), "error").find("--server"), std::string::npos);
  EXPECT_EQ(alice.run({"send", bob_key, "x", "--server", relay.url(), "--json"}).code, 0);
  const auto trusting = alice.run({"send", bob_key, "x", "--trust-relay", "--json"});
  EXPECT_EQ(trusting.code, 2);
  EXPECT_NE(text(trusting.json(), "error").find("--trust-relay"), std::string::npos);
  EXPECT_EQ(alice.run({"send", "nobody", "x", "--json"}).code, 4);
}

TEST_F(OwnerTest, ASecondServeIsToldWhoHasTheHome) {
  auto server = serve(alice);
  const auto second = alice.run({"serve", "--server", relay.url(), "--on-message", "cat", "--json"});
  EXPECT_EQ(second.code, 1);
  EXPECT_EQ(text(second.json(), "error"), "home is in use by pid " + std::to_string(server->pid()));
  EXPECT_EQ(text(second.json(), "code"), "home_in_use");
}

TEST_F(OwnerTest, ListenBesideServeMirrorsItsEventsAndOutlivesIt) {
  auto server = serve(alice, "tr a-z A-Z");
  auto mirror = alice.start({"listen", "--json"});
  EXPECT_EQ(await(*mirror, "listening").at("owner_pid").to_number<pid_t>(), server->pid());
  EXPECT_EQ(bob.run({"send", alice_key, "one", "--json"}).code, 0);
  const auto message = await(*mirror, "message");
  EXPECT_EQ(text(message, "text"), "one");
  EXPECT_EQ(text(await(*mirror, "received"), "msg_id"), text(message, "msg_id"));
  EXPECT_EQ(text(await(*mirror, "replied"), "text"), "ONE");
  EXPECT_EQ(text(await(*server, "replied"), "text"), "ONE");

  stop(*server);
  await(*mirror, "disconnect");
  server = serve(alice);
  await(*mirror, "reconnect");
  EXPECT_EQ(bob.run({"send", alice_key, "two", "--json"}).code, 0);
  EXPECT_EQ(text(await(*mirror, "message"), "text"), "two");
}

TEST_F(OwnerTest, TheInviteOfServeIsShownToItsOwnReaderAlone) {
  relay.child->signal(SIGSTOP);  // so that the mirror is there before the invite is
  auto server = alice.start({"serve", "--invite", "--server", relay.url(), "--on-message", "cat", "--json"});
  ASSERT_TRUE(comes_true([&] { return fs::exists(alice.path() / "control.sock"); }));
  auto mirror = listen(alice);
  await(*mirror, "listening");
  relay.child->signal(SIGCONT);
  EXPECT_TRUE(text(await(*server, "invite"), "url").starts_with("agentroom://"));
  EXPECT_EQ(bob.run({"send", alice_key, "the end", "--json"}).code, 0);
  for (;;) {
    const auto line = mirror->read_line();
    ASSERT_TRUE(line) << mirror->errors();
    EXPECT_EQ(line->find("agentroom://"), std::string::npos) << *line;
    if (line->find("the end") != std::string::npos) break;
  }
}

TEST_F(OwnerTest, WhatAKilledOwnerLeavesHeals) {
  auto server = serve(alice);
  server->signal(SIGKILL);
  server->wait();
  EXPECT_TRUE(fs::is_socket(alice.path() / "control.sock"));
  EXPECT_EQ(alice.run({"send", bob_key, "after the kill", "--json"}).code, 0);
  server = serve(alice);
  EXPECT_EQ(alice.run({"send", bob_key, "and again", "--json"}).code, 0);
  stop(*server);
  EXPECT_FALSE(fs::exists(alice.path() / "control.sock"));
}

TEST_F(OwnerTest, ARequestThatADyingOwnerNeverBeganIsCarriedOutByItsCommand) {
  auto server = serve(alice);
  server->signal(SIGSTOP);
  auto sender = alice.start({"send", bob_key, "not lost", "--json"});
  EXPECT_FALSE(sender->read_line(std::chrono::milliseconds(300))) << "the owner stands still";
  server->signal(SIGKILL);
  server->wait();
  const auto line = sender->read_line();
  ASSERT_TRUE(line) << sender->errors();
  EXPECT_NE(line->find("\"queued\""), std::string::npos) << *line;
  EXPECT_EQ(sender->wait(), 0);
  auto listener = listen(bob);
  EXPECT_EQ(text(await(*listener, "message"), "text"), "not lost");
}

TEST_F(OwnerTest, AnOwnerThatStopsLosesNothingAndHasNothingSentTwice) {
  auto listener = listen(alice);
  // Senders that are told "pending" or "delivered" do no more; whoever is told of an error sends again, as a person
  // would: so nothing may be refused that goes out after all.
  std::vector<std::thread> senders;
  std::atomic<int> running = kSenders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      Home view;
      view.environment = bob.environment;
      for (int n = 0; n < kEach; ++n) {
        const std::string what = std::to_string(sender) + " " + std::to_string(n);
        Ended sent;
        for (int attempt = 0; attempt < 20; ++attempt) {
          sent = view.run({"send", alice_key, what, "--json"});
          if (sent.json()["ok"].as_bool()) break;
        }
        EXPECT_TRUE(sent.json()["ok"].as_bool()) << sent.out;
      }
      --running;
    });
  }
  while (running > 0) {
    auto server = bob.start({"serve", "--server", relay.url(), "--on-message", "cat >/dev/null", "--json"});
    server->read_line();
    server->read_line(std::chrono::milliseconds(30));
    server->signal(SIGTERM);
    EXPECT_EQ(server->wait(), 0) << server->errors();
  }
  for (std::thread& sender : senders) sender.join();
  // Whatever is pending goes out with this one.
  EXPECT_EQ(bob.run({"send", alice_key, "the last", "--json"}).code, 0);
  std::map<std::string, int> seen;
  for (std::string what; what != "the last";) {
    const auto message = await(*listener, "message");
    ASSERT_TRUE(message.contains("text"));
    what = text(message, "text");
    ++seen[what];
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kSenders * kEach) + 1);
  for (const auto& [what, times] : seen) EXPECT_EQ(times, 1) << what;
}

TEST_F(OwnerTest, ASignalToACommandThatWaitsEndsItCleanly) {
  relay.child->signal(SIGSTOP);
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"invite", "create", "--server", relay.url(), "--json"}, {"send", alice_key, "later", "--json"}}) {
    auto waiting = bob.start(command);
    const auto lock = bob.path() / "lock";
    ASSERT_TRUE(comes_true([&] { return fs::file_size(lock) > 0; }));
    EXPECT_FALSE(waiting->read_line(std::chrono::milliseconds(300)));
    waiting->signal(SIGINT);
    const auto line = waiting->read_line();
    ASSERT_TRUE(line) << waiting->errors();
    const bool sent = command.front() == "send";
    EXPECT_NE(line->find(sent ? "\"pending\"" : "\"cancelled\""), std::string::npos) << *line;
    EXPECT_EQ(waiting->wait(), sent ? 3 : 1);
  }
  relay.child->signal(SIGCONT);
}

TEST_F(OwnerTest, AFullQueueIsToldAsWhatItIs) {
  Home crowded;
  Relay small(crowded, 0, {"--config", crowded.write("r.toml", "[relay.limits]\nmailbox_messages = 1\n").string()});
  Home ann;
  Home ben;
  const auto created = ann.run({"invite", "create", "--server", small.url(), "--json"});
  const auto accepted = ben.run({"invite", "accept", text(created.json(), "url"), "--wait", "0", "--json"});
  const std::string peer = text(accepted.json(), "peer_pk");
  for (int i = 0; i < 2; ++i) {
    const auto sent = ben.run({"send", peer, "hello", "--json"});
    if (sent.code == 0) continue;
    EXPECT_EQ(sent.code, 3) << sent.out;
    EXPECT_EQ(text(sent.json(), "status"), "pending");
    EXPECT_NE(text(sent.json(), "reason").find("recipient queue full"), std::string::npos) << sent.out;
    return;
  }
  FAIL() << "the mailbox took more than one";
}

TEST_F(OwnerTest, WhatIsNotTextIsToldTheSameWithAndWithoutAnOwner) {
  const auto alone = alice.run({"send", bob_key, "caf\xe9", "--json"});
  auto server = serve(alice);
  const auto beside = alice.run({"send", bob_key, "caf\xe9", "--json"});
  EXPECT_EQ(alone.out, beside.out);
  EXPECT_NE(text(beside.json(), "error").find("UTF-8"), std::string::npos);
}

TEST_F(OwnerTest, AHomeWithALongPathIsServedLikeAnyOther) {
  fs::path deep = alice.desk() / "deep";
  while (deep.string().size() < 250) deep /= "a-folder-with-a-long-name";
  Home far;
  far.environment["AGENTROOM_HOME"] = deep.string();
  fs::create_directories(deep.parent_path());
  auto server = far.start({"serve", "--server", relay.url(), "--invite", "--on-message", "cat", "--json"});
  const std::string url = text(await(*server, "invite"), "url");
  EXPECT_EQ(bob.run({"invite", "accept", url, "--json"}).code, 0);
  const auto sent = far.run({"send", bob_key, "from afar", "--json"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_EQ(server->wait(std::chrono::milliseconds(1)), -1) << "still running until now";
}

TEST_F(OwnerTest, ACommandWaitsForAnotherThatHasTheHome) {
  Home carol;
  const auto created = carol.run({"invite", "create", "--server", relay.url(), "--json"});
  auto waiting = alice.start({"invite", "accept", text(created.json(), "url"), "--wait", "2", "--json"});
  // It holds the home for as long as it waits for Carol, who is not there.
  ASSERT_TRUE(comes_true([&] { return fs::file_size(alice.path() / "lock") > 0; }));
  const auto sent = alice.run({"send", bob_key, "patient", "--json"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_EQ(waiting->wait(), 0);
}

}  // namespace
}  // namespace agentroom::e2e
