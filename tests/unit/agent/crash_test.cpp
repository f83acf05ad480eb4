// A process may die at every commit boundary: nothing acknowledged is lost, nothing is answered twice.
#include <gmock/gmock.h>

#include <algorithm>

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
    check(ann, bob, accepted);
    return crashed;
  }

  void check(TestAgent& ann, TestAgent& bob, const std::vector<std::string>& accepted) const {
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
    EXPECT_LE(answers.size(), accepted.size() + 1);
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
