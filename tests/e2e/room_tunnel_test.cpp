// A room behind a public tunnel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "open_room.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

class RoomWithATunnel : public testing::Test {
 protected:
  void open(const std::string& more = {}) { room.emplace(host, StandIn::toml() + more); }

  std::string accept(const std::string& invite) {
    const auto accepted = peer.run({"invite", "accept", invite, "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    return text(accepted.json(), "peer_pk");
  }

  Home host;
  Home peer;
  StandIn standin{host};
  std::optional<OpenRoom> room;
};

bool is_true(const boost::json::object& event, const char* member) {
  const auto* found = event.if_contains(member);
  return found != nullptr && found->is_bool() && found->as_bool();
}

TEST_F(RoomWithATunnel, IsJoinedThroughItsPublicUrlAndLeavesNothingBehind) {
  open();
  const auto listening = room->events().take("listening");
  const auto tunnel = room->events().take("tunnel");
  const std::string url = text(tunnel, "url");
  EXPECT_TRUE(is_true(tunnel, "reachable")) << boost::json::serialize(tunnel);
  EXPECT_EQ("ws" + text(tunnel, "https").substr(4) + "/ws", url);
  const std::string invite = room->invite();
  EXPECT_THAT(invite_text(invite), HasSubstr(url));

  const std::string key = accept(invite);
  auto listener = peer.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "listening"), "server"), url);
  EXPECT_EQ(text(peer.run({"send", key, "are you there?", "--json"}).json(), "status"), "delivered");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "are you there?");

  const auto rooms = rooms_of(host);
  ASSERT_EQ(rooms.size(), 1U);
  const auto& status = rooms[0].as_object();
  EXPECT_EQ(status.at("pid").to_number<pid_t>(), room->child().pid());
  EXPECT_EQ(status.at("port"), listening.at("port"));
  EXPECT_EQ(text(status, "kind"), "room");
  EXPECT_EQ(text(status, "local_url"), text(listening, "local_url"));
  EXPECT_EQ(text(status, "tunnel_url"), url);
  EXPECT_TRUE(status.contains("uptime_s"));

  const auto stopped = host.run({"room", "stop", "--json"});
  EXPECT_EQ(stopped.code, 0) << stopped.out << stopped.err;
  EXPECT_EQ(stopped.json().at("stopped").as_array().size(), 1U);
  room->events().take("done");
  room->events().take("stopped");
  EXPECT_EQ(room->child().wait(), 0) << room->child().errors();
  EXPECT_FALSE(standin.started().empty());
  EXPECT_TRUE(standin.all_end());
  EXPECT_TRUE(rooms_of(host).empty());
  EXPECT_TRUE(fs::is_empty(host.path() / "rooms"));
}

TEST_F(RoomWithATunnel, WhoseUrlNobodyAnswersIsToldWhereToLook) {
  host.environment["LC_STANDIN_MODE"] = "unreachable";
  open("reachable_timeout = \"50ms\"\n");
  const auto tunnel = room->events().take("tunnel");
  EXPECT_FALSE(is_true(tunnel, "reachable")) << boost::json::serialize(tunnel);
  EXPECT_THAT(text(tunnel, "hint"), HasSubstr("where the tunnel leads"));
}

TEST_F(RoomWithATunnel, ThatIsKilledLeavesNoTunnelAndItsStatusHeals) {
  open();
  room->events().take("invite");
  room->child().signal(SIGKILL);
  EXPECT_EQ(room->child().wait(), 128 + SIGKILL);
  EXPECT_TRUE(standin.all_end());
  EXPECT_FALSE(fs::is_empty(host.path() / "rooms"));
  EXPECT_TRUE(rooms_of(host).empty());
  EXPECT_TRUE(fs::is_empty(host.path() / "rooms"));
}

TEST_F(RoomWithATunnel, ThatComesBackElsewhereTellsItAndPrintsAnotherInvite) {
  open();
  const std::string first = text(room->events().take("tunnel"), "url");
  const std::string unclaimed = room->invite();
  ASSERT_TRUE(standin.kill(first));
  EXPECT_EQ(text(room->events().take("tunnel_lost"), "url"), first);
  const std::string second = text(room->events().take("tunnel"), "url");
  EXPECT_NE(second, first);
  const std::string fresh = room->invite();
  EXPECT_THAT(invite_text(fresh), HasSubstr(second));

  // The one that leads nowhere is good no more, though nobody accepted it.
  const auto open_invites = host.run({"invite", "list", "--json"}).json();
  EXPECT_EQ(open_invites.at("invites").as_array().size(), 1U) << boost::json::serialize(open_invites);
  accept(fresh);
  EXPECT_EQ(text(rooms_of(host).at(0).as_object(), "tunnel_url"), second);
}

