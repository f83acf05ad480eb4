// Networks that break, stall and lose: conversations go on where they were.
#include "faulty_wire.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr int kMessages = 200;

/// Everybody comes from one address, and comes again at once.
const char* const kOpenHouse =
    "[relay.limits]\nhandshakes_per_minute = 1000000\nhandshake_burst = 1000000\nfailures_per_minute = 1000000\n";

class FaultyWireTest : public testing::Test {
 protected:
  std::unique_ptr<Child> serve(const Home& home, const std::string& url) {
    const auto config = home.write("serve.toml", "[handler]\nplugin = \"echo\"\n");
    auto child = home.start({"--config", config.string(), "serve", "--server", url, "--json"});
    await(*child, "serving");
    return child;
  }
  static std::unique_ptr<Child> listen(const Home& home, const FaultyWire& wire) {
    auto child = home.start({"listen", "--server", wire.url(), "--json"});
    await(*child, "listening");
    return child;
  }
  std::string invite(const Home& home) {
    const auto created = home.run({"invite", "create", "--server", relay.url(), "--json"});
    EXPECT_EQ(created.code, 0) << created.out << created.err;
    return text(created.json(), "url");
  }
  static void stop(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  }

  Home host;
  Home alice;
  Home bob;
  Relay relay{host, 0, {"--config", host.write("relay.toml", kOpenHouse).string()}};
};

