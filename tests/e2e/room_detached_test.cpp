// room open --detach
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "open_room.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

class Detached : public testing::Test {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"room", "open", "--on-message", "cat", "--no-tunnel", "--detach", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Ends what a failed test left.
  ~Detached() override { host.run({"room", "stop", "--all"}); }

  Home host;
  Home peer;
};

TEST_F(Detached, ItPrintsItsInviteAndGoesOn) {
  const auto opened = host.run(arguments({"--port", "0"}));
  EXPECT_EQ(opened.code, 0) << opened.out << opened.err;
  const auto invite = opened.json();
  EXPECT_EQ(text(invite, "type"), "invite");
  EXPECT_THAT(opened.out, HasSubstr("\"listening\""));

  const auto rooms = rooms_of(host);
  ASSERT_EQ(rooms.size(), 1U);
  const auto pid = rooms[0].as_object().at("pid").to_number<pid_t>();
  const std::string log = text(rooms[0].as_object(), "log");
  struct stat status{};
  ASSERT_EQ(::stat(log.c_str(), &status), 0) << log;
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  // A terminal that closes does not end it.
  ASSERT_EQ(::kill(pid, SIGHUP), 0);

  const auto accepted = peer.run({"invite", "accept", text(invite, "url"), "--json"});
  EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  EXPECT_EQ(peer.run({"send", text(accepted.json(), "peer_pk"), "hello", "--json"}).code, 0);
  auto listener = peer.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), "hello");

  EXPECT_EQ(host.run({"room", "stop", "--json"}).code, 0);
  EXPECT_TRUE(ends(pid));
  EXPECT_TRUE(rooms_of(host).empty());
}

TEST_F(Detached, ItsFailureIsTheCommands) {
  const Relay other(peer);
  const auto refused = host.run(arguments({"--port", std::to_string(other.port)}));
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_EQ(text(refused.json(), "code"), "in_use");
  EXPECT_TRUE(rooms_of(host).empty());
}

TEST_F(Detached, AFailureBeforeItReachesStderr) {
  const Relay other(peer);
  auto words = arguments({"--port", std::to_string(other.port)});
  std::erase(words, "--json");
  const auto refused = host.run(words);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the port is in use"));
}

TEST_F(Detached, ASecondOneLeavesTheLogOfTheFirstAlone) {
  ASSERT_EQ(host.run(arguments({"--port", "0"})).code, 0);
  const std::string log = text(rooms_of(host).at(0).as_object(), "log");
  const auto size = fs::file_size(log);
  EXPECT_EQ(host.run(arguments({"--port", "0"})).code, 1);
  EXPECT_GE(fs::file_size(log), size);
}

TEST_F(Detached, AnInterruptBeforeTheInviteEndsBoth) {
  StandIn standin(host);
  host.environment["LC_STANDIN_MODE"] = "silent";
  const auto config = host.write("room.toml", StandIn::toml());
  auto command = host.start(
      {"--config", config.string(), "room", "open", "--on-message", "cat", "--port", "0", "--detach", "--json"});
  Events events(*command);
  events.take("cloudflared", [](const auto& event) { return text(event, "state") == "starting"; });
  const auto pid = rooms_of(host).at(0).as_object().at("pid").to_number<pid_t>();
  EXPECT_NE(pid, command->pid());
  command->signal(SIGINT);
  events.take("error", [](const auto& event) { return text(event, "code") == "cancelled"; });
  EXPECT_EQ(command->wait(), 1) << command->errors();
  EXPECT_TRUE(ends(pid));
  EXPECT_TRUE(standin.all_end());
}

}  // namespace
}  // namespace agentroom::e2e