TEST_F(RoomWithATunnel, ThatComesBackUnderItsUrlIsFoundAgainByItsPeer) {
  unsigned port = 0;
  {
    const Relay picked(peer);  // a port that is free for now
    port = picked.port;
  }
  host.environment["LC_STANDIN_PORT"] = std::to_string(port);
  open();
  const std::string url = text(room->events().take("tunnel"), "url");
  const std::string key = accept(room->invite());
  auto listener = peer.start({"listen", "--json"});
  Events heard(*listener);
  heard.take("listening");

  ASSERT_TRUE(standin.kill(url));
  room->events().take("tunnel_lost");
  heard.take("disconnect");
  EXPECT_EQ(text(room->events().take("tunnel"), "url"), url);
  heard.take("reconnect");
  EXPECT_EQ(text(peer.run({"send", key, "still there?", "--json"}).json(), "status"), "delivered");
  EXPECT_EQ(text(heard.take("message"), "text"), "still there?");
}

TEST_F(RoomWithATunnel, ThatIsOpenedAgainTakesAnInviteBackThatLeadsNowhereWhenTheRelayHasNoRoom) {
  const std::string one_invite = "[relay.limits]\nopen_invites = 1\n";
  open(one_invite);
  const std::string first = room->invite();
  room->child().signal(SIGTERM);
  EXPECT_EQ(room->child().wait(), 0) << room->child().errors();
  open(one_invite);
  const std::string second = room->invite();
  EXPECT_NE(second, first);
  accept(second);
}

TEST_F(RoomWithATunnel, TakesAnotherCommandsInviteBackThatLeadsNowhereWhenTheRelayHasNoRoom) {
  open("[relay.limits]\nopen_invites = 1\n");
  const std::string url = text(room->events().take("tunnel"), "url");
  const std::string first = room->invite();
  accept(first);
  // It names the URL of now, so it is good and stays.
  const auto other = host.run({"invite", "create", "--json"});
  ASSERT_EQ(other.code, 0) << other.out << other.err;
  ASSERT_TRUE(standin.kill(url));
  room->events().take("tunnel_lost");
  const std::string moved = text(room->events().take("tunnel"), "url");
  EXPECT_THAT(invite_text(room->invite()), HasSubstr(moved)) << "the other one leads nowhere by now";
}

TEST_F(RoomWithATunnel, TellsItsLossBeforeWhatFollows) {
  const auto types_until = [this](const std::string& last) {
    std::vector<std::string> types;
    while (types.empty() || types.back() != last) {
      const auto event = room->events().next();
      if (event.empty()) break;
      types.push_back(text(event, "type"));
    }
    return types;
  };
  open();
  const std::string url = text(room->events().take("tunnel"), "url");
  types_until("invite");
  ASSERT_TRUE(standin.kill(url));
  const auto types = types_until("tunnel");
  EXPECT_LT(std::ranges::find(types, "tunnel_lost"), std::ranges::find(types, "cloudflared"));
}

TEST_F(RoomWithATunnel, ThatLeadsToAnotherRelayInvitesNobodyThere) {
  const Relay other(peer);
  room.emplace(host, "[tunnel]\nplugin = \"exec\"\n[tunnel.exec]\ncommand = [\"sh\", \"-c\", \"echo http://127.0.0.1:" +
                         std::to_string(other.port) +
                         "; exec sleep 1000\"]\nurl_pattern = 'http://127\\.0\\.0\\.1:\\d+'\n");
  const auto tunnel = room->events().take("tunnel");
  EXPECT_FALSE(is_true(tunnel, "reachable"));
  EXPECT_EQ(text(tunnel, "code"), "relay_identity_changed");
  EXPECT_EQ(text(rooms_of(host).at(0).as_object(), "tunnel_url"), "");
  room->child().signal(SIGTERM);
  for (auto event = room->events().next(); !event.empty() && text(event, "type") != "stopped";
       event = room->events().next()) {
    EXPECT_NE(text(event, "type"), "invite");
  }
  EXPECT_EQ(room->child().wait(), 0) << room->child().errors();
}

