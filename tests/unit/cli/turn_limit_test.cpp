#include "turn_limit.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/worker_pool.hpp"

namespace agentroom::cli {
namespace {

/// Answers "x" to everything but "quiet".
class Parrot final : public Handler {
 public:
  HandlerOutcome handle(const HandlerMessage& message, const CancelFlag& /*cancel*/) override {
    ++calls;
    if (message.text == "quiet") return std::optional<std::string>();
    return std::optional<std::string>("x");
  }
  int calls = 0;
};

HandlerMessage message(unsigned char id, const std::string& text) {
  HandlerMessage m;
  m.msg_id.mutable_view()[0] = std::byte{id};
  m.text = text;
  return m;
}

TEST(TurnLimit, LetsAsManyRepliesThroughAsItIsTold) {
  Parrot parrot;
  runtime::StopFlag running;
  TurnLimit limit(parrot, 2);
  EXPECT_TRUE(limit.handle(message(1, "a"), running));
  EXPECT_TRUE(limit.handle(message(2, "quiet"), running)) << "silence is no turn";
  EXPECT_TRUE(limit.handle(message(3, "b"), running));
  EXPECT_EQ(parrot.calls, 3);
}

TEST(TurnLimit, HoldsLaterMessagesUntilTheAgentStops) {
  Parrot parrot;
  runtime::StopFlag stopping;
  TurnLimit limit(parrot, 1);
  ASSERT_TRUE(limit.handle(message(1, "a"), stopping));
  std::jthread stop([&] { stopping.set(); });
  const auto outcome = limit.handle(message(2, "b"), stopping);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled) << "it stays in the inbox";
  EXPECT_EQ(parrot.calls, 1);
}

TEST(TurnLimit, DoesNotCountTheSameMessageTwice) {
  Parrot parrot;
  runtime::StopFlag running;
  TurnLimit limit(parrot, 1);
  EXPECT_TRUE(limit.handle(message(1, "a"), running));
  EXPECT_TRUE(limit.handle(message(1, "a"), running)) << "its reply was lost before it was durable";
}

}  // namespace
}  // namespace agentroom::cli