/// Alice's link carries many messages, each of Bob's commands makes one of its own.
TEST_F(FaultyWireTest, AConversationIsWholeThoughConnectionsBreakAtAnyByte) {
  FaultyWire to_alice(relay.port, 11);
  FaultyWire to_bob(relay.port, 12);
  const auto accepted = bob.run({"invite", "accept", invite(alice), "--wait", "0", "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const std::string peer = text(accepted.json(), "peer_pk");
  to_alice.cut_after(40'000, 80'000);
  to_bob.cut_after(200, 100'000);  // a third in the handshake, a quarter in the first messages
  auto server = serve(alice, to_alice.url());

  std::vector<std::string> acknowledged;
  for (int i = 0; i < kMessages; ++i) {
    acknowledged.push_back("message " + std::to_string(i));
    const auto sent = bob.run({"send", peer, acknowledged.back(), "--server", to_bob.url(), "--json"});
    const std::string status = text(sent.json(), "status");
    EXPECT_TRUE(sent.code == 0 || (sent.code == 3 && status == "pending")) << sent.out << sent.err;
  }
  EXPECT_GT(to_alice.cuts(), 2U);
  EXPECT_GT(to_bob.cuts(), 30U);
  to_alice.heal();
  to_bob.heal();
  EXPECT_EQ(bob.run({"send", peer, "the last", "--server", to_bob.url(), "--json"}).code, 0);
  acknowledged.push_back("the last");

  std::vector<std::string> received;
  while (received.size() < acknowledged.size()) {
    const auto message = await(*server, "received");
    ASSERT_TRUE(message.contains("text"));
    received.push_back(text(message, "text"));
  }
  EXPECT_EQ(received, acknowledged);
  auto listener = bob.start({"listen", "--server", to_bob.url(), "--json"});
  std::vector<std::string> answers;
  while (answers.size() < acknowledged.size()) {
    const auto message = await(*listener, "message");
    ASSERT_TRUE(message.contains("text"));
    answers.push_back(text(message, "text"));
  }
  EXPECT_EQ(answers, acknowledged);
  EXPECT_EQ(bob.run({"send", peer, "one more", "--json"}).code, 0);
  EXPECT_EQ(text(await(*server, "received"), "text"), "one more") << "nothing came twice";
  EXPECT_EQ(text(await(*listener, "message"), "text"), "one more") << "nothing was answered twice";
}

TEST_F(FaultyWireTest, ALinkThatIsCutAtAnyByteOfItsStartIsMadeAgain) {
  FaultyWire wire(relay.port);
  const std::uint64_t before = wire.bytes();
  stop(*listen(alice, wire));
  const std::uint64_t whole = wire.bytes() - before;
  ASSERT_GT(whole, 500U);
  for (std::uint64_t bytes = 1; bytes < whole; bytes += whole / 16) {
    const std::size_t cuts = wire.cuts();
    wire.cut_next_after(bytes);
    stop(*listen(alice, wire));
    EXPECT_EQ(wire.cuts(), cuts + 1) << "after " << bytes << " of " << whole << " bytes";
  }
}

TEST_F(FaultyWireTest, ACommandThatMeetsACutSaysSoAndCanBeRepeated) {
  FaultyWire wire(relay.port);
  for (const std::uint64_t bytes : {1U, 150U, 400U, 700U}) {
    wire.cut_next_after(bytes);
    const auto cut = alice.run({"invite", "create", "--server", wire.url(), "--json"});
    EXPECT_EQ(cut.code, 3) << cut.out;
    EXPECT_EQ(text(cut.json(), "code"), "network") << cut.out;
    EXPECT_NE(text(cut.json(), "error").find(wire.url()), std::string::npos) << cut.out;
    EXPECT_FALSE(text(cut.json(), "hint").empty());
    const auto again = alice.run({"invite", "create", "--server", wire.url(), "--json"});
    EXPECT_EQ(again.code, 0) << again.out;
  }
}

/// The claim may have reached the relay or not, the answer may have come or not.
TEST_F(FaultyWireTest, AnInviteIsAcceptedThoughItsAnswerIsCutOff) {
  FaultyWire wire(relay.port);
  {
    const Home measure;
    EXPECT_EQ(measure.run({"invite", "accept", invite(alice), "--wait", "0", "--server", wire.url(), "--json"}).code,
              0);
  }
  const std::uint64_t whole = wire.bytes();
  auto server = serve(alice, relay.url());
  std::size_t repeated = 0;
  constexpr std::uint64_t kParts = 12;
  for (std::uint64_t part = 1; part <= kParts; ++part) {
    const Home carol;
    const std::string url = invite(alice);
    const std::vector<std::string> accept{"invite", "accept", url, "--wait", "0", "--server", wire.url(), "--json"};
    wire.cut_next_after(whole * part / (kParts + 1));
    auto accepted = carol.run(accept);
    if (accepted.code != 0) {
      EXPECT_EQ(accepted.code, 3) << accepted.out;
      ++repeated;
      accepted = carol.run(accept);
    }
    ASSERT_EQ(accepted.code, 0) << "cut in part " << part << ": " << accepted.out << accepted.err;
    const std::string peer = text(accepted.json(), "peer_pk");
    EXPECT_EQ(carol.run({"send", peer, "part " + std::to_string(part), "--server", wire.url(), "--json"}).code, 0);
    EXPECT_EQ(text(await(*server, "received"), "text"), "part " + std::to_string(part));
  }
  EXPECT_EQ(wire.cuts(), kParts);
  EXPECT_GT(repeated, 0U);
  EXPECT_LT(repeated, kParts);
}

TEST_F(FaultyWireTest, ASlowWireIsWaitedFor) {
  FaultyWire wire(relay.port);
  wire.delay(std::chrono::milliseconds(100));
  const auto accepted = bob.run({"invite", "accept", invite(alice), "--server", wire.url(), "--wait", "0", "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  auto server = serve(alice, wire.url());
  const std::string peer = text(accepted.json(), "peer_pk");
  const auto sent = bob.run({"send", peer, "from afar", "--server", wire.url(), "--json"});
  EXPECT_EQ(text(sent.json(), "status"), "delivered") << sent.out;
}

/// Protocol section 7, 8: a ping after 20 s, the end after 45 s of silence; so this test takes as long.
TEST_F(FaultyWireTest, AConnectionThatHasGoneSilentIsMadeAgain) {
  Home carol;
  FaultyWire stalled(relay.port);
  FaultyWire deaf(relay.port);  // what the relay writes is lost
  FaultyWire mute(relay.port);  // what the agent writes is lost
  auto first = listen(alice, stalled);
  auto second = listen(bob, deaf);
  auto third = listen(carol, mute);
  const auto began = std::chrono::steady_clock::now();
  stalled.stall();
  deaf.swallow(false);
  mute.swallow(true);
  for (Child* listener : {first.get(), second.get(), third.get()}) {
    const auto line = listener->read_line(std::chrono::seconds(70));
    ASSERT_TRUE(line) << listener->errors();
    EXPECT_NE(line->find("\"disconnect\""), std::string::npos) << *line;
    const auto silence = std::chrono::steady_clock::now() - began;
    EXPECT_GT(silence, std::chrono::seconds(40)) << *line;
    await(*listener, "reconnect");
  }
}

/// With the limits that a relay has by itself: 60 handshakes of one address at once.
TEST(TwentyAgents, ComeBackAtOnceWithoutBeingRefused) {
  const Home host;
  const Relay relay(host);
  FaultyWire wire(relay.port);
  std::vector<std::unique_ptr<Home>> homes;
  std::vector<std::unique_ptr<Child>> agents;
  for (int i = 0; i < 20; ++i) {
    homes.push_back(std::make_unique<Home>());
    agents.push_back(homes.back()->start({"listen", "--server", wire.url(), "--json"}));
  }
  for (const auto& agent : agents) await(*agent, "listening");
  for (int cuts = 0; cuts < 2; ++cuts) {
    wire.cut();
    for (const auto& agent : agents) await(*agent, "reconnect");
  }
  EXPECT_EQ(wire.connections(), 60U) << "nobody had to try twice";
  EXPECT_EQ(relay.child->errors().find("refused"), std::string::npos) << relay.child->errors();
}

}  // namespace
}  // namespace agentroom::e2e
