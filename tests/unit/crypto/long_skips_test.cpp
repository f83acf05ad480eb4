#include "crypto/ratchet/long_skips.hpp"

#include <gtest/gtest.h>

namespace agentroom::crypto::test {
namespace {

constexpr UnixMs kNow = 1'750'000'000'000;

LongSkips after_failures(std::initializer_list<UnixMs> times) {
  LongSkips skips;
  for (const UnixMs at : times) skips.record_failure(at);
  return skips;
}

TEST(LongSkips, AreRefusedForAnHourAfterThreeFailures) {
  const LongSkips skips = after_failures({kNow, kNow + 1, kNow + 2});
  EXPECT_TRUE(skips.refused(kNow + 2));
  EXPECT_TRUE(skips.refused(kNow + 2 + kLongSkipWindowMs - 1));
  EXPECT_FALSE(skips.refused(kNow + 2 + kLongSkipWindowMs));
}

TEST(LongSkips, AreAllowedAfterTwoFailures) {
  EXPECT_FALSE(after_failures({}).refused(kNow));
  EXPECT_FALSE(after_failures({kNow, kNow}).refused(kNow));
}

TEST(LongSkips, ForgetFailuresAfterAnHour) {
  EXPECT_FALSE(after_failures({kNow, kNow + 1, kNow + kLongSkipWindowMs}).refused(kNow + kLongSkipWindowMs));
  EXPECT_TRUE(after_failures({kNow, kNow + 1, kNow + kLongSkipWindowMs - 1}).refused(kNow + kLongSkipWindowMs - 1));
  const UnixMs later = kNow + kLongSkipWindowMs;
  EXPECT_TRUE(after_failures({kNow, kNow + 1, later, later}).refused(later));
}

TEST(LongSkips, CountAnewAfterARefusal) {
  LongSkips skips = after_failures({kNow, kNow, kNow});
  const UnixMs later = kNow + kLongSkipWindowMs;
  skips.record_failure(later);
  skips.record_failure(later);
  EXPECT_FALSE(skips.refused(later));
  skips.record_failure(later);
  EXPECT_TRUE(skips.refused(later));
}

TEST(LongSkips, AreNotRefusedForeverByAClockSetBack) {
  const LongSkips skips = after_failures({kNow, kNow, kNow});
  EXPECT_FALSE(skips.refused(kNow - kLongSkipWindowMs));
  EXPECT_TRUE(skips.refused(kNow - 1));
}

}  // namespace
}  // namespace agentroom::crypto::test
