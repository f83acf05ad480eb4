#include "relay/token_bucket.hpp"

#include <gtest/gtest.h>

namespace agentroom::relay {
namespace {

using namespace std::chrono_literals;

constexpr Rate kRate{60, 3};

TEST(TokenBucket, HoldsItsBurst) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.take(kRate, 0s));
  EXPECT_TRUE(bucket.take(kRate, 0s));
  EXPECT_TRUE(bucket.take(kRate, 0s));
  EXPECT_FALSE(bucket.take(kRate, 0s));
}

TEST(TokenBucket, GainsAtItsRate) {
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(kRate, 0s);
  EXPECT_FALSE(bucket.take(kRate, 999ms));
  EXPECT_TRUE(bucket.take(kRate, 1s));
  EXPECT_FALSE(bucket.take(kRate, 1s));
}

TEST(TokenBucket, GainsNoMoreThanItsBurstHoweverLongItIsLeft) {
  TokenBucket bucket;
  bucket.take(kRate, 0s);
  EXPECT_TRUE(bucket.is_full(kRate, 100'000h));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kRate, 100'000h));
  EXPECT_FALSE(bucket.take(kRate, 100'000h));
}

TEST(TokenBucket, RepaysDebtBeforeItGives) {
  TokenBucket bucket;
  EXPECT_FALSE(bucket.spend(kRate, 10, 0s));
  EXPECT_FALSE(bucket.has_token(kRate, 7s));
  EXPECT_TRUE(bucket.has_token(kRate, 8s));
}

TEST(TokenBucket, SaysWhenItIsReady) {
  TokenBucket bucket;
  bucket.spend(kRate, 10, 5s);
  const Duration ready = bucket.ready_at(kRate);
  EXPECT_FALSE(bucket.has_token(kRate, ready - 1ms));
  EXPECT_TRUE(bucket.has_token(kRate, ready));
}

TEST(TokenBucket, TakesTheLargestRateWithoutOverflow) {
  const Rate rate{60ULL * 0xffff'ffff, 0xffff'ffff};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.spend(rate, 1'000'000, 0s));
  EXPECT_TRUE(bucket.is_full(rate, 1'000'000h));
  EXPECT_TRUE(bucket.spend(rate, 1'000'000, 1'000'000h + 1us));
}

}  // namespace
}  // namespace agentroom::relay
