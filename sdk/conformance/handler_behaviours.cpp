// What a handler promises of each way to answer. A way is brought about by a configuration: --when-NAME=TOML.
#include <gmock/gmock.h>

#include <future>
#include <string_view>
#include <thread>
#include <vector>

#include "handler_under_test.hpp"
#include "hostile_texts.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;

class HandlerWith : public HandlerFact {
 protected:
  explicit HandlerWith(const char* behaviour) : behaviour_(behaviour) {}

  void SetUp() override {
    const auto config = SuiteArguments::instance().when(behaviour_);
    if (!config) AGENTROOM_LEAVE_OUT(SuiteArguments::needs(behaviour_));
    open(*config);
  }

 private:
  const char* behaviour_;
};

/// echo: every reply is the text of its message.
class HandlerThatEchoes : public HandlerWith {
 protected:
  HandlerThatEchoes() : HandlerWith("echo") {}
};

/// none: there is never anything to say.
class HandlerThatIsSilent : public HandlerWith {
 protected:
  HandlerThatIsSilent() : HandlerWith("none") {}
};

/// fail: no message is handled.
class HandlerThatFails : public HandlerWith {
 protected:
  HandlerThatFails() : HandlerWith("fail") {}
};

/// endless: a call ends only when it is cancelled.
class HandlerThatNeverEnds : public HandlerWith {
 protected:
  HandlerThatNeverEnds() : HandlerWith("endless") {}
};

/// timeout: a call ends only by a timeout of at most 10 s.
class HandlerThatTimesOut : public HandlerWith {
 protected:
  HandlerThatTimesOut() : HandlerWith("timeout") {}
};

using HandlerLife = HandlerFact;

TEST_F(HandlerLife, TheInterfaceIsComplete) {
  EXPECT_NE(plugin_.handler().open, nullptr);
  EXPECT_NE(plugin_.handler().close, nullptr);
  EXPECT_NE(plugin_.handler().handle, nullptr);
}

TEST_F(HandlerLife, AConfigurationThatIsNoTomlIsRefused) {
  if (SuiteArguments::instance().is_keyless()) AGENTROOM_LEAVE_OUT(SuiteArguments::kKeyless);
  ar_handler* handler = nullptr;
  Error error;
  EXPECT_EQ(HandlerUnderTest::try_open(plugin_, "this is no TOML", &handler, &error), AR_INVALID);
  EXPECT_STRNE(error.message, "");
  EXPECT_EQ(HandlerUnderTest::try_open(plugin_, "this is no TOML", &handler, nullptr), AR_INVALID);
  EXPECT_EQ(handler, nullptr);
}

TEST_F(HandlerThatEchoes, OpensAndClosesAgainAndAgain) {
  for (int i = 0; i < 10; ++i) open(*SuiteArguments::instance().when("echo"));
  EXPECT_TRUE(handler_->handle(text("still here")).is_reply());
}

TEST_F(HandlerThatEchoes, RepliesOnceAndOnTheThreadOfTheCall) {
  const Answer answer = handler_->handle(text("hello"));
  EXPECT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_EQ(answer.text, "hello");
  EXPECT_EQ(answer.from_other_threads, 0);
}

TEST_F(HandlerThatEchoes, TakesHostileTextAsText) {
  for (const std::string& words : hostile_texts()) {
    const Answer answer = handler_->handle(text(words));
    ASSERT_TRUE(answer.is_reply()) << answer.describe();
    EXPECT_EQ(answer.text, words);
  }
}

TEST_F(HandlerThatEchoes, TakesAHostileName) {
  Message message = text("hello");
  message.from_name = std::string("a\nb\0c=$(exit 7)\x1b[31m", 21);
  EXPECT_TRUE(handler_->handle(message).is_reply());
  message.from_name.clear();
  EXPECT_TRUE(handler_->handle(message).is_reply());
}

