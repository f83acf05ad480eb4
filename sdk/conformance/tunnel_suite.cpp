// What a tunnel promises, and of each way to fail. A way is brought about by a configuration: --when-NAME=TOML.
#include <gmock/gmock.h>

#include "local_relay.hpp"
#include "residue.hpp"
#include "suite_arguments.hpp"
#include "tunnel_under_test.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;

class TunnelFact : public testing::Test {
 protected:
  /// NULL: the configuration of --config.
  explicit TunnelFact(const char* behaviour = nullptr)
      : plugin_(SuiteArguments::instance().plugin()), behaviour_(behaviour) {}

  void SetUp() override {
    if (!config()) AGENTROOM_LEAVE_OUT(SuiteArguments::needs(behaviour_));
  }

  std::optional<std::string> config() const {
    const auto& arguments = SuiteArguments::instance();
    return behaviour_ == nullptr ? arguments.config() : arguments.when(behaviour_);
  }
  TunnelSite site() const { return {relay_.address(), "ws", {}}; }

  TunnelUnderTest& open() {
    tunnel_.emplace(plugin_, *config(), site());
    return *tunnel_;
  }

  /// Opens, waits, closes; nothing is left, and nothing comes afterwards.
  void expect_a_clean_end_at(const std::function<bool(const TunnelStory&)>& moment) {
    // What is made once a process is there from now on.
    TunnelUnderTest& first = open();
    if (moment) {
      ASSERT_TRUE(first.events().wait_until(moment)) << told(first.events().story());
    }
    first.close();
    const Residue before;
    TunnelUnderTest& tunnel = open();
    if (moment) {
      ASSERT_TRUE(tunnel.events().wait_until(moment)) << told(tunnel.events().story());
    }
    const auto began = steady_clock::now();
    tunnel.close();
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
    const std::size_t events = tunnel.events().story().size();
    before.expect_none();
    EXPECT_EQ(tunnel.events().story().size(), events) << told(tunnel.events().story());
    EXPECT_EQ(tunnel.events().after_close(), 0) << told(tunnel.events().story());
    EXPECT_EQ(tunnel.events().overlaps(), 0);
    EXPECT_EQ(tunnel.events().from_inside_open(), 0);
  }

  LocalRelay relay_;
  PluginUnderTest plugin_;
  std::optional<TunnelUnderTest> tunnel_;

 private:
  const char* behaviour_;
};

using TunnelLife = TunnelFact;

/// --config: it becomes ready and stays so.
class TunnelThatIsReady : public TunnelFact {};

/// lossy: it becomes ready, is lost soon after, and so on.
class TunnelThatIsLost : public TunnelFact {
 protected:
  TunnelThatIsLost() : TunnelFact("lossy") {}
};

/// stuck: it goes on for ever without becoming ready.
class TunnelThatIsStuck : public TunnelFact {
 protected:
  TunnelThatIsStuck() : TunnelFact("stuck") {}
};

/// failing: it never becomes ready, and is tried again and again.
class TunnelThatFails : public TunnelFact {
 protected:
  TunnelThatFails() : TunnelFact("failing") {}
};

/// hopeless: it fails for good.
class TunnelThatIsHopeless : public TunnelFact {
 protected:
  TunnelThatIsHopeless() : TunnelFact("hopeless") {}
};

TEST_F(TunnelLife, TheInterfaceIsComplete) {
  EXPECT_NE(plugin_.tunnel().open, nullptr);
  EXPECT_NE(plugin_.tunnel().close, nullptr);
}

TEST_F(TunnelLife, AConfigurationThatIsNoTomlIsRefused) {
  if (SuiteArguments::instance().is_keyless()) AGENTROOM_LEAVE_OUT(SuiteArguments::kKeyless);
  Error error;
  EXPECT_EQ(TunnelUnderTest::refusal(plugin_, "this is no TOML", site(), &error), AR_INVALID);
  EXPECT_STRNE(error.message, "");
  EXPECT_EQ(TunnelUnderTest::refusal(plugin_, "this is no TOML", site(), nullptr), AR_INVALID);
}

TEST_F(TunnelThatIsReady, TellsAChannelUrlAndTheOneForPlainRequests) {
  TunnelUnderTest& tunnel = open();
  ASSERT_TRUE(tunnel.events().wait_until(has("ready"))) << told(tunnel.events().story());
  for (const TunnelEvent& event : tunnel.events().story()) {
    if (event.kind != "ready") continue;
    EXPECT_THAT(event.text, testing::MatchesRegex("wss?://[^ /]+(/.*)?"));
    EXPECT_THAT(event.more, testing::MatchesRegex("https?://[^ ]*[^ /]"));
    EXPECT_EQ(event.text.starts_with("wss:"), event.more.starts_with("https:"));
  }
}

