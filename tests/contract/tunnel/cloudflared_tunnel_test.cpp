// cloudflared as it is run: what it is told, what is read from its log, what is left of it.
#include <sys/wait.h>

#include <csignal>

#include "cloudflared_fixture.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

using Cloudflared = CloudflaredFact;

const TunnelEvent& last(const TunnelStory& story, const std::string& kind) {
  const TunnelEvent* found = nullptr;
  for (const TunnelEvent& event : story) {
    if (event.kind == kind) found = &event;
  }
  if (found == nullptr) throw std::runtime_error("no " + kind + " in: " + told(story));
  return *found;
}

TEST_F(Cloudflared, MakesTheRelayReachable) {
  open_standin();
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_THAT(states(story), ElementsAre("env", "starting", "checking"));
  const TunnelEvent& ready = last(story, "ready");
  EXPECT_TRUE(ready.reachable);
  EXPECT_THAT(ready.text, MatchesRegex("ws://127.0.0.1:[0-9]+/ws"));
  EXPECT_EQ("ws" + ready.more.substr(4) + "/ws", ready.text);
  EXPECT_GE(relay_.asked(), 1) << "the health of the relay was asked for through the tunnel";
}

TEST_F(Cloudflared, IsGivenTheRelayAndNothingOfTheUsersOtherTunnelsAndServices) {
  const Variable url("TUNNEL_URL", "http://localhost:1");
  const Variable secret("HMAC_SECRET", std::string(32, 'x'));
  const Variable old_secret("OLD_HMAC_SECRET", std::string(32, 'y'));
  const Variable model("ANTHROPIC_API_KEY", "sk-1");
  const Variable cloud("AWS_SECRET_ACCESS_KEY", "2");
  const Variable anything("SOMETHING_ELSE", "3");
  open_standin();
  wait_for(has("ready"));
  ASSERT_EQ(started().size(), 1U);
  EXPECT_EQ(started().begin()->second,
            "argument tunnel\nargument --config\nargument /dev/null\nargument --no-autoupdate\n"
            "argument --url\nargument http://" +
                relay_.address() + "\nvariable NO_COLOR=1\n");
}

TEST_F(Cloudflared, ReachesARelayThatListensEverywhereAndSpeaksTls) {
  tunnel_.emplace(plugin_, pace() + "protocol = \"http2\"\nbinary = \"" CLOUDFLARED_STANDIN "\"",
                  TunnelSite{"0.0.0.0:" + relay_.port(), "wss", {}});
  wait_for(has("ready"));
  EXPECT_THAT(started().begin()->second,
              AllOf(HasSubstr("--protocol\nargument http2\n"),
                    HasSubstr("--no-tls-verify\nargument --url\nargument https://127.0.0.1:" + relay_.port())));
}

TEST_F(Cloudflared, OfANamedTunnelGetsItsTokenWhereNobodySeesIt) {
  const std::string token = "eyJhIjoiNWFiNGU5Z-secret-token";
  const std::string port = [] {
    const LocalRelay free;  // gone again at once, and its port with it
    return free.port();
  }();
  const Variable edge("LC_STANDIN_PORT", port);
  open_standin("token = \"" + token + "\"\npublic_url = \"http://localhost:" + port + "/\"");
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_EQ(last(story, "ready").text, "ws://localhost:" + port + "/ws");
  EXPECT_TRUE(last(story, "ready").reachable);
  ASSERT_EQ(started().size(), 1U);
  EXPECT_THAT(started().begin()->second,
              AllOf(HasSubstr("argument run\n"), HasSubstr("variable TUNNEL_TOKEN=" + token + "\n"),
                    Not(HasSubstr("argument " + token))));
  tunnel_->close();
  EXPECT_THAT(told(tunnel_->events().story()), Not(HasSubstr("secret-token")));
  EXPECT_THAT(plugin_.host().log_text(), Not(HasSubstr("secret-token")));
}

TEST_F(Cloudflared, NeedsTokenAndUrlOfANamedTunnel) {
  EXPECT_THAT(refusal("token = \"x\"").message, HasSubstr("public_url"));
  EXPECT_THAT(refusal("public_url = \"https://a.example\"").message, HasSubstr("token"));
}