TEST_F(HandlerThatEchoes, CarriesTheLongestText) {
  std::string longest;
  while (longest.size() < 131'072) longest += "0123456789abcde\n";
  longest.resize(131'072);
  longest.back() = '.';
  const Answer answer = handler_->handle(text(longest));
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_TRUE(answer.text == longest);
}

TEST_F(HandlerThatEchoes, AnswersAnEmptyTextWithoutAnEmptyReply) {
  const Answer answer = handler_->handle(text(""));
  EXPECT_EQ(answer.calls(), 1) << answer.describe();
  EXPECT_FALSE(answer.is_reply() && answer.text.empty());
}

TEST_F(HandlerThatEchoes, AnswersManyPeersAtTheSameTime) {
  constexpr std::size_t kPeers = 8;
  constexpr int kMessages = 20;
  std::vector<std::future<int>> peers;
  for (std::size_t peer = 0; peer < kPeers; ++peer) {
    peers.push_back(std::async(std::launch::async, [this, peer] {
      int right = 0;
      for (int i = 0; i < kMessages; ++i) {
        const std::string words = std::to_string(peer) + "/" + std::to_string(i) + std::string(1'000, 'x');
        const Answer answer = handler_->handle(text_from(peer, words));
        if (answer.is_reply() && answer.text == words && answer.from_other_threads == 0) ++right;
      }
      return right;
    }));
  }
  for (auto& peer : peers) EXPECT_EQ(peer.get(), kMessages);
}

TEST_F(HandlerThatEchoes, EitherAnswersOrIsCancelledWhenToldSoBefore) {
  CancelFlag cancel;
  cancel.cancel();
  const Answer answer = handler_->handle(text("hello"), cancel);
  EXPECT_TRUE(answer.is_cancelled() || answer.is_reply()) << answer.describe();
}

TEST_F(HandlerThatIsSilent, SaysSoOnce) {
  const Answer answer = handler_->handle(text("hello"));
  EXPECT_TRUE(answer.is_none()) << answer.describe();
  EXPECT_EQ(answer.from_other_threads, 0);
}

TEST_F(HandlerThatFails, SaysWhy) {
  const Answer answer = handler_->handle(text("hello"));
  EXPECT_TRUE(answer.is_failure()) << answer.describe();
  EXPECT_NE(answer.reason(), AR_OK);
  EXPECT_STRNE(answer.error.message, "");
}

TEST_F(HandlerThatFails, FailsTheNextMessageLikeTheFirst) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(handler_->handle(text("hello")).is_failure());
}

TEST_F(HandlerThatNeverEnds, ReturnsWithinTwoSecondsOfBeingCancelled) {
  CancelFlag cancel;
  auto call = std::async(std::launch::async, [&] { return handler_->handle(text("hello"), cancel); });
  EXPECT_EQ(call.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout) << "it ended by itself";
  const auto cancelled_at = steady_clock::now();
  cancel.cancel();
  const Answer answer = call.get();
  EXPECT_LE(steady_clock::now() - cancelled_at, std::chrono::seconds(2));
  EXPECT_TRUE(answer.is_cancelled()) << answer.describe();
}

TEST_F(HandlerThatNeverEnds, CancellingOneCallLeavesTheOthersRunning) {
  constexpr std::size_t kCalls = 6;
  std::vector<CancelFlag> flags(kCalls);
  std::vector<std::future<Answer>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    calls.push_back(
        std::async(std::launch::async, [&, i] { return handler_->handle(text_from(i, "hello"), flags[i]); }));
  }
  flags[2].cancel();
  EXPECT_TRUE(calls[2].get().is_cancelled());
  for (std::size_t i = 0; i < kCalls; ++i) {
    if (i == 2) continue;
    EXPECT_EQ(calls[i].wait_for(std::chrono::milliseconds(10)), std::future_status::timeout);
    flags[i].cancel();
  }
  for (std::size_t i = 0; i < kCalls; ++i) {
    if (i == 2) continue;
    EXPECT_TRUE(calls[i].get().is_cancelled());
  }
}

TEST_F(HandlerThatTimesOut, FailsAsATimeout) {
  const auto began = steady_clock::now();
  const Answer answer = handler_->handle(text("hello"));
  EXPECT_LE(steady_clock::now() - began, std::chrono::seconds(13));
  EXPECT_TRUE(answer.is_failure()) << answer.describe();
  EXPECT_EQ(answer.reason(), AR_TIMEOUT) << answer.describe();
}

}  // namespace
}  // namespace agentroom::conformance
