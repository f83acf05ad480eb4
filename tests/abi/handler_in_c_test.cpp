// A plugin in plain C through the host, and what the host makes of a handler that breaks the rules of its sink.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class NeverCancelled final : public CancelFlag {
 public:
  bool cancelled() const override { return false; }
  int descriptor() const override { return -1; }
};
class Cancelled final : public CancelFlag {
 public:
  bool cancelled() const override { return true; }
  int descriptor() const override { return -1; }
};

class HandlerInC : public testing::Test {
 protected:
  HandlerInC() {
    auto opened = host_.open_handler("in-c", "a = 1\n");
    if (!opened) throw std::runtime_error(opened.error().message);
    handler_ = std::move(*opened);
  }

  HandlerOutcome answer(const std::string& text, const CancelFlag& cancel = NeverCancelled()) {
    HandlerMessage message;
    message.text = text;
    message.from_name = "bob";
    message.attempt = 2;
    message.hops = 7;
    return handler_->handle(message, cancel);
  }
  Error failure(const std::string& text) {
    auto outcome = answer(text);
    if (outcome) ADD_FAILURE() << text << " did not fail";
    return outcome ? Error{} : outcome.error();
  }

  QueueExecutor executor_;
  LogRecorder log_;
  host::PluginHost host_{{ZOO_FOLDER}, executor_, log_.sink()};
  std::unique_ptr<Handler> handler_;
};

TEST_F(HandlerInC, Answers) {
  EXPECT_EQ(answer("hello").value(), "HELLO");
  EXPECT_EQ(answer("none").value(), std::nullopt);
  EXPECT_THAT(log_.text(), HasSubstr("handler-in-c: written in C"));
}

TEST_F(HandlerInC, IsToldAboutTheMessage) {
  EXPECT_EQ(answer("who").value(),
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA bob 00000000-0000-0000-0000-000000000000 "
            "attempt 2 hops 7 config 6");
}

TEST_F(HandlerInC, ThatBreaksTheRulesOfTheSinkFails) {
  EXPECT_THAT(failure("silent").message, HasSubstr("answered 0 times"));
  EXPECT_THAT(failure("twice").message, HasSubstr("answered 2 times"));
  EXPECT_THAT(failure("empty").message, HasSubstr("empty"));
  EXPECT_THAT(failure("not utf-8").message, HasSubstr("not UTF-8"));
  EXPECT_THAT(failure("too long").message, HasSubstr("131073 bytes"));
  EXPECT_EQ(failure("twice").code, ErrorCode::kHandler);
}

TEST_F(HandlerInC, FailsInItsOwnWords) {
  const Error error = failure("fail");
  EXPECT_EQ(error.code, ErrorCode::kHandler);
  EXPECT_THAT(error.message, AllOf(HasSubstr("the brain is"), Not(HasSubstr("\n"))));
  EXPECT_EQ(error.hint, "repair it");
  EXPECT_EQ(failure("timeout").code, ErrorCode::kTimeout);
  EXPECT_THAT(failure("timeout").message, HasSubstr("it took too long"));
}

TEST_F(HandlerInC, WithAStatusThatNobodyKnowsFails) {
  EXPECT_EQ(failure("status").code, ErrorCode::kHandler);
  EXPECT_THAT(failure("status").message, HasSubstr("4711"));
}

TEST_F(HandlerInC, WhenCancelledIsNoFailureOfTheMessage) {
  const auto outcome = answer("hello", Cancelled());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace agentroom::test