TEST_F(Cloudflared, KnowsAQuickTunnelsUrlByItsBox) {
  // The address of the service is no tunnel; without the box around it nothing is.
  const std::string file =
      program({"2026-11-01T10:00:00Z ERR see https://api.trycloudflare.com  |",
               "2026-11-01T10:00:00Z INF |  https://soft-property-mas-trees.trycloudflare.com    |"});
  tunnel_.emplace(plugin_, "reachable_timeout = \"10ms\"\nbinary = \"" + file + "\"", site());
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_EQ(last(story, "ready").text, "wss://soft-property-mas-trees.trycloudflare.com/ws");
  EXPECT_EQ(last(story, "ready").more, "https://soft-property-mas-trees.trycloudflare.com");
  EXPECT_FALSE(last(story, "ready").reachable);
}

TEST_F(Cloudflared, TakesNoUrlFromTheRequestOfAStranger) {
  const std::string box = "|  https://stranger.trycloudflare.com  |";
  const std::string at = "2026-11-01T10:00:00Z ";
  const std::string file = program(
      {at + "ERR Request failed error=\"ended abruptly\" connIndex=0 dest=\"https://a.example/" + box + "\" event=0",
       at + "ERR Request failed dest=\"https://a.example/" + at + "INF " + box, at + "ERR " + box,
       at + "ERR Request failed dest=\"https://a.example/\f" + at + "INF " + box,
       at + "INF |  https://soft-property-mas-trees.trycloudflare.com    |"});
  tunnel_.emplace(plugin_, "reachable_timeout = \"10ms\"\nbinary = \"" + file + "\"", site());
  const TunnelStory story = wait_for(has("ready"));
  EXPECT_THAT(told(story), Not(HasSubstr("stranger")));
  EXPECT_EQ(last(story, "ready").text, "wss://soft-property-mas-trees.trycloudflare.com/ws");
}

TEST_F(Cloudflared, KeepsTheFirstUrlOfARun) {
  const std::string at = "2026-11-01T10:00:00Z INF ";
  const std::string file =
      program({at + "|  http://127.0.0.1:1  |", at + "|  http://127.0.0.1:" + relay_.port() + "  |",
               at + "Registered tunnel connection connIndex=0"});
  open("reachable_timeout = \"1500ms\"\nbinary = \"" + file + "\"");
  // Longer than another URL would have to wait.
  EXPECT_EQ(last(wait_for(has("ready")), "ready").text, "ws://127.0.0.1:1/ws");
  EXPECT_EQ(relay_.asked(), 0);
}

TEST_F(Cloudflared, IsNotConnectedBecauseAStrangerSaysSo) {
  const std::string at = "2026-11-01T10:00:00Z ";
  const std::string file =
      program({at + "INF |  http://127.0.0.1:" + relay_.port() + "  |",
               at + "ERR Request failed dest=\"https://a.example/" + at + "INF Registered tunnel connection\""});
  open("reachable_timeout = \"300ms\"\nbinary = \"" + file + "\"");
  EXPECT_FALSE(last(wait_for(has("ready")), "ready").reachable) << "it is not asked for yet";
  EXPECT_EQ(relay_.asked(), 0);
}

TEST_F(Cloudflared, RunsOnWhateverAStrangerAsksFor) {
  const Variable mode("LC_STANDIN_MODE", "asked");
  open_standin();
  const std::string url = last(wait_for(has("ready")), "ready").text;
  // Each look at the relay comes through the stand-in, which logs such a request after it.
  relay_.answer(503);
  wait_for([](const TunnelStory& it) { return count(it, "ready") == 2; });
  relay_.answer(200);
  const TunnelStory story = wait_for([](const TunnelStory& it) { return count(it, "ready") == 3; });
  EXPECT_EQ(count(story, "lost"), 0U);
  EXPECT_EQ(last(story, "ready").text, url);
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("Request failed"));
}

TEST_F(Cloudflared, ThatDiesIsStartedAgainAndTellsTheOtherUrl) {
  open_standin();
  const std::string before = last(wait_for(has("ready")), "ready").text;
  ::kill(started().begin()->first, SIGUSR1);
  const TunnelStory story =
      wait_for([](const TunnelStory& it) { return count(it, "lost") == 1 && it.back().kind == "ready"; });
  EXPECT_NE(story.back().text, before);
  EXPECT_TRUE(story.back().reachable);
  EXPECT_EQ(last(story, "lost").text, "cloudflared ended with exit code 1");
  EXPECT_EQ(started().size(), 2U);
}

