#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64url.hpp"
#include "folder.hpp"

namespace agentroom::config {
namespace {

struct Load : testing::Test {
  Folder folder;
  std::map<std::string, std::string> variables{{"HOME", "/home/me"}};
  std::vector<Override> overrides;

  Configuration load(const std::string& toml, unsigned mode = 0600) {
    return Configuration::load({folder.write("agentroom.toml", toml, mode), overrides, environment_of(variables)});
  }
  /// The same, and nothing is wrong with it.
  Configuration good(const std::string& toml) {
    auto configuration = load(toml);
    for (const auto& problem : configuration.problems()) ADD_FAILURE() << problem.text();
    return configuration;
  }
};

TEST_F(Load, WithoutAFileThereAreDefaults) {
  const auto configuration = Configuration::load({{}, {}, environment_of({})});
  EXPECT_TRUE(configuration.problems().empty());
  const Settings& s = configuration.settings();
  EXPECT_FALSE(s.server);
  EXPECT_EQ(s.transport.plugin, "ws");
  EXPECT_EQ(s.store.plugin, "sqlite");
  EXPECT_EQ(s.handler.choice.plugin, "exec");
  EXPECT_EQ(s.tunnel.choice.plugin, "cloudflared");
  EXPECT_FALSE(s.tunnel.standby);
  EXPECT_EQ(s.handler.concurrency, 4U);
  EXPECT_EQ(s.handler.max_hops, 100U);
  EXPECT_EQ(s.relay.listen, "127.0.0.1:8787");
  EXPECT_FALSE(s.relay.config.publishers);
  EXPECT_FALSE(s.relay.require_secret);
}

TEST_F(Load, AnEmptyFileGivesTheSame) {
  EXPECT_EQ(good("").settings().transport.plugin, "ws");
}

TEST_F(Load, ReadsEverySettingOfAnAgent) {
  const auto configuration = good(R"(
server = "wss://relay.example.org/ws"
name = "planner"
[plugins]
path = ["/opt/agentroom/plugins", "mine"]
[transport]
plugin = "tcp"
[store]
plugin = "memory"
[handler]
plugin = "echo"
concurrency = 64
max_hops = 1
[tunnel]
plugin = "exec"
standby = true
[log]
level = "debug"
format = "json"
)");
  const Settings& s = configuration.settings();
  EXPECT_EQ(s.server, "wss://relay.example.org/ws");
  EXPECT_EQ(s.name, "planner");
  EXPECT_THAT(s.plugin_path, testing::ElementsAre("/opt/agentroom/plugins", folder / "mine"));
  EXPECT_EQ(s.transport.plugin, "tcp");
  EXPECT_EQ(s.store.plugin, "memory");
  EXPECT_EQ(s.handler.choice.plugin, "echo");
  EXPECT_EQ(s.handler.concurrency, 64U);
  EXPECT_EQ(s.handler.max_hops, 1U);
  EXPECT_EQ(s.tunnel.choice.plugin, "exec");
  EXPECT_TRUE(s.tunnel.standby);
  EXPECT_EQ(s.log.level, "debug");
  EXPECT_EQ(s.log.format, "json");
}

TEST_F(Load, ReadsEverySettingOfARelay) {
  const AgentId agent = *AgentId::from(Bytes(32, std::byte{7}));
  const auto configuration = good("[relay]\nlisten = \"[::1]:0\"\npublishers = [\"" + base64url(agent.view()) + R"("]
trust_proxy = ["127.0.0.1", "::1"]
shared_addresses = ["127.0.0.2"]
metrics = "nobody"
require_secret = true
secret = "0123456789abcdef0123456789abcdef"
secret_previous = "fedcba9876543210fedcba9876543210"
[relay.limits]
connections = 1
connections_per_address = 2
unauthenticated = 3
handshake_timeout = "4s"
handshakes_per_minute = 5
handshake_burst = 6
failures_per_minute = 7
frames_per_second = 8
frame_burst = 9
mailbox_messages = 10
mailbox_bytes = "11MiB"
open_invites = 12
invites_per_hour = 19
queued_bytes = "13MiB"
invites = 14
unsent_bytes = "15MiB"
mailboxes = 16
allowed_tokens = 17
newcomer_percent = 20
)");
  const RelaySettings& r = configuration.settings().relay;
  EXPECT_EQ(r.listen, "[::1]:0");
  EXPECT_EQ(r.config.publishers, std::vector<AgentId>{agent});
  EXPECT_THAT(r.config.trust_proxy, testing::ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(r.config.shared_addresses, testing::ElementsAre("127.0.0.2"));
  EXPECT_EQ(r.metrics, "nobody");
  EXPECT_TRUE(r.require_secret);
  EXPECT_EQ(r.secret->view(), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(r.secret_previous->view(), "fedcba9876543210fedcba9876543210");
  const RelayLimits& l = r.config.limits;
  EXPECT_EQ(l.connections, 1U);
  EXPECT_EQ(l.connections_per_address, 2U);
  EXPECT_EQ(l.unauthenticated, 3U);
  EXPECT_EQ(l.handshake_timeout_ms, 4'000U);
  EXPECT_EQ(l.handshakes_per_minute, 5U);
  EXPECT_EQ(l.handshake_burst, 6U);
  EXPECT_EQ(l.failures_per_minute, 7U);
  EXPECT_EQ(l.frames_per_second, 8U);
  EXPECT_EQ(l.frame_burst, 9U);
  EXPECT_EQ(l.mailbox_messages, 10U);
  EXPECT_EQ(l.mailbox_bytes, 11U << 20);
  EXPECT_EQ(l.open_invites, 12U);
  EXPECT_EQ(l.queued_bytes, 13U << 20);
  EXPECT_EQ(l.invites, 14U);
  EXPECT_EQ(l.unsent_bytes, 15U << 20);
  EXPECT_EQ(l.mailboxes, 16U);
  EXPECT_EQ(l.allowed_tokens, 17U);
  EXPECT_EQ(l.newcomer_percent, 20U);
  EXPECT_EQ(l.invites_per_hour, 19U);
}

TEST_F(Load, PathsStartFromTheFolderOfTheFileAndTildeFromTheUsersHome) {
  const auto configuration = good(R"(plugins.path = ["a", "./b/../c", "~/d", "~", "/e"])");
  EXPECT_THAT(configuration.settings().plugin_path,
              testing::ElementsAre(folder / "a", folder / "c", "/home/me/d", "/home/me", "/e"));
}

TEST_F(Load, APluginGivenByPathStartsFromThereToo) {
  EXPECT_EQ(good("handler.plugin = \"./build/mine.so\"").settings().handler.choice.plugin,
            (folder / "build/mine.so").string());
}

TEST_F(Load, VariablesAreReplacedFromTheEnvironment) {
  variables["WHO"] = "plan";
  variables["EMPTY"] = "";
  EXPECT_EQ(good(R"(name = "${WHO}ner${EMPTY}")").settings().name, "planner");
}

TEST_F(Load, AReplacementIsNotReplacedAgain) {
  variables["WHO"] = "${HOME}";
  EXPECT_EQ(good(R"(name = "${WHO}")").settings().name, "${HOME}");
}

TEST_F(Load, ADoubledDollarStandsForAPlainOne) {
  EXPECT_EQ(good(R"(name = "$${WHO} $x $")").settings().name, "${WHO} $x $");
}

TEST_F(Load, AFlagWinsOverTheFile) {
  overrides = {{"relay.listen", "127.0.0.1:0", "--port"}, {"handler.concurrency", std::int64_t{1}, "--once"}};
  const auto configuration = good("relay.listen = \"0.0.0.0:1\"\nhandler.concurrency = 9");
  EXPECT_EQ(configuration.settings().relay.listen, "127.0.0.1:0");
  EXPECT_EQ(configuration.settings().handler.concurrency, 1U);
}

TEST_F(Load, AFlagIsTakenAsItIs) {
  overrides = {{"name", "${HOME}", "--name"}};
  EXPECT_EQ(good("").settings().name, "${HOME}");
}

TEST_F(Load, AWrongFlagIsNamed) {
  overrides = {{"relay.listen", "nowhere", "--host"}};
  const auto configuration = load("");
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_EQ(configuration.problems()[0].where.text(), "--host");
}

TEST_F(Load, AWrongValueKeepsItsDefaultAndTheOthersAreRead) {
  const auto configuration = load("name = 7\nserver = \"ws://a/ws\"");
  EXPECT_EQ(configuration.problems().size(), 1U);
  EXPECT_EQ(configuration.settings().name, "");
  EXPECT_EQ(configuration.settings().server, "ws://a/ws");
}

TEST_F(Load, SaysWhereEachValueCameFrom) {
  overrides = {{"name", "me", "--name"}};
  const auto configuration = good("\n  server = \"ws://a/ws\"");
  std::map<std::string, std::string> origins;
  std::map<std::string, std::string> values;
  for (const auto& value : configuration.effective()) {
    origins[value.key] = value.origin.text();
    values[value.key] = value.value;
  }
  EXPECT_EQ(origins["server"], (folder / "agentroom.toml").string() + ":2:12");
  EXPECT_EQ(values["server"], "\"ws://a/ws\"");
  EXPECT_EQ(origins["name"], "--name");
  EXPECT_EQ(origins["relay.listen"], "default");
  EXPECT_EQ(values["relay.limits.mailbox_bytes"], "\"16MiB\"");
}

TEST_F(Load, SaysWhichVariablesAreInAValue) {
  variables["WHO"] = "plan";
  const auto configuration = good("name = \"${WHO}-${WHO}-${HOME}\"");
  for (const auto& value : configuration.effective()) {
    if (value.key == "name") {
      EXPECT_EQ(value.value, "\"plan-plan-/home/me\"");
      EXPECT_THAT(value.variables, testing::ElementsAre("WHO", "HOME"));
    } else {
      EXPECT_THAT(value.variables, testing::IsEmpty()) << value.key;
    }
  }
}

TEST_F(Load, NeverShowsASecret) {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  const auto configuration = good("relay.secret = \"" + secret + "\"");
  for (const auto& value : configuration.effective())
    EXPECT_EQ(value.value.find(secret), std::string::npos) << value.key;
  const auto wrong = load("relay.secret = \"short-secret\"");
  ASSERT_EQ(wrong.problems().size(), 1U);
  EXPECT_EQ(wrong.problems()[0].text().find("short-secret"), std::string::npos);
}

TEST_F(Load, WarnsOfASecretInAFileThatOthersRead) {
  const std::string toml = "relay.secret = \"0123456789abcdef0123456789abcdef\"";
  EXPECT_TRUE(load(toml, 0600).warnings().empty());
  ASSERT_EQ(load(toml, 0644).warnings().size(), 1U);
  EXPECT_NE(load(toml, 0644).warnings()[0].find("chmod 600"), std::string::npos);
  variables["S"] = "0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(load("relay.secret = \"${S}\"", 0644).warnings().empty()) << "the file holds no secret";
}

TEST_F(Load, TellsOneProblemAndHowManyMore) {
  const auto configuration = load("a = 1\nb = 2\nc = 3");
  ASSERT_EQ(configuration.problems().size(), 3U);
  const Error error = to_error(configuration.problems());
  EXPECT_EQ(error.code, ErrorCode::kConfig);
  EXPECT_EQ(exit_code(error.code), 2);
  EXPECT_NE(error.message.find("agentroom.toml:1:1: unknown key `a`"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("(and 2 more)"), std::string::npos) << error.message;
}

TEST_F(Load, TellsProblemsInTheOrderOfTheFile) {
  const auto configuration = load("[log]\nlevel = 1\n[handler]\nconcurrency = 0\nmax = 1");
  std::vector<std::uint32_t> lines;
  for (const auto& problem : configuration.problems()) lines.push_back(problem.where.line);
  EXPECT_THAT(lines, testing::ElementsAre(2, 4, 5));
}

TEST_F(Load, NeverKeepsMoreThanAHundredProblems) {
  std::string toml;
  for (int i = 0; i < 1000; ++i) toml += "k" + std::to_string(i) + " = 1\n";
  EXPECT_EQ(load(toml).problems().size(), 100U);
}

}  // namespace
}  // namespace agentroom::config
