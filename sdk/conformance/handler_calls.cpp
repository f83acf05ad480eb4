// What every call of a handler keeps to, whatever the handler says.
#include <gmock/gmock.h>

#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "handler_under_test.hpp"
#include "hostile_texts.hpp"
#include "residue.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMaxText = 131'072;

/// --config: what it takes to answer, if only with a failure.
class HandlerCalls : public HandlerFact {
 protected:
  HandlerUnderTest& open() { return HandlerFact::open(SuiteArguments::instance().config()); }

  static void expect_well_formed(const Answer& answer) {
    EXPECT_TRUE(answer.is_reply() || answer.is_none() || answer.is_failure())
        << "expected one reply, one none or one failure, got " << answer.describe();
    EXPECT_EQ(answer.from_other_threads, 0) << "the sink was called by another thread than the call's";
    if (answer.is_reply()) {
      EXPECT_NE(answer.text, "") << "expected none instead of an empty reply";
      EXPECT_LE(answer.text.size(), kMaxText);
    }
    if (answer.is_failure()) {
      EXPECT_NE(answer.reason(), AR_OK);
      EXPECT_STRNE(answer.error.message, "") << "a failure says why";
    }
  }
};

TEST_F(HandlerCalls, EndInOneAnswerOnTheirOwnThread) {
  open();
  for (const char* words : {"hello", "good bye"}) expect_well_formed(handler_->handle(text(words)));
}

TEST_F(HandlerCalls, SurviveHostileTexts) {
  open();
  // At once: one after another a handler that thinks for ten seconds would take minutes.
  std::vector<std::pair<std::string, std::future<Answer>>> calls;
  for (const std::string& words : hostile_texts()) {
    const Message message = text_from(calls.size(), words);
    calls.emplace_back(words, std::async(std::launch::async, [this, message] { return handler_->handle(message); }));
  }
  for (auto& [words, call] : calls) {
    SCOPED_TRACE("text: " + testing::PrintToString(words));
    expect_well_formed(call.get());
  }
}

TEST_F(HandlerCalls, SurviveAHostileName) {
  open();
  Message message = text("hello");
  message.from_name = std::string("a\nb\0c=$(exit 7)\x1b[31m", 21);
  expect_well_formed(handler_->handle(message));
  message.from_name.clear();
  expect_well_formed(handler_->handle(message));
}

TEST_F(HandlerCalls, SurviveTheLongestTextAndAnEmptyOne) {
  open();
  expect_well_formed(handler_->handle(text(std::string(kMaxText, 'x'))));
  expect_well_formed(handler_->handle(text("")));
}

TEST_F(HandlerCalls, OfSeveralPeersRunAtTheSameTime) {
  open();
  std::vector<std::future<std::vector<Answer>>> peers;
  for (std::size_t peer = 0; peer < 4; ++peer) {
    peers.push_back(std::async(std::launch::async, [this, peer] {
      std::vector<Answer> answers;
      const Message message = text_from(peer, "hello from " + std::to_string(peer));
      for (int i = 0; i < 2; ++i) answers.push_back(handler_->handle(message));
      return answers;
    }));
  }
  for (auto& peer : peers) {
    for (const Answer& answer : peer.get()) expect_well_formed(answer);
  }
}

TEST_F(HandlerCalls, EndWithinTwoSecondsOfBeingCancelled) {
  open();
  CancelFlag cancel;
  auto call = std::async(std::launch::async, [&] { return handler_->handle(text("hello"), cancel); });
  call.wait_for(std::chrono::milliseconds(100));
  const auto cancelled_at = steady_clock::now();
  cancel.cancel();
  const Answer answer = call.get();
  EXPECT_LE(steady_clock::now() - cancelled_at, std::chrono::seconds(2));
  if (!answer.is_cancelled()) expect_well_formed(answer);
}

TEST_F(HandlerCalls, GoOnAfterOneWasCancelled) {
  open();
  CancelFlag cancel;
  cancel.cancel();
  const Answer answer = handler_->handle(text("hello"), cancel);
  if (!answer.is_cancelled()) expect_well_formed(answer);
  expect_well_formed(handler_->handle(text("hello again")));
}

TEST_F(HandlerCalls, OfTwoInstancesDoNotDisturbEachOther) {
  open();
  {
    HandlerUnderTest other(plugin_, SuiteArguments::instance().config());
    expect_well_formed(other.handle(text("hello")));
    expect_well_formed(handler_->handle(text("hello")));
  }
  expect_well_formed(handler_->handle(text("hello")));
}

TEST_F(HandlerCalls, LeaveNothingBehindOnceTheInstanceIsClosed) {
  std::thread([] {}).join();  // a sanitizer's runtime has a thread of its own from the first one on
  expect_well_formed(open().handle(text("hello")));
  handler_.reset();
  const Residue before;
  for (int i = 0; i < 2; ++i) {
    expect_well_formed(open().handle(text("hello")));
    handler_.reset();
  }
  before.expect_none();
}

}  // namespace
}  // namespace agentroom::conformance
