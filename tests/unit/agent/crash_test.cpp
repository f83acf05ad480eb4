// A process may die at every commit boundary: nothing acknowledged is lost, nothing is answered twice.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "world.hpp"

namespace agentroom::test {
namespace {

using std::chrono::seconds;

constexpr int kTexts = 6;

/// One run: an invite, an acceptance, texts from Bob that Ann's handler answers. `victim` dies in its n-th commit.
/// False when it never came so far.
struct Story {
  bool crashes_inviter;
  bool after_durable;

  bool run(std::size_t crash_at) const {
    World world;
    TestAgent& ann = world.connected(true);
    TestAgent& bob = world.connected();
    ann.handler = [](const HandlerMessage& message) { return std::optional<std::string>("re: " + message.text); };
    TestAgent& victim = crashes_inviter ? ann : bob;
    victim.store->crash_at = crash_at;
    victim.store->crash_after_durable = after_durable;

    // What a person does: asks again until it worked.
    std::string url;
    for (int tries = 0; url.empty() && tries < 3; ++tries) {
      auto invite = ann.create_invite();
      world.advance(seconds(5));
      if (invite->has_value() && invite->value()) url = invite->value()->url;
    }
    EXPECT_FALSE(url.empty());
    for (int tries = 0; bob.engine().peers().empty() && tries < 3; ++tries) {
      bob.accept(url);
      world.advance(seconds(5));
    }
    EXPECT_EQ(bob.engine().peers().size(), 1U);

    std::vector<std::string> accepted;
    for (int i = 0; i < kTexts; ++i) {
      bool told = false;
      for (int tries = 0; !told && tries < 3; ++tries) {
        const std::string text = std::to_string(i) + "." + std::to_string(tries);
        auto sent = bob.send(ann.id(), text);
        if (i % 2 == 0) world.advance(seconds(5));
        world.run();
        told = sent->has_value() && sent->value();
        if (told) accepted.push_back("re: " + text);
      }
      EXPECT_TRUE(told);
    }
    world.advance(seconds(60));
    const bool crashed = victim.store->crash_at != crash_at;
    check(ann, bob, accepted, accepted.size() + 1);
    return crashed;
  }

  static void check(TestAgent& ann, TestAgent& bob, const std::vector<std::string>& accepted, std::size_t most) {
    EXPECT_EQ(ann.engine().outbox_size(), 0U);
    EXPECT_EQ(bob.engine().outbox_size(), 0U);
    EXPECT_EQ(ann.store->count('i'), 0U);
    EXPECT_TRUE(ann.all<agent_events::Unreadable>().empty());
    EXPECT_TRUE(bob.all<agent_events::Unreadable>().empty());
    for (const auto& progress : bob.all<agent_events::SendProgress>()) EXPECT_NE(progress.status, SendStatus::kFailed);
    // All that `send` said was stored is answered, nothing twice, and in order. (A send that died before it could say
    // so may have been stored too.)
    const std::vector<std::string> answers = answers_of(bob);
    EXPECT_TRUE(std::ranges::is_sorted(answers)) << testing::PrintToString(answers);
    EXPECT_TRUE(std::ranges::adjacent_find(answers) == answers.end()) << testing::PrintToString(answers);
    EXPECT_TRUE(std::ranges::includes(answers, accepted)) << testing::PrintToString(answers);
    EXPECT_LE(answers.size(), most);
  }

  /// What lies in Bob's inbox, once each: an event may be told again after a crash, a row never exists twice.
  static std::vector<std::string> answers_of(TestAgent& bob) {
    bob.config.handle = true;
    bob.handled.clear();
    bob.handler = [](const HandlerMessage&) { return std::optional<std::string>(); };
    bob.store->crash_at = 0;
    bob.restart();
    while (bob.step()) {
    }
    return bob.handled_texts();
  }
};

/// Cuts, crashes and a slow disk at random, on both sides; then all is well again.
void storm(std::uint32_t seed) {
  World world;
  std::mt19937 dice(seed);
  const auto chance = [&](unsigned percent) { return dice() % 100 < percent; };
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  ann.handler = [](const HandlerMessage& message) { return std::optional<std::string>("re: " + message.text); };
  world.befriend(ann, bob);

  std::vector<std::string> accepted;
  std::vector<std::pair<std::string, std::shared_ptr<std::optional<Result<SentMessage>>>>> asked;
  for (int i = 0; i < 60; ++i) {
    for (TestAgent* agent : {&ann, &bob}) {
      agent->store->automatic = chance(40);
      while (chance(70) && agent->store->complete_one()) {
      }
      if (chance(4)) agent->restart();
    }
    if (chance(5)) world.relay().cut(chance(50) ? ann.id() : bob.id());
    if (chance(10)) world.relay().refuse_sends.assign(dice() % 5, {protocol::Code::kQueueFull, 300});
    const std::string text = std::to_string(1'000 + i);
    asked.emplace_back(text, bob.send(ann.id(), text));
    if (chance(50)) world.advance(std::chrono::milliseconds(dice() % 800));
  }
  for (TestAgent* agent : {&ann, &bob}) agent->store->automatic = true;
  world.advance(seconds(120));
  for (const auto& [text, answer] : asked) {
    if (answer->has_value() && answer->value()) accepted.push_back("re: " + text);
  }
  EXPECT_GT(accepted.size(), 10U);
  Story::check(ann, bob, accepted, asked.size());
}

TEST(Storm, LosesNothingAndAnswersNothingTwice) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    storm(seed);
    if (testing::Test::HasFailure()) break;
  }
}

struct CrashAtEveryCommit : testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(CrashAtEveryCommit, LosesNothingAndAnswersNothingTwice) {
  const auto [inviter, after_durable] = GetParam();
  const Story story{inviter, after_durable};
  std::size_t crash_at = 1;
  for (; crash_at < 200; ++crash_at) {
    SCOPED_TRACE("crash at commit " + std::to_string(crash_at));
    if (!story.run(crash_at) || HasFailure()) break;
  }
  EXPECT_GT(crash_at, 8U);
}

INSTANTIATE_TEST_SUITE_P(Of, CrashAtEveryCommit, testing::Combine(testing::Bool(), testing::Bool()),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param) ? "Inviter" : "Invitee") +
                                  (std::get<1>(tested.param) ? "AfterDurable" : "BeforeDurable");
                         });

}  // namespace
}  // namespace agentroom::test
