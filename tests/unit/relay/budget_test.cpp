#include "relay/budget.hpp"

#include <gtest/gtest.h>

namespace agentroom::relay::test {
namespace {

TEST(Budget, GivesAllOfItToWhoeverComesFirstWithoutSharers) {
  Budget budget(10, 0, 100);
  EXPECT_TRUE(budget.fits(true, 0, 10));
  budget.change(true, 0, 10);
  EXPECT_FALSE(budget.fits(false, 0, 1));
  EXPECT_EQ(budget.all(), 10U);
}

TEST(Budget, KeepsAPartForEachSharer) {
  Budget budget(1'000, 5, 100);  // 100 each, 500 for all
  budget.change(false, 0, 600);
  EXPECT_FALSE(budget.fits(false, 0, 101));
  EXPECT_TRUE(budget.fits(false, 0, 100));
  for (int i = 0; i < 4; ++i) budget.change(false, 0, 100);
  EXPECT_EQ(budget.all(), 1'000U);
}

TEST(Budget, GivesNewcomersTogetherAPercentage) {
  Budget budget(1'000, 5, 25);
  EXPECT_FALSE(budget.fits(true, 0, 226));
  EXPECT_TRUE(budget.fits(true, 0, 225));
  budget.change(true, 0, 225);
  EXPECT_FALSE(budget.fits(true, 0, 101));
  EXPECT_TRUE(budget.fits(true, 0, 100));
  EXPECT_TRUE(budget.fits(false, 0, 475));
}

TEST(Budget, LeavesAtLeastOneToNewcomers) {
  EXPECT_TRUE(Budget(2, 0, 1).fits(true, 0, 1));
}

TEST(Budget, TakesFromNewcomersWhatOneOfThemHadWhoIsNoneAnyMore) {
  Budget budget(100, 0, 25);
  budget.change(true, 0, 25);
  EXPECT_FALSE(budget.fits(true, 0, 1));
  budget.know(25);
  EXPECT_TRUE(budget.fits(true, 0, 25));
  budget.change(false, 25, 0);
  EXPECT_EQ(budget.all(), 0U);
}

TEST(Budget, LetsOneThatHoldsMoreThanItMayHoldLess) {
  Budget budget(10, 0, 50);
  budget.change(true, 0, 20);  // kept from when the limit was another
  EXPECT_TRUE(budget.fits(true, 20, 19));
  EXPECT_FALSE(budget.fits(true, 20, 21));
}

}  // namespace
}  // namespace agentroom::relay::test
