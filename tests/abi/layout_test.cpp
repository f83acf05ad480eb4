#include "layout.h"

#include <gtest/gtest.h>

#include <span>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"

namespace {

TEST(Abi, HasTheSameLayoutInCAndInCpp) {
  const layout_row in_cpp[] = {LAYOUT_ROWS};
  const layout_row* in_c = nullptr;
  ASSERT_EQ(layout_in_c(&in_c), std::size(in_cpp));
  for (std::size_t i = 0; i < std::size(in_cpp); ++i) EXPECT_EQ(in_c[i].value, in_cpp[i].value) << in_cpp[i].what;
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
