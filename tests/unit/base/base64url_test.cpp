#include "base/base64url.hpp"

#include <gtest/gtest.h>

namespace agentroom {
namespace {

using MsgIdLike = FixedBytes<struct MsgIdLikeTag, 16>;

TEST(Base64Url, WritesNoPaddingAndTheUrlAlphabet) {
  EXPECT_EQ(base64url(as_bytes("")), "");
  EXPECT_EQ(base64url(as_bytes("f")), "Zg");
  EXPECT_EQ(base64url(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64url(as_bytes("\xfb\xff")), "-_8");
}

TEST(Base64Url, ReadsBackWhatItWrote) {
  Bytes bytes;
  for (int size = 0; size < 70; ++size) {
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
    bytes.push_back(static_cast<std::byte>(size * 37));
  }
}

TEST(Base64Url, RefusesAllButTheCanonicalForm) {
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm9vYg=", "Zm+v", "Zm/v", "Zm9vY"}) {
    EXPECT_FALSE(from_base64url(text)) << text << " is canonical only if it is what base64url() writes";
  }
  EXPECT_FALSE(from_base64url(std::string_view("Zg\0", 3)));
}

TEST(Base64Url, KnowsNoCharacterButItsSixtyFour) {
  int read = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text = std::string("Zm9") + static_cast<char>(c);
    const auto bytes = from_base64url(text);
    if (!bytes) continue;
    EXPECT_EQ(base64url(*bytes), text) << "the byte " << c << " is no other's spelling";
    ++read;
  }
  EXPECT_EQ(read, 64);
}

TEST(Base64Url, ReadsAFixedValueOnlyOfItsSize) {
  EXPECT_TRUE(fixed_from_base64url<MsgIdLike>("AAAAAAAAAAAAAAAAAAAAAA"));
  EXPECT_FALSE(fixed_from_base64url<MsgIdLike>("AAAAAAAAAAAAAAAAAAAA"));
}

}  // namespace
}  // namespace agentroom
