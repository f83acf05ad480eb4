// Any program that prints a URL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>

#include "local_relay.hpp"
#include "public_url.hpp"
#include "tunnel_test.hpp"
#include "url_pattern.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TunnelExec : public testing::Test {
 protected:
  TunnelExec() : plugin_(TUNNEL_EXEC_LIBRARY) {
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"}) ::unsetenv(name);
  }

  /// `command`: TOML. The program writes what it wants to tell into `file()`.
  TunnelUnderTest& open(const std::string& command, const std::string& more = {}, const std::string& address = {}) {
    const std::string config = "command = " + command + "\nrestart_delay = \"20ms\"\n" +
                               (more.find("url_pattern") == std::string::npos ? "url_pattern = 'it is (.*)'\n" : "") +
                               more;
    tunnel_.emplace(plugin_, config, TunnelSite{address.empty() ? relay_.address() : address, "ws", {}});
    return *tunnel_;
  }

  TunnelStory wait_for(const std::function<bool(const TunnelStory&)>& reached) {
    EXPECT_TRUE(tunnel_->events().wait_until(reached)) << told(tunnel_->events().story()) << plugin_.host().log_text();
    return tunnel_->events().story();
  }

  Error refusal(const std::string& config) {
    Error error;
    EXPECT_EQ(TunnelUnderTest::refusal(plugin_, config, {relay_.address(), "ws", {}}, &error), error.status);
    return error;
  }

  fs::path file() const { return folder_.path() / "file"; }

  TunnelFolder folder_;
  LocalRelay relay_;
  PluginUnderTest plugin_;
  std::optional<TunnelUnderTest> tunnel_;
};

