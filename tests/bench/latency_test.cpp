#include "latency.hpp"

#include <gtest/gtest.h>

namespace agentroom::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Latency, IsNothingBeforeAnythingWasAdded) {
  EXPECT_EQ(Latency().percentile(50), 0);
}

TEST(Latency, IsToldWithinThreeHundredths) {
  for (std::int64_t ns = 1; ns < std::int64_t{1} << 40; ns = ns * 5 / 4 + 1) {
    Latency latency;
    latency.add(nanoseconds(ns));
    EXPECT_NEAR(latency.percentile(50) * 1000 / static_cast<double>(ns), 1, 0.03) << ns;
  }
}

TEST(Latency, HasItsPercentilesWhereTheyAre) {
  Latency latency;
  for (int i = 0; i < 99; ++i) latency.add(nanoseconds(1'000));
  latency.add(nanoseconds(1'000'000));
  EXPECT_NEAR(latency.percentile(50), 1, 0.03);
  EXPECT_NEAR(latency.percentile(99), 1, 0.03);
  EXPECT_NEAR(latency.percentile(99.5), 1'000, 30);
}

TEST(Latency, TakesATimeBeforeItsBeginningForNone) {
  Latency latency;
  latency.add(nanoseconds(-5));
  EXPECT_EQ(latency.percentile(50), 0);
}

TEST(Latency, TakesTheLongestTimeThatThereIs) {
  Latency latency;
  latency.add(nanoseconds::max());
  EXPECT_NEAR(latency.percentile(50) / 9.223e15, 1, 0.03);
}

}  // namespace
}  // namespace agentroom::bench
