// Rooms on this machine: one process for relay, agent, invite and handler, and the records of what runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "local_addresses.hpp"
#include "open_room.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

class Room : public testing::Test {
 protected:
  OpenRoom open(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"--no-tunnel"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {host, "", arguments};
  }
  static void end(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  }

  Home host;
  Home peer;
};

TEST_F(Room, AnswersAPeerOnThisMachineByOneCommand) {
  OpenRoom room = open();
  const std::string local = text(room.events().take("listening"), "local_url");
  room.events().take("serving");
  const std::string invite = room.invite();
  EXPECT_THAT(invite_text(invite), HasSubstr(local));
  const auto accepted = peer.run({"invite", "accept", invite, "--json"});
  EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  EXPECT_EQ(peer.run({"send", text(accepted.json(), "peer_pk"), "hello", "--json"}).code, 0);
  EXPECT_EQ(text(room.events().take("received"), "text"), "hello");
  EXPECT_EQ(text(room.events().take("replied"), "text"), "hello");
  auto listener = peer.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), "hello");
  end(room.child());
  EXPECT_EQ(text(room.events().take("done"), "reason"), "signal");
  room.events().take("stopped");
}

TEST_F(Room, EndsAfterTheTurnsThatWereAskedFor) {
  OpenRoom room = open({"--once"});
  const auto accepted = peer.run({"invite", "accept", room.invite(), "--json"});
  EXPECT_EQ(peer.run({"send", text(accepted.json(), "peer_pk"), "hello", "--json"}).code, 0);
  EXPECT_EQ(text(room.events().take("done"), "reason"), "turns");
  EXPECT_EQ(room.child().wait(), 0) << room.child().errors();
}

TEST_F(Room, TakesNoMoreThanItsOwnInvites) {
  OpenRoom room = open();
  const std::string url = text(room.events().take("listening"), "local_url");
  room.invite();
  const auto stranger = peer.run({"--server", url, "invite", "create", "--json"});
  EXPECT_EQ(stranger.code, 1) << stranger.out;
  EXPECT_EQ(text(stranger.json(), "code"), "not_allowed");
}

TEST_F(Room, KnowsItsOwnRelayWhateverAnsweredThereBefore) {
  Home elsewhere;
  unsigned port = 0;
  {
    Relay other(elsewhere);
    port = other.port;
    const std::string url = "ws://localhost:" + std::to_string(port) + "/ws";
    const auto pinned = host.run({"--server", url, "invite", "create", "--json"});
    ASSERT_EQ(pinned.code, 0) << pinned.out << pinned.err;
    other.child->signal(SIGTERM);
    other.child->wait();
  }
  OpenRoom room = open({"--port", std::to_string(port)});
  EXPECT_EQ(peer.run({"invite", "accept", room.invite(), "--json"}).code, 0);
}

TEST_F(Room, IsOnceAHomeAndSaysWhoHasIt) {
  OpenRoom room = open();
  room.invite();
  const auto second = host.run({"room", "open", "--on-message", "cat", "--no-tunnel", "--port", "0", "--json"});
  EXPECT_EQ(second.code, 1) << second.out;
  EXPECT_EQ(text(second.json(), "code"), "home_in_use");
  EXPECT_THAT(text(second.json(), "hint"), HasSubstr("agentroom room status"));
}

TEST_F(Room, WhoseHomeAnotherCommandHasNamesThatOneAndNotTheRelayBesideIt) {
  const Relay relay(host);
  auto server = host.start({"serve", "--on-message", "cat", "--server", relay.url(), "--json"});
  await(*server, "serving");
  const auto refused = host.run({"room", "open", "--on-message", "cat", "--no-tunnel", "--port", "0", "--json"});
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_THAT(text(refused.json(), "error"), HasSubstr("pid " + std::to_string(server->pid())));
  EXPECT_THAT(text(refused.json(), "hint"), HasSubstr("kill " + std::to_string(server->pid())));
  end(*server);
}

TEST_F(Room, ThatListensOnAllAddressesInvitesToOneThatOthersReach) {
  OpenRoom room = open({"--host", "0.0.0.0"});
  const std::string invite = invite_text(room.invite());
  const auto addresses = cli::local_addresses();
  EXPECT_THAT(invite, HasSubstr("ws://" + (addresses.empty() ? "localhost" : addresses.front()) + ":"));
  EXPECT_THAT(invite, testing::Not(HasSubstr("0.0.0.0")));
}

TEST_F(Room, WhosePortIsTakenSaysSo) {
  const Relay other(peer);
  const auto refused =
      host.run({"room", "open", "--on-message", "cat", "--no-tunnel", "--port", std::to_string(other.port), "--json"});
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_EQ(text(refused.json(), "code"), "in_use");
  EXPECT_TRUE(rooms_of(host).empty());
}

TEST_F(Room, WithoutAHandlerIsWrongUsage) {
  const auto refused = host.run({"room", "open", "--no-tunnel", "--json"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(text(refused.json(), "error"), HasSubstr("no handler"));
}

TEST_F(Room, IsItsOwnRelay) {
  const auto refused = host.run({"--server", "ws://localhost:1/ws", "room", "open", "--on-message", "cat", "--json"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(text(refused.json(), "hint"), HasSubstr("agentroom serve"));
}

TEST_F(Room, IsAlsoCalledHost) {
  auto child = host.start({"host", "--on-message", "cat", "--no-tunnel", "--port", "0", "--json"});
  await(*child, "invite");
  end(*child);
}

TEST(RoomStop, NeverEndsAProcessThatIsNoRoom) {
  Home home;
  ASSERT_EQ(home.run({"setup", "--no-probe"}).code, 0);
  fs::create_directory(home.path() / "rooms");
  const fs::path record = home.path() / "rooms" / "8787.json";
  // This very process, as if it had been given the pid of a room that is gone.
  std::ofstream(record)
      << R"({"port":8787,"pid":)" << ::getpid()
      << R"(,"start":1,"boot":"0","kind":"room","local_url":"","tunnel_url":"","started_at":1,"log":""})";
  const auto stopped = home.run({"room", "stop", "--all", "--json"});
  EXPECT_EQ(stopped.code, 0) << stopped.out << stopped.err;
  EXPECT_TRUE(stopped.json().at("stopped").as_array().empty());
  EXPECT_FALSE(fs::exists(record));
}

TEST(RoomStop, EndsTheOneOnAPort) {
  Home home;
  OpenRoom room(home, "", {"--no-tunnel"});
  room.invite();
  const auto record = *fs::directory_iterator(home.path() / "rooms");
  const std::string port = record.path().stem().string();
  const auto missing = home.run({"room", "stop", "--port", "1", "--json"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(text(missing.json(), "code"), "not_found");
  EXPECT_EQ(home.run({"room", "stop", "--port", port}).code, 0);
  EXPECT_EQ(room.child().wait(), 0);
  const auto none = home.run({"room", "stop", "--json"});
  EXPECT_EQ(none.code, 0);
  EXPECT_TRUE(none.json().at("stopped").as_array().empty());
}

}  // namespace
}  // namespace agentroom::e2e
