// Who may publish invites at a relay, and who may write to whom there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

struct People : testing::Test {
  std::string key_of(const Home& home) const {
    EXPECT_EQ(home.run({"setup", "--no-probe", "--json"}).code, 0);
    return text(home.run({"whoami", "--json"}).json(), "pk");
  }

  Home host;
  Home alice;
  Home bob;
  std::string alice_key = key_of(alice);
  std::string bob_key = key_of(bob);
};

TEST_F(People, WhoAreNamedPublishInvitesAndSoDoesWhoeverAcceptedOne) {
  const auto config = host.write("relay.toml", "[relay]\npublishers = [\"" + alice_key + "\"]\n").string();
  const Relay relay(host, 0, {"--config", config});
  const std::vector<std::string> create{"--server", relay.url(), "--json", "invite", "create"};
  const auto refused = bob.run(create);
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(text(refused.json(), "code"), "not_allowed");

  const auto created = alice.run(create);
  ASSERT_EQ(created.code, 0) << created.out << created.err;
  const auto accepted = bob.run({"--json", "invite", "accept", text(created.json(), "url"), "--wait", "0"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const auto allowed = bob.run(create);
  EXPECT_EQ(allowed.code, 0) << allowed.out << allowed.err;
}

TEST_F(People, WhoWereRemovedAreRefusedByTheRelay) {
  const Relay relay(host);
  auto owner = alice.start({"--server", relay.url(), "--json", "serve", "--invite", "--on-message", "cat"});
  const auto accepted = bob.run({"--json", "invite", "accept", text(await(*owner, "invite"), "url")});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const auto before = bob.run({"--json", "send", alice_key, "a friend"});
  EXPECT_EQ(before.code, 0) << before.out << before.err;
  await(*owner, "replied");

  EXPECT_EQ(alice.run({"--json", "peers", "remove", bob_key}).code, 0);
  const auto after = bob.run({"--json", "send", alice_key, "a stranger"});
  EXPECT_NE(after.code, 0);
  EXPECT_THAT(after.out, HasSubstr("not_allowed"));
  owner->signal(SIGTERM);
  EXPECT_EQ(owner->wait(), 0) << owner->errors();
}

}  // namespace
}  // namespace agentroom::e2e
