// A room with a second tunnel that stands by.
#include <gtest/gtest.h>
#include <signal.h>

#include "open_room.hpp"

namespace agentroom::e2e {
namespace {

bool stands_by(const boost::json::object& event) {
  const auto* found = event.if_contains("standby");
  return found != nullptr && found->is_bool() && found->as_bool();
}
bool is_in_use(const boost::json::object& event) {
  return !stands_by(event);
}

TEST(Standby, TakesOverWithItsPeerWhenTheFirstTunnelDies) {
  Home host;
  Home peer;
  StandIn standin(host);
  OpenRoom room(host, StandIn::toml("standby = true\n"));
  const std::string first = text(room.events().take("tunnel", is_in_use), "url");
  const std::string second = text(room.events().take("tunnel", stands_by), "url");
  EXPECT_NE(first, second);
  const auto accepted = peer.run({"invite", "accept", room.invite(), "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const std::string key = text(accepted.json(), "peer_pk");

  auto listener = peer.start({"listen", "--json"});
  Events heard(*listener);
  heard.take("listening");
  // What the room tells of its URLs comes before the first answer.
  const auto say = [&](int number) {
    const auto sent = peer.run({"send", key, std::to_string(number), "--json"});
    EXPECT_TRUE(sent.code == 0 || sent.code == 3) << sent.out << sent.err;
  };
  const auto hear = [&](int number) { EXPECT_EQ(text(heard.take("message"), "text"), std::to_string(number)); };
  say(0);
  hear(0);

  ASSERT_TRUE(standin.kill(first));
  constexpr int kMeanwhile = 4;
  for (int number = 1; number <= kMeanwhile; ++number) say(number);
  EXPECT_EQ(text(room.events().take("tunnel_lost"), "url"), first);
  EXPECT_EQ(text(room.events().take("tunnel_moved"), "url"), second);
  EXPECT_EQ(text(heard.take("reconnect"), "through"), second);
  for (int number = 1; number <= kMeanwhile; ++number) hear(number);

  // The lost one comes back elsewhere, and stands by from now on.
  const std::string third = text(room.events().take("tunnel", stands_by), "url");
  EXPECT_NE(third, first);
  EXPECT_NE(third, second);
  // The peer knows that one, too.
  say(kMeanwhile + 1);
  hear(kMeanwhile + 1);
  ASSERT_TRUE(standin.kill(second));
  EXPECT_EQ(text(room.events().take("tunnel_moved"), "url"), third);
  EXPECT_EQ(text(heard.take("reconnect"), "through"), third);
  say(kMeanwhile + 2);
  hear(kMeanwhile + 2);

  room.child().signal(SIGTERM);
  EXPECT_EQ(room.child().wait(), 0) << room.child().errors();
  EXPECT_TRUE(standin.all_end());
}

}  // namespace
}  // namespace agentroom::e2e
