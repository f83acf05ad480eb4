#include "layout.h"

#include <gtest/gtest.h>

#include <span>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"

namespace {

using Rows = std::span<const layout_row>;

constexpr layout_row kInCpp[] = {LAYOUT_ROWS};

Rows in_c() {
  const layout_row* rows = nullptr;
  const std::size_t count = layout_in_c(&rows);
  return {rows, count};
}

Rows of_1_0() {
  const layout_row* rows = nullptr;
  const std::size_t count = layout_of_1_0(&rows);
  return {rows, count};
}

TEST(Abi, HasTheSameLayoutInCAndInCpp) {
  const Rows c = in_c();
  ASSERT_EQ(c.size(), std::size(kInCpp));
  for (std::size_t i = 0; i < c.size(); ++i) {
    EXPECT_EQ(c[i].value, kInCpp[i].value) << c[i].what;
    EXPECT_EQ(c[i].size, kInCpp[i].size) << c[i].what;
  }
}

// That signatures are the same is seen when the plugins of frozen_test.cpp compile against both headers.
TEST(Abi, OfThisVersionBeginsWithThatOf1_0) {
  const Rows now = in_c();
  const Rows frozen = of_1_0();
  ASSERT_EQ(now.size(), frozen.size());
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    EXPECT_STREQ(now[i].text, frozen[i].text) << frozen[i].what;
    EXPECT_EQ(now[i].value, frozen[i].value) << frozen[i].what;
    if (frozen[i].kind == LAYOUT_GROWING_STRUCT) {
      EXPECT_GE(now[i].size, frozen[i].size) << frozen[i].what;
    } else {
      EXPECT_EQ(now[i].size, frozen[i].size) << frozen[i].what;
    }
  }
}

// A member that is appended to a struct that ends in padding would lie within the size that the older struct has.
TEST(Abi, NoStructOf1_0EndsInPadding) {
  const Rows rows = of_1_0();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].kind != LAYOUT_GROWING_STRUCT) continue;
    std::size_t last = i;
    while (last + 1 < rows.size() && rows[last + 1].kind == LAYOUT_MEMBER) ++last;
    EXPECT_EQ(rows[last].value + rows[last].size, rows[i].size) << rows[i].what;
    EXPECT_EQ(rows[i + 1].what, std::string(rows[i].what) + ".struct_size");
    EXPECT_EQ(rows[i + 1].value, 0U) << rows[i].what;
    EXPECT_EQ(rows[i + 1].size, 4U) << rows[i].what;
  }
}

// The size and the versions are read before it is known whether the rest can be.
TEST(Abi, VersionsStandWhereEveryVersionHasThem) {
  EXPECT_EQ(offsetof(ar_plugin, struct_size), 0U);
  EXPECT_EQ(offsetof(ar_plugin, abi_major), 4U);
  EXPECT_EQ(offsetof(ar_plugin, abi_minor), 6U);
}

TEST(Abi, MembersBeyondTheSizeOfAStructAreNotThere) {
  ar_error error{};
  error.struct_size = offsetof(ar_error, hint);
  EXPECT_TRUE(AR_HAS_MEMBER(&error, ar_error, message));
  EXPECT_FALSE(AR_HAS_MEMBER(&error, ar_error, hint));
}

}  // namespace