TEST_F(TunnelExec, PutsTheRelaysAddressIntoArguments) {
  open(R"(["sh", "-c", "echo it is $0; exec sleep 1000", "http://{host}:{port}"])");
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_EQ(story.back().text, "ws://" + relay_.address() + "/ws");
  EXPECT_EQ(story.back().more, "http://" + relay_.address());
  EXPECT_TRUE(story.back().reachable);
}

TEST_F(TunnelExec, TellsAShellLineTheAddressByVariables) {
  open(R"('echo "it is $AGENTROOM_LOCAL_URL"; echo "$AGENTROOM_LOCAL_HOST $AGENTROOM_LOCAL_PORT" > )" +
       file().string() + "; exec sleep 1000'");
  EXPECT_EQ(wait_for(has("ready")).back().text, "ws://" + relay_.address() + "/ws");
  EXPECT_EQ(content_of(file()), "127.0.0.1 " + relay_.port() + "\n");
}

TEST_F(TunnelExec, AnAddressNeverBecomesPartOfACommand) {
  const std::string hostile = "a;touch " + (folder_.path() / "owned").string() + ";$(touch " +
                              (folder_.path() / "owned").string() + ")'\" {port}:80";
  const std::string host = hostile.substr(0, hostile.rfind(':'));
  const std::string tell =
      R"(printf "%s" "$0" > )" + file().string() + "; echo it is http://127.0.0.1:1; exec sleep 1000";
  open("[\"sh\", \"-c\", '''" + tell + "''', \"{host}\"]", "reachable_timeout = \"1ms\"", hostile);
  wait_for(has("ready"));
  EXPECT_EQ(content_of(file()), host) << "one argument, as it is, looked at once";
  open("'''printf \"%s\" \"$AGENTROOM_LOCAL_HOST\" > " + file().string() +
           ".2; echo it is http://127.0.0.1:1; exec sleep 1000'''",
       "reachable_timeout = \"1ms\"", hostile);
  wait_for(has("ready"));
  EXPECT_EQ(content_of(file().string() + ".2"), host);
  EXPECT_FALSE(fs::exists(folder_.path() / "owned"));
}

TEST_F(TunnelExec, SaysThatAShellLineHasNoPlaceholders) {
  EXPECT_THAT(refusal("command = 'bore local {port}'\nurl_pattern = 'x'").hint, HasSubstr("$AGENTROOM_LOCAL_PORT"));
}

TEST_F(TunnelExec, NeedsACommandAndAPattern) {
  EXPECT_THAT(refusal("url_pattern = 'x'").message, HasSubstr("command"));
  EXPECT_THAT(refusal("command = []\nurl_pattern = 'x'").message, HasSubstr("command"));
  EXPECT_THAT(refusal("command = 'x'").message, HasSubstr("url_pattern"));
  EXPECT_THAT(refusal("command = 'x'\nurl_pattern = '('").message, HasSubstr("regular expression"));
  EXPECT_THAT(refusal("command = 'x'\nurl_pattern = 'x'\nenv = ['x']").message, HasSubstr("NAME=value"));
  EXPECT_THAT(refusal("command = 'x'\nurl_pattern = 'x'\nready_timeout = 'soon'").message, HasSubstr("duration"));
}

TEST_F(TunnelExec, ReadsStandardErrorToo) {
  open(R"('echo "it is $AGENTROOM_LOCAL_URL" >&2; exec sleep 1000')");
  EXPECT_TRUE(wait_for(has("ready")).back().reachable);
}

TEST_F(TunnelExec, ALineThatIsNoUrlIsPassedOver) {
  open(R"('for it in nothing ftp://a.example https:// "http://me:secret@a.example" "$AGENTROOM_LOCAL_URL"; )"
       R"(do echo "it is $it"; done; exec sleep 1000')");
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_EQ(count(story, "ready"), 1U);
  EXPECT_EQ(story.back().text, "ws://" + relay_.address() + "/ws");
}

TEST_F(TunnelExec, AUrlThatChangesIsToldAgain) {
  open(
      R"('echo "it is $AGENTROOM_LOCAL_URL"; until test -e )" + file().string() +
      R"(; do sleep 0.01; done; echo "it is $AGENTROOM_LOCAL_URL/"; echo "it is http://localhost:$AGENTROOM_LOCAL_PORT"; )"
      "exec sleep 1000'");
  wait_for(has("ready"));
  std::ofstream(file()) << "go";
  const TunnelStory story =
      wait_for([](const TunnelStory& it) { return it.back().text.starts_with("ws://localhost"); });
  EXPECT_EQ(count(story, "lost"), 0U);
}

TEST_F(TunnelExec, ThatEndsQuotesItsLastLineUntilItToldAUrl) {
  open(R"('echo the reason; exit 3')");
  EXPECT_THAT(told(wait_for(has("failed"))), HasSubstr("the command ended with exit code 3: the reason"));
  open(R"('echo "it is $AGENTROOM_LOCAL_URL"; echo GET /do-as-I-say; exit 3')");
  const TunnelStory story =
      wait_for([](const TunnelStory& it) { return count(it, "lost") + count(it, "failed") == 2; });
  EXPECT_THAT(told(story), AllOf(HasSubstr("the command ended with exit code 3"), Not(HasSubstr("do-as-I-say"))));
}

TEST_F(TunnelExec, ManyUrlsAreNotManyEvents) {
  open(R"('for it in 1 2 3 4 5 6 7 8 9; do for at in 1 2 3 4 5 6 7 8 9; do echo "it is http://127.0.0.1:$it/$at"; )"
       R"(done; done; echo "it is $AGENTROOM_LOCAL_URL"; exec sleep 1000')");
  const TunnelStory story = wait_for([](const TunnelStory& it) { return !it.empty() && it.back().reachable; });
  EXPECT_EQ(story.back().text, "ws://" + relay_.address() + "/ws") << "the last one counts";
  EXPECT_LE(story.size(), 5U) << told(story);
}

TEST_F(TunnelExec, KeepsTheInputOfTheProgramOpen) {
  open(R"('echo "it is $AGENTROOM_LOCAL_URL"; cat; echo ended > )" + file().string() + "'");
  wait_for(has("ready"));
  EXPECT_FALSE(fs::exists(file()));
  tunnel_->close();
  EXPECT_EQ(count(tunnel_->events().story(), "lost"), 0U);
}

TEST_F(TunnelExec, ManyLinesThatAreNoUrlsAreOneWarning) {
  open(R"('for it in 1 2 3 4 5 6 7 8 9; do echo "it is nothing $it"; done; echo "it is $AGENTROOM_LOCAL_URL"; )"
       R"(exec sleep 1000')");
  wait_for(has("ready"));
  tunnel_->close();
  const std::string log = plugin_.host().log_text();
  EXPECT_THAT(log, AllOf(HasSubstr("\"nothing 1\" is no public URL"), Not(HasSubstr("\"nothing 2\" is no public URL")),
                         HasSubstr("told 8 more that are no public URLs")));
}

TEST_F(TunnelExec, GivesTheProgramItsEnvironmentWithoutSecretsButThoseThatAreNamed) {
  const Variable secret("HMAC_SECRET", std::string(32, 'x'));
  const Variable old_secret("OLD_HMAC_SECRET", std::string(32, 'x'));
  const Variable model("SOME_API_KEY", "xxxx");
  const Variable cloud("AWS_SECRET_ACCESS_KEY", "xxxx");
  const Variable token("github_token", "xxxx");
  const Variable password("AGENTROOM_PASSWORD", "xxxx");
  const Variable named("MY_TOKEN", "from outside");
  const Variable plain("KEYBOARD", "plain");
  open(R"('env > )" + file().string() + R"(; echo "it is $AGENTROOM_LOCAL_URL"; exec sleep 1000')",
       "env = [\"FLAVOUR=sweet\", \"HOME=/nowhere\", \"MY_TOKEN=named\"]");
  wait_for(has("ready"));
  EXPECT_THAT(content_of(file()),
              AllOf(HasSubstr("FLAVOUR=sweet\n"), HasSubstr("HOME=/nowhere\n"), HasSubstr("NO_COLOR=1\n"),
                    HasSubstr("MY_TOKEN=named\n"), HasSubstr("KEYBOARD=plain\n"), Not(HasSubstr("xxxx"))));
}

TEST_F(TunnelExec, AnExpressionWithoutEndHoldsNothingUp) {
  open(
      R"('echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!; echo "see $AGENTROOM_LOCAL_URL"; exec sleep 1000')",
      "url_pattern = '(a+)+$|http:.*'\npublic_url = '{0}'");
  EXPECT_EQ(wait_for(has("ready")).back().text, "ws://" + relay_.address() + "/ws");
}

TEST(PublicUrl, BecomesThatOfTheChannel) {
  const auto channel = [](const std::string& printed) {
    auto url = tunnel::public_url(printed, "/health");
    return url ? url->channel + " " + url->https + " " + url->health : std::string("none");
  };
  EXPECT_EQ(channel("https://a.example"), "wss://a.example/ws https://a.example https://a.example/health");
  EXPECT_EQ(channel("https://A.example:8443/"),
            "wss://A.example:8443/ws https://A.example:8443 https://A.example:8443/health");
  EXPECT_EQ(channel("http://a.example/below/"),
            "ws://a.example/below/ws http://a.example/below http://a.example/below/health");
  EXPECT_EQ(channel("https://[::1]:80"), "wss://[::1]:80/ws https://[::1]:80 https://[::1]:80/health");
  for (const char* wrong : {"", "a.example", "ftp://a.example", "https://", "https://a b", "https://u:p@a.example",
                            "https://a.example:99999", "javascript:alert(1)"}) {
    EXPECT_EQ(channel(wrong), "none") << wrong;
  }
  EXPECT_EQ(channel("https://" + std::string(600, 'a')), "none");
}

/// An example, lines as its program prints them, and the channel's URL.
struct Example {
  const char* file;
  std::vector<std::string> output;
  const char* channel;
};

class TunnelExample : public testing::TestWithParam<Example> {};

TEST_P(TunnelExample, FindsTheUrlInWhatTheProgramPrints) {
  const Example& example = GetParam();
  const toml::table config = toml::parse_file(EXAMPLES "/tunnels/" + std::string(example.file));
  const toml::node_view<const toml::node> exec = config["tunnel"]["exec"];
  const auto pattern = tunnel::UrlPattern::make("url_pattern", exec["url_pattern"].value_or(std::string()),
                                                exec["public_url"].value_or(std::string()));
  ASSERT_TRUE(pattern) << pattern.error().message;
  std::vector<std::string> found;
  for (const std::string& line : example.output) {
    if (const auto printed = pattern->find(line))
      found.push_back(tunnel::public_url(*printed, "/health").value().channel);
  }
  EXPECT_THAT(found, testing::ElementsAre(example.channel));
  // What the program says, somewhere else in a line: in the request of a stranger, say.
  for (const std::string& line : example.output) EXPECT_FALSE(pattern->find("request for /" + line)) << line;
}

INSTANTIATE_TEST_SUITE_P(
    , TunnelExample,
    testing::Values(
        Example{"localhost-run.toml",
                {"Welcome to localhost.run!", "To set up and manage custom domains go to https://admin.localhost.run/",
                 "authenticated as anonymous user",
                 "8beaa541ba3dc2.lhr.life tunneled with tls termination, https://8beaa541ba3dc2.lhr.life"},
                "wss://8beaa541ba3dc2.lhr.life/ws"},
        Example{"ssh-server.toml",
                {"debug1: Remote connections from 127.0.0.1:8787 forwarded to local address 127.0.0.1:8787",
                 "debug1: remote forward success for: listen 127.0.0.1:8787, connect 127.0.0.1:8787"},
                "wss://relay.example.org/ws"},
        Example{"ngrok.toml",
                {"t=2026-08-10T07:20:40+0000 lvl=info msg=\"starting web service\" obj=web addr=127.0.0.1:4040",
                 "t=2026-08-10T07:20:40+0000 lvl=info msg=\"started tunnel\" obj=tunnels name=command_line "
                 "addr=http://localhost:8787 url=https://zookeeper-pronto-ship.ngrok-free.dev"},
                "wss://zookeeper-pronto-ship.ngrok-free.dev/ws"},
        Example{"bore.toml",
                {"2026-08-10T07:20:40.123456Z  INFO bore_cli::client: connected to server remote_port=42871",
                 "2026-08-10T07:20:40.123456Z  INFO bore_cli::client: listening at bore.pub:42871"},
                "ws://bore.pub:42871/ws"},
        Example{"tailscale.toml",
                {"Available on the internet:", "https://planner.tail737e71.ts.net/", "|-- proxy http://127.0.0.1:8787",
                 "Press Ctrl+C to exit."},
                "wss://planner.tail737e71.ts.net/ws"}),
    [](const testing::TestParamInfo<Example>& tested) {
      std::string name = tested.param.file;
      name = name.substr(0, name.find('.'));
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace agentroom::conformance
