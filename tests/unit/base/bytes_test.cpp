#include "agentroom/bytes.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "agentroom/result.hpp"
#include "base/secret.hpp"

namespace agentroom {
namespace {

using Four = FixedBytes<struct FourTag, 4>;
using FourSecret = Secret<struct FourSecretTag, 4>;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(FixedBytes, ExistsOnlyInItsSize) {
  EXPECT_TRUE(Four::from(as_bytes("abcd")));
  EXPECT_FALSE(Four::from(as_bytes("abc")));
  EXPECT_FALSE(Four::from(as_bytes("abcde")));
}

TEST(FixedBytes, OrdersAsAByteString) {
  EXPECT_LT(*Four::from(as_bytes("ab\x01z")), *Four::from(as_bytes("ab\xff\x01")));
}

TEST(Secret, CannotBePrintedComparedOrCopiedByAccident) {
  static_assert(!Printable<FourSecret>);
  static_assert(!std::equality_comparable<FourSecret>);
  static_assert(!std::is_copy_constructible_v<FourSecret> && !std::is_copy_assignable_v<FourSecret>);
  EXPECT_TRUE(FourSecret::from(as_bytes("abcd"))->equals(*FourSecret::from(as_bytes("abcd"))));
  EXPECT_FALSE(FourSecret::from(as_bytes("abcd"))->equals(*FourSecret::from(as_bytes("abce"))));
}

TEST(Secret, IsWipedWhenItIsMovedFrom) {
  auto source = *FourSecret::from(as_bytes("abcd"));
  const FourSecret target = std::move(source);
  EXPECT_EQ(as_text(target.view()), "abcd");
  EXPECT_EQ(as_text(source.view()), std::string_view("\0\0\0\0", 4));  // NOLINT(bugprone-use-after-move)
}

TEST(ErrorCode, DecidesTheExitCode) {
  EXPECT_EQ(exit_code(ErrorCode::kInternal), 1);
  EXPECT_EQ(exit_code(ErrorCode::kUsage), 2);
  EXPECT_EQ(exit_code(ErrorCode::kConfig), 2);
  EXPECT_EQ(exit_code(ErrorCode::kNetwork), 3);
  EXPECT_EQ(exit_code(ErrorCode::kTimeout), 3);
  EXPECT_EQ(exit_code(ErrorCode::kNoSession), 4);
  EXPECT_EQ(code_name(ErrorCode::kNoSession), "no_session");
}

}  // namespace
}  // namespace agentroom