TEST_F(RoomWithATunnel, GivesItsPublicUrlToTheInvitesOfOtherCommands) {
  open();
  const std::string url = text(room->events().take("tunnel"), "url");
  room->events().take("invite");
  const auto created = host.run({"invite", "create", "--json"});
  EXPECT_EQ(created.code, 0) << created.out << created.err;
  const std::string invite = text(created.json(), "url");
  EXPECT_THAT(invite_text(invite), HasSubstr(url));
  accept(invite);
}

TEST_F(RoomWithATunnel, CanBeInterruptedWhileItWaitsForOne) {
  host.environment["LC_STANDIN_MODE"] = "silent";
  open();
  room->events().take("cloudflared", [](const auto& event) { return text(event, "state") == "starting"; });
  room->child().signal(SIGINT);
  EXPECT_EQ(room->child().wait(), 0) << room->child().errors();
  EXPECT_TRUE(standin.all_end());
  EXPECT_TRUE(rooms_of(host).empty());
}

TEST_F(RoomWithATunnel, ThatCanNeverOpenEndsAndSaysWhatToDo) {
  room.emplace(host,
               "[tunnel]\nplugin = \"exec\"\n[tunnel.exec]\ncommand = [\"/no/such/program\"]\nurl_pattern = 'x'\n");
  const auto told = room->events().take("tunnel_error");
  EXPECT_TRUE(is_true(told, "final"));
  EXPECT_THAT(text(told, "error"), HasSubstr("/no/such/program"));
  const auto error = room->events().take("error");
  EXPECT_FALSE(text(error, "hint").empty());
  EXPECT_EQ(room->child().wait(), 1);
  EXPECT_TRUE(rooms_of(host).empty());
}

TEST_F(RoomWithATunnel, OpensOneByAnyProgramThatPrintsItsUrl) {
  // The stand-in as any program: what counts is the line with the URL.
  room.emplace(host, "[tunnel]\nplugin = \"exec\"\n[tunnel.exec]\ncommand = [\"" + StandIn::program() +
                         "\", \"tunnel\", \"--url\", \"{url}\"]\nurl_pattern = 'http://127\\.0\\.0\\.1:\\d+'\n");
  const auto tunnel = room->events().take("tunnel");
  EXPECT_TRUE(is_true(tunnel, "reachable")) << boost::json::serialize(tunnel);
  const std::string key = accept(room->invite());
  auto listener = peer.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "listening"), "server"), text(tunnel, "url"));
  EXPECT_EQ(text(peer.run({"send", key, "through it", "--json"}).json(), "status"), "delivered");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "through it");
}

TEST(Relay, ServesAndEndsThoughNobodyReadsWhatItTells) {
  Home home;
  const Relay relay(home);
  // More than a pipe holds, and nobody reads: each hang-up is answered by an event.
  constexpr int kHangUps = 1'200;
  for (int n = 0; n < kHangUps; ++n) {
    relay.child->signal(SIGHUP);
    ASSERT_EQ(health(relay.port), "HTTP/1.1 200 OK") << "after " << n;
  }
  relay.child->signal(SIGTERM);
  EXPECT_GE(relay.child->wait(), 0) << relay.child->errors();
}

TEST(RelayWithATunnel, HasARecordWithItsPublicUrlToo) {
  Home host;
  StandIn standin(host);
  const auto config = host.write("relay.toml", StandIn::toml());
  auto relay = host.start({"--config", config.string(), "relay", "--tunnel", "--port", "0", "--json"});
  Events events(*relay);
  const std::string url = text(events.take("tunnel"), "url");
  const auto rooms = rooms_of(host);
  ASSERT_EQ(rooms.size(), 1U);
  EXPECT_EQ(text(rooms[0].as_object(), "kind"), "relay");
  EXPECT_EQ(text(rooms[0].as_object(), "tunnel_url"), url);
  EXPECT_EQ(host.run({"room", "stop"}).code, 0);
  EXPECT_EQ(relay->wait(), 0) << relay->errors();
  EXPECT_TRUE(standin.all_end());
}

}  // namespace
}  // namespace agentroom::e2e
