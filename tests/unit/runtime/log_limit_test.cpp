#include "runtime/log_limit.hpp"

#include <gtest/gtest.h>

namespace agentroom::runtime {
namespace {

using namespace std::chrono_literals;

TEST(LogLimit, LetsSoManyLinesThroughInAPeriod) {
  LogLimit limit(2, 60s);
  EXPECT_TRUE(limit.take(10s));
  EXPECT_TRUE(limit.take(20s));
  EXPECT_FALSE(limit.take(69s));
  EXPECT_EQ(limit.take_left_out(69s), 0U);
  EXPECT_EQ(limit.next_deadline(), 70s);
}

TEST(LogLimit, TellsOnceHowManyItLeftOutAndBeginsAnew) {
  LogLimit limit(1, 60s);
  limit.take(0s);
  for (int i = 0; i < 1'000'000; ++i) limit.take(1s);
  EXPECT_EQ(limit.take_left_out(60s), 1'000'000U);
  EXPECT_EQ(limit.take_left_out(60s), 0U);
  EXPECT_EQ(limit.next_deadline(), std::nullopt);
  EXPECT_TRUE(limit.take(61s));
  EXPECT_FALSE(limit.take(62s));
}

TEST(LogLimit, HasNothingToTellWhereItLeftOutNothing) {
  LogLimit limit(1, 60s);
  limit.take(0s);
  EXPECT_EQ(limit.next_deadline(), std::nullopt);
  EXPECT_EQ(limit.take_left_out(61s), 0U);
  EXPECT_TRUE(limit.take(62s));
}

}  // namespace
}  // namespace agentroom::runtime