TEST_F(TunnelThatIsReady, TellsStatesAsStableWords) {
  TunnelUnderTest& tunnel = open();
  ASSERT_TRUE(tunnel.events().wait_until(has("ready")));
  for (const TunnelEvent& event : tunnel.events().story()) {
    if (event.kind != "progress") continue;
    EXPECT_THAT(event.text, testing::MatchesRegex("[a-z][a-z_]*"));
    EXPECT_TRUE(event.total == 0 || event.bytes <= event.total);
  }
}

TEST_F(TunnelThatIsReady, ReturnsFromOpenAtOnce) {
  const auto began = steady_clock::now();
  open();
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(TunnelThatIsReady, OpensAndClosesAgainAndAgain) {
  for (int i = 0; i < 5; ++i) {
    TunnelUnderTest& tunnel = open();
    ASSERT_TRUE(tunnel.events().wait_until(has("ready"))) << told(tunnel.events().story());
    tunnel.close();
  }
}

TEST_F(TunnelThatIsReady, MayBeOpenedTwice) {
  TunnelUnderTest one(plugin_, *config(), site());
  TunnelUnderTest two(plugin_, *config(), site());
  EXPECT_TRUE(one.events().wait_until(has("ready"))) << told(one.events().story());
  EXPECT_TRUE(two.events().wait_until(has("ready"))) << told(two.events().story());
  one.close();
  EXPECT_EQ(two.events().after_close(), 0);
}

TEST_F(TunnelThatIsReady, EndsCleanlyAtOnce) {
  expect_a_clean_end_at({});
}
TEST_F(TunnelThatIsReady, EndsCleanlyWithItsFirstEvent) {
  expect_a_clean_end_at([](const TunnelStory& story) { return !story.empty(); });
}
TEST_F(TunnelThatIsReady, EndsCleanlyWhenReady) {
  expect_a_clean_end_at(has("ready"));
}

TEST_F(TunnelThatIsLost, SaysWhyAndComesBack) {
  TunnelUnderTest& tunnel = open();
  const auto back = [](const TunnelStory& story) {
    bool lost = false;
    for (const TunnelEvent& event : story) {
      if (event.kind == "lost") lost = true;
      if (lost && event.kind == "ready") return true;
    }
    return false;
  };
  ASSERT_TRUE(tunnel.events().wait_until(back)) << told(tunnel.events().story());
  for (const TunnelEvent& event : tunnel.events().story()) {
    if (event.kind == "lost") {
      EXPECT_NE(event.text, "");
    }
  }
}

TEST_F(TunnelThatIsLost, IsLostOnlyAfterItWasReady) {
  TunnelUnderTest& tunnel = open();
  ASSERT_TRUE(tunnel.events().wait_until(has("lost"))) << told(tunnel.events().story());
  bool ready = false;
  for (const TunnelEvent& event : tunnel.events().story()) {
    if (event.kind == "ready") ready = true;
    if (event.kind == "lost") {
      EXPECT_TRUE(std::exchange(ready, false)) << told(tunnel.events().story());
    }
    if (event.kind == "failed") {
      EXPECT_FALSE(ready) << told(tunnel.events().story());
    }
  }
}

TEST_F(TunnelThatIsLost, EndsCleanlyWhenLost) {
  expect_a_clean_end_at(has("lost"));
}

TEST_F(TunnelThatIsStuck, EndsCleanlyWithItsFirstEvent) {
  expect_a_clean_end_at([](const TunnelStory& story) { return !story.empty(); });
}

TEST_F(TunnelThatFails, SaysWhyAndTriesAgain) {
  TunnelUnderTest& tunnel = open();
  const auto twice = [](const TunnelStory& story) {
    return std::count_if(story.begin(), story.end(), [](const TunnelEvent& it) { return it.kind == "failed"; }) >= 2;
  };
  ASSERT_TRUE(tunnel.events().wait_until(twice)) << told(tunnel.events().story());
  for (const TunnelEvent& event : tunnel.events().story()) {
    if (event.kind != "failed") continue;
    EXPECT_NE(event.text, "");
    EXPECT_NE(event.status, AR_OK);
    EXPECT_FALSE(event.given_up);
  }
}

TEST_F(TunnelThatFails, EndsCleanlyWhileItWaits) {
  expect_a_clean_end_at(has("failed"));
}

TEST_F(TunnelThatIsHopeless, SaysSoOnceAndThenNothing) {
  TunnelUnderTest& tunnel = open();
  ASSERT_TRUE(tunnel.events().wait_until(has("failed"))) << told(tunnel.events().story());
  tunnel.close();
  const TunnelStory story = tunnel.events().story();
  EXPECT_TRUE(story.back().given_up) << told(story);
  EXPECT_NE(story.back().status, AR_OK);
  EXPECT_EQ(std::count_if(story.begin(), story.end(), [](const TunnelEvent& it) { return it.kind == "failed"; }), 1);
}

TEST_F(TunnelThatIsHopeless, EndsCleanly) {
  expect_a_clean_end_at(has("failed"));
}

}  // namespace
}  // namespace agentroom::conformance
