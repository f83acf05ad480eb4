#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <mutex>
#include <vector>

#include "line.hpp"

namespace agentroom::client {
namespace {

using testing::HasSubstr;

/// Where nobody listens.
const std::string kNowhere = "ws://127.0.0.1:1/ws";

TEST(Client, MakesAnIdentityAndKeepsIt) {
  const e2e::Home home;
  const std::string id = opened({.home = home.path(), .server = kNowhere}).id();
  EXPECT_EQ(id.size(), 43U);
  EXPECT_EQ(opened({.home = home.path(), .server = kNowhere}).id(), id);
  EXPECT_EQ(e2e::text(home.run({"whoami", "--json"}).json(), "pk"), id);
}

TEST(Client, HasItsHomeForItself) {
  const e2e::Home home;
  std::optional<Client> first = opened({.home = home.path(), .server = kNowhere});
  const auto second = Client::open({.home = home.path(), .server = kNowhere});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "home_in_use");
  EXPECT_THAT(second.error().message, HasSubstr("in use by pid " + std::to_string(::getpid())));
  first.reset();
  EXPECT_TRUE(Client::open({.home = home.path(), .server = kNowhere}).ok());
}

TEST(Client, TellsThatTheRelayIsNotThereAndGoesOnTrying) {
  const e2e::Home home;
  Client client = opened({.home = home.path(), .server = kNowhere});
  const auto lost = await<Disconnected>(client);
  EXPECT_EQ(lost.server, kNowhere);
  EXPECT_EQ(lost.why.code, "network");
  EXPECT_FALSE(lost.final);
  EXPECT_EQ(code(client.create_invite()), "network");
}

TEST(Client, SaysWhatIsWrongWithItsOptions) {
  const e2e::Home home;
  const auto wrong_server = Client::open({.home = home.path(), .server = "http://relay.example.org"});
  ASSERT_FALSE(wrong_server);
  EXPECT_EQ(wrong_server.error().code, "usage");
  EXPECT_THAT(wrong_server.error().message, HasSubstr("must begin with ws:// or wss://"));

  const fs::path file = home.write("wrong.toml", "sever = \"ws://localhost:8787/ws\"\n");
  const auto wrong_file = Client::open({.home = home.path(), .config_file = file});
  ASSERT_FALSE(wrong_file);
  EXPECT_EQ(wrong_file.error().code, "config");
  EXPECT_THAT(wrong_file.error().message, HasSubstr("wrong.toml:1:1"));

  EXPECT_EQ(code(Client::open({.home = home.path(), .config_file = home.desk() / "none.toml"})), "config");
  EXPECT_EQ(code(Client::open({.home = home.path(), .name = std::string(65, 'x')})), "config");

  const fs::path other_store = home.write("store.toml", "[store]\nplugin = \"paper\"\n");
  const auto no_plugin = Client::open({.home = home.path(), .config_file = other_store});
  ASSERT_FALSE(no_plugin);
  EXPECT_THAT(no_plugin.error().message, HasSubstr("there is no store plugin `paper`"));

  fs::permissions(home.path(), fs::perms::all);
  EXPECT_EQ(code(Client::open({.home = home.path()})), "permission");
}

TEST(Client, LeavesSignalsToTheProgram) {
  const e2e::Home home;
  const auto actions = [] {
    std::vector<void (*)(int)> all;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
      struct sigaction action{};
      EXPECT_EQ(::sigaction(number, nullptr, &action), 0);
      all.push_back(action.sa_handler);
    }
    return all;
  };
  const auto before = actions();
  Client client = opened({.home = home.path(), .server = kNowhere});
  EXPECT_EQ(actions(), before);
}

TEST(Client, LogsWhereTheProgramWantsIt) {
  static std::mutex mutex;
  static std::string lines;
  const e2e::Home home;
  testing::internal::CaptureStderr();
  set_log(LogLevel::kWarn, [](LogLevel level, std::string_view component, std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines += std::string(component) + (level == LogLevel::kWarn ? " warns: " : ": ") + std::string(line) + "\n";
  });
  const std::string secret(40, 's');
  const fs::path file = home.write("open.toml", "[relay]\nsecret = \"" + secret + "\"\n");
  fs::permissions(file, fs::perms(0644));
  opened({.home = home.path(), .config_file = file, .server = kNowhere}).close();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  const std::scoped_lock lock(mutex);
  EXPECT_THAT(lines, HasSubstr("config warns: "));
  EXPECT_THAT(lines, testing::Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace agentroom::client