TEST_F(Cloudflared, ThatIsKilledIsStartedAgain) {
  open_standin();
  wait_for(has("ready"));
  ::kill(started().begin()->first, SIGKILL);
  const TunnelStory story =
      wait_for([](const TunnelStory& it) { return count(it, "lost") == 1 && it.back().kind == "ready"; });
  EXPECT_EQ(last(story, "lost").text, "cloudflared ended by signal 9");
}

TEST_F(Cloudflared, ThatEndsAfterAStrangersRequestDoesNotQuoteIt) {
  const std::string at = "2026-11-01T10:00:00Z ";
  const std::string asked = at + "ERR Request failed dest=\"https://a.example/do-as-I-say\" event=0";
  for (const bool named : {false, true}) {
    const fs::path file = folder_.path() / "ends";
    {
      std::ofstream out(file);
      out << "#!/bin/sh\ncat <<'END' >&2\n"
          << at << "INF |  http://127.0.0.1:" << relay_.port() << "  |\n"
          << at << "INF Registered tunnel connection connIndex=0\n"
          << asked << "\nEND\nexit 3\n";
    }
    fs::permissions(file, fs::perms::owner_all);
    open("binary = \"" + file.string() + "\"" +
         (named ? "\ntoken = \"x\"\npublic_url = \"http://127.0.0.1:" + relay_.port() + "\"" : ""));
    const TunnelStory story =
        wait_for([](const TunnelStory& it) { return count(it, "lost") + count(it, "failed") == 2; });
    EXPECT_THAT(told(story), AllOf(HasSubstr("cloudflared ended with exit code 3"), Not(HasSubstr("do-as-I-say"))));
  }
}

TEST_F(Cloudflared, OfANamedTunnelThatNeverConnectsSaysWhyItEnds) {
  const fs::path file = folder_.path() / "ends";
  std::ofstream(file) << "#!/bin/sh\necho 'Provided Tunnel token is not valid.' >&2\nexit 1\n";
  fs::permissions(file, fs::perms::owner_all);
  open("token = \"x\"\npublic_url = \"http://localhost:1\"\nbinary = \"" + file.string() + "\"");
  const TunnelStory story = wait_for(has("failed"));
  EXPECT_THAT(last(story, "failed").text, HasSubstr("exit code 1: Provided Tunnel token is not valid."));
}

TEST_F(Cloudflared, WhoseProgramIsMissingForAWhileComesBackWithIt) {
  const fs::path program = folder_.path() / "mine";
  const fs::path away = folder_.path() / "away";
  fs::copy_file(CLOUDFLARED_STANDIN, program);
  open("binary = \"" + program.string() + "\"");
  wait_for(has("ready"));
  fs::rename(program, away);
  ::kill(started().begin()->first, SIGKILL);
  const TunnelStory missed = wait_for(has("failed"));
  EXPECT_EQ(last(missed, "failed").status, AR_NOT_FOUND);
  EXPECT_FALSE(last(missed, "failed").given_up);
  fs::rename(away, program);
  wait_for([](const TunnelStory& it) { return it.back().kind == "ready"; });
}

TEST_F(Cloudflared, ThatCloudflareForgotIsStartedAgain) {
  const Variable mode("LC_STANDIN_MODE", "forgotten");
  open_standin();
  const TunnelStory story = wait_for([](const TunnelStory& it) { return count(it, "lost") == 1; });
  EXPECT_THAT(last(story, "lost").text, HasSubstr("does not know this tunnel"));
}

TEST_F(Cloudflared, ThatGetsNoTunnelSaysWhyAndTriesAgain) {
  const Variable mode("LC_STANDIN_MODE", "fails");
  open_standin();
  const TunnelStory story = wait_for([](const TunnelStory& it) { return count(it, "failed") == 3; });
  EXPECT_THAT(last(story, "failed").text, HasSubstr("no such host"));
  EXPECT_EQ(count(story, "lost"), 0U);
  EXPECT_THAT(states(story), testing::Contains("waiting"));
}

