#include "config/nearest.hpp"

#include <gtest/gtest.h>

namespace agentroom::config {
namespace {

const std::vector<std::string> kKnown = {"plugin", "concurrency", "max_hops", "ws"};

TEST(Nearest, FindsAWordWithALetterTooFewTooManyOrWrong) {
  EXPECT_EQ(nearest("concurency", kKnown), "concurrency");
  EXPECT_EQ(nearest("plugins", kKnown), "plugin");
  EXPECT_EQ(nearest("max_hobs", kKnown), "max_hops");
}

TEST(Nearest, FindsAWordWithTwoLettersSwapped) {
  EXPECT_EQ(nearest("plugni", kKnown), "plugin");
}

TEST(Nearest, FindsNothingForAnotherWord) {
  EXPECT_EQ(nearest("banana", kKnown), "");
  EXPECT_EQ(nearest("xy", kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kKnown), "");
}

TEST(Nearest, SuggestsAllWhenNoneIsNear) {
  EXPECT_EQ(suggestion("banana", kKnown), "; known are `plugin`, `concurrency`, `max_hops` and `ws`");
  EXPECT_EQ(suggestion("plugn", kKnown), "; did you mean `plugin`?");
}

}  // namespace
}  // namespace agentroom::config
