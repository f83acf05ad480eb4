// The example as a stranger builds it: against an installed SDK, outside the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "room.hpp"

namespace agentroom::client {
namespace {

using testing::StartsWith;

TEST(Example, IsBuiltAgainstAnInstalledSdkAndAnswers) {
  e2e::Home home;
  const std::filesystem::path work = home.desk() / "work";
  e2e::Child build(CMAKE,
                   {"-DBUILD=" BUILD_FOLDER, "-DSOURCE=" EXAMPLE_FOLDER, "-DWORK=" + work.string(),
                    "-DGENERATOR=" GENERATOR, "-DCXX=" COMPILER, "-DFLAGS=" FLAGS, "-DNM=" SYMBOLS, "-P", SCRIPT},
                   {}, home.desk() / "stderr.build", home.desk());
  ASSERT_EQ(build.wait(std::chrono::minutes(4)), 0) << build.errors();

  const e2e::Relay relay(home);
  const auto start = [&](const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> arguments{(home.desk() / name).string(), relay.url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<e2e::Child>((work / "build/agent").string(), arguments, e2e::Environment{},
                                        home.desk() / ("stderr." + name), home.desk());
  };
  const auto agent = start("agent", {});
  const auto invite = agent->read_line();
  ASSERT_TRUE(invite) << agent->errors();
  EXPECT_THAT(*invite, StartsWith("agentroom://invite/"));

  const e2e::Home bob;
  const auto accepted = bob.run({"invite", "accept", *invite, "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.err;
  const std::string peer = e2e::text(accepted.json(), "peer_pk");
  const auto listening = bob.start({"listen", "--json"});
  e2e::await(*listening, "listening");
  ASSERT_EQ(bob.run({"send", peer, "hello\nthere"}).code, 0);
  EXPECT_EQ(e2e::text(e2e::await(*listening, "message"), "text"), "You said: hello");
}

}  // namespace
}  // namespace agentroom::client