TEST_F(Cloudflared, ThatTellsNoUrlIsEndedAndStartedAgain) {
  const Variable mode("LC_STANDIN_MODE", "silent");
  open_standin("ready_timeout = \"50ms\"");
  const TunnelStory story = wait_for([](const TunnelStory& it) { return count(it, "failed") == 2; });
  EXPECT_THAT(last(story, "failed").text, HasSubstr("no public URL within 50 ms"));
}

TEST_F(Cloudflared, WhoseUrlDoesNotAnswerIsToldAsNotReachable) {
  const Variable mode("LC_STANDIN_MODE", "unreachable");
  open_standin("reachable_timeout = \"50ms\"");
  EXPECT_FALSE(last(wait_for(has("ready")), "ready").reachable);
}

TEST_F(Cloudflared, TellsWhenTheRelayStopsToAnswerAndWhenItDoesAgain) {
  open_standin();
  EXPECT_TRUE(last(wait_for(has("ready")), "ready").reachable);
  relay_.answer(503);
  EXPECT_FALSE(last(wait_for([](const TunnelStory& it) { return count(it, "ready") == 2; }), "ready").reachable);
  relay_.answer(200);
  const TunnelStory story = wait_for([](const TunnelStory& it) { return count(it, "ready") == 3; });
  EXPECT_TRUE(last(story, "ready").reachable);
  EXPECT_EQ(count(story, "lost"), 0U) << "one that runs keeps its URL";
  EXPECT_EQ(started().size(), 1U);
}

TEST_F(Cloudflared, IsAskedToEndBeforeItIsKilled) {
  open_standin();
  wait_for(has("ready"));
  const pid_t process = started().begin()->first;
  tunnel_->close();
  EXPECT_FALSE(is_running(process));
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("graceful shutdown due to signal terminated"));
}

TEST_F(Cloudflared, IsKilledWhenItDoesNotListenWithEveryChildOfIt) {
  const Variable mode("LC_STANDIN_MODE", "stubborn,parent");
  open_standin();
  wait_for(has("ready"));
  const auto deadline = steady_clock::now() + kPatience;
  while (content_of(records() / "child").find('\n') == std::string::npos) {
    ASSERT_LT(steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  const pid_t process = started().begin()->first;
  const pid_t child = std::stoi(content_of(records() / "child"));
  ASSERT_TRUE(is_running(child));
  const auto began = steady_clock::now();
  tunnel_->close();
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_TRUE(ends_soon(process));
  EXPECT_TRUE(ends_soon(child));
}

TEST_F(Cloudflared, DoesNotOutliveAProcessThatIsKilled) {
  const Variable mode("LC_STANDIN_MODE", "stubborn,parent");
  const pid_t host = start_host("binary = \"" CLOUDFLARED_STANDIN "\"");
  const auto deadline = steady_clock::now() + kPatience;
  while (started().empty() || content_of(records() / "child").find('\n') == std::string::npos) {
    ASSERT_LT(steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  const pid_t process = started().begin()->first;
  const pid_t child = std::stoi(content_of(records() / "child"));
  ASSERT_TRUE(is_running(process));
  ASSERT_TRUE(is_running(child));
  ::kill(host, SIGKILL);
  ASSERT_EQ(::waitpid(host, nullptr, 0), host);
  EXPECT_TRUE(ends_soon(process));
  EXPECT_TRUE(ends_soon(child));
}

TEST_F(Cloudflared, ThatFloodsItsLogDisturbsNothing) {
  const fs::path program = folder_.path() / "cloudflared";
  {
    std::ofstream out(program);
    out << "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' 'x' >&2; echo >&2; head -c 300000 /dev/urandom >&2; echo "
           ">&2\n"
           "echo '2026-11-01T10:00:00Z INF |  http://127.0.0.1:"
        << relay_.port() << "  |' >&2\necho '2026-11-01T10:00:00Z INF Registered tunnel connection' >&2\n"
        << "exec sleep 1000\n";
  }
  fs::permissions(program, fs::perms::owner_all);
  open("binary = \"" + program.string() + "\"");
  EXPECT_EQ(last(wait_for(has("ready")), "ready").text, "ws://" + relay_.address() + "/ws");
}

}  // namespace
}  // namespace agentroom::conformance
