// The first command, and the one that starts anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "home_state.hpp"
#include "killed.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

const boost::json::object& step(const boost::json::object& result, std::size_t index) {
  return result.at("steps").as_array().at(index).as_object();
}

std::string names_of(const boost::json::object& result) {
  std::string names;
  for (const auto& each : result.at("steps").as_array()) {
    names += text(each.as_object(), "step") + "=" + text(each.as_object(), "status") + " ";
  }
  return names;
}

std::string pk_of(const Home& home) {
  return text(home.run({"whoami", "--json"}).json(), "pk");
}

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

TEST(Setup, TellsItsStepsAndWhereEverythingIs) {
  const Home home;
  const Ended ended = home.run({"setup", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto result = ended.json();
  EXPECT_TRUE(result.at("ready").as_bool());
  EXPECT_EQ(text(result, "pk"), pk_of(home));
  EXPECT_EQ(text(result, "identity_path"), (home.path() / "identity.json").string());
  EXPECT_EQ(text(result, "server_url"), "");
  EXPECT_EQ(names_of(result), "home=ok identity=ok plugins=ok relay=skipped ");
  EXPECT_EQ(fs::status(home.path()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(home.path() / "identity.json").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(Setup, TellsPeopleOneLineAStep) {
  const Home home;
  const Ended ended = home.run({"setup"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::MatchesRegex("ok +home .*\nok +identity .*\nok +plugins .*\nskipped +relay .*\n"));
  EXPECT_THAT(ended.err, HasSubstr("agentroom invite accept URL"));
}

TEST(Setup, NeverOverwritesAnIdentity) {
  const Home home;
  set_up(home);
  const std::string before = read(home.path() / "identity.json");
  const auto again = home.run({"setup", "--json"}).json();
  EXPECT_THAT(text(step(again, 1), "detail"), HasSubstr("(kept)"));
  EXPECT_EQ(read(home.path() / "identity.json"), before);
}

TEST(Setup, AsksTheRelayOfAKnownServer) {
  const Home host;
  const Relay relay(host);
  const Home home;
  const auto ready = home.run({"setup", "--server", relay.url(), "--json"}).json();
  EXPECT_EQ(text(ready, "server_url"), relay.url());
  EXPECT_EQ(names_of(ready), "home=ok identity=ok plugins=ok relay=ok ");
}

TEST(Setup, IsNotReadyWithoutItsRelayUnlessToldNotToAsk) {
  const Home home;
  const Ended ended = home.run({"setup", "--server", "ws://127.0.0.1:1/ws", "--json"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  const auto result = ended.json();
  EXPECT_FALSE(result.at("ready").as_bool());
  EXPECT_THAT(text(result, "error"), HasSubstr("ws://127.0.0.1:1/ws"));
  EXPECT_EQ(text(result, "code"), "network");
  EXPECT_THAT(text(result, "hint"), HasSubstr("agentroom relay"));
  EXPECT_EQ(names_of(result), "home=ok identity=ok plugins=ok relay=failed ");
  EXPECT_EQ(home.run({"setup", "--no-probe", "--server", "ws://127.0.0.1:1/ws"}).code, 0);
}

/// A home with a peer and an open invite.
class Force : public testing::Test {
 protected:
  Force() {
    Home alice;
    const auto invite = alice.run({"invite", "create", "--server", relay.url(), "--json"});
    const Ended accepted = bob.run({"invite", "accept", text(invite.json(), "url"), "--wait", "0", "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    EXPECT_EQ(bob.run({"invite", "create", "--json"}).code, 0);
    old_pk = pk_of(bob);
    EXPECT_EQ(peers_of(bob), 1U);
  }

  static std::size_t peers_of(const Home& home) {
    const Ended ended = home.run({"peers", "--json"});
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    return ended.json().at("peers").as_array().size();
  }

  Home host;
  Relay relay{host};
  Home bob;
  std::string old_pk;
};

TEST_F(Force, DiscardsKeysSessionsAndInvitesAndSaysSo) {
  const Ended ended = bob.run({"setup", "--force", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  const auto result = ended.json();
  EXPECT_NE(text(result, "pk"), old_pk);
  EXPECT_EQ(text(result, "pk"), pk_of(bob));
  EXPECT_THAT(text(step(result, 1), "detail"), HasSubstr("(new)"));
  EXPECT_EQ(text(step(result, 1), "discarded"), old_pk + " with its sessions, invites and messages");
  EXPECT_EQ(peers_of(bob), 0U);
  EXPECT_TRUE(bob.run({"invite", "list", "--json"}).json().at("invites").as_array().empty());
  EXPECT_EQ(text(result, "server_url"), relay.url()) << "the relay is still the one that worked";
}

TEST_F(Force, TellsPeopleWhatWent) {
  const Ended ended = bob.run({"setup", "--force", "--no-probe"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("discarded: " + old_pk));
}

TEST_F(Force, WaitsForNoOneToLetGoOfTheHomeAndTakesNothingFromThem) {
  auto owner = bob.start({"serve", "--on-message", "cat", "--server", relay.url(), "--json"});
  await(*owner, "serving");
  const Ended refused = bob.run({"setup", "--force", "--json"});
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_EQ(text(refused.json(), "error"), "home is in use by pid " + std::to_string(owner->pid()));
  EXPECT_EQ(text(refused.json(), "code"), "home_in_use");
  EXPECT_THAT(text(refused.json(), "hint"), HasSubstr("kill " + std::to_string(owner->pid())));
  EXPECT_EQ(pk_of(bob), old_pk);
  owner->signal(SIGTERM);
  EXPECT_EQ(owner->wait(), 0);
  EXPECT_EQ(peers_of(bob), 1U);
}

TEST_F(Force, ReplacesAnIdentityThatCannotBeRead) {
  write_private(bob.path() / "identity.json", "{");
  const Ended ended = bob.run({"setup", "--force", "--no-probe", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_THAT(text(step(ended.json(), 1), "discarded"), HasSubstr("cannot be read"));
  EXPECT_EQ(peers_of(bob), 0U);
}

TEST_F(Force, DiscardsNothingWhenAPluginIsMissing) {
  bob.write("c.toml", "[store]\nplugin = \"nosuch\"\n");
  EXPECT_NE(bob.run({"--config", "c.toml", "setup", "--force", "--json"}).code, 0);
  EXPECT_EQ(pk_of(bob), old_pk);
  EXPECT_EQ(peers_of(bob), 1U);
}

TEST_F(Force, KilledAnywhereLeavesTheOldIdentityWithItsStoreOrTheNewOneWithNone) {
  const fs::path whole = bob.desk() / "whole";
  fs::copy(bob.path(), whole, fs::copy_options::recursive);
  std::size_t kept = 0;
  std::size_t rotated = 0;
  bool ended = false;
  for (std::size_t calls = 0; !ended; ++calls) {
    SCOPED_TRACE("killed before change " + std::to_string(calls));
    fs::remove_all(bob.path());
    fs::copy(whole, bob.path(), fs::copy_options::recursive);
    ended = run_killed(bob, {"setup", "--force", "--no-probe"}, calls);
    const std::string pk = pk_of(bob);
    EXPECT_EQ(peers_of(bob), pk == old_pk ? 1U : 0U);
    ++(pk == old_pk ? kept : rotated);
    EXPECT_FALSE(fs::exists(bob.path() / "identity.json.next")) << "the next command ends what was begun";

    ASSERT_EQ(bob.run({"setup", "--force", "--no-probe"}).code, 0) << "and so does the same command";
    EXPECT_NE(pk_of(bob), pk);
    for (const std::string& name : files_in(bob.path())) {
      EXPECT_FALSE(name.starts_with(".identity")) << name << " holds keys that nobody uses";
    }
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(kept, 3U) << "killed before the identity was replaced";
  EXPECT_GE(rotated, 3U) << "killed after it was";
}

}  // namespace
}  // namespace agentroom::e2e
