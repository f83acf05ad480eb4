#include "crypto/ratchet/padding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace agentroom::crypto::test {
namespace {

Bytes padded(std::size_t length) {
  Bytes text(length, std::byte{'x'});
  pad(text);
  return text;
}

TEST(Padding, BringsShortTextsTo256) {
  for (std::size_t length = 0; length <= 255; ++length) EXPECT_EQ(padded_size(length), 256U) << length;
}

TEST(Padding, RoundsLongerOnesUpToFewSizes) {
  // L, then E = ⌊log2 L⌋, S = ⌊log2 E⌋ + 1, m = 2^(E−S) − 1 by hand.
  EXPECT_EQ(padded_size(256), 272U);          // L = 257: E = 8, S = 4, m = 15
  EXPECT_EQ(padded_size(271), 272U);          // L = 272
  EXPECT_EQ(padded_size(272), 288U);          // L = 273
  EXPECT_EQ(padded_size(511), 512U);          // L = 512: E = 9, S = 4, m = 31
  EXPECT_EQ(padded_size(512), 544U);          // L = 513
  EXPECT_EQ(padded_size(65'535), 65'536U);    // L = 65536: E = 16, S = 5, m = 2047
  EXPECT_EQ(padded_size(65'536), 67'584U);    // L = 65537
  EXPECT_EQ(padded_size(131'072), 135'168U);  // L = 131073: E = 17, S = 5, m = 4095
}

TEST(Padding, GrowsByLessThanAnEighth) {
  for (std::size_t length = 256; length < 300'000; length += 37) {
    const std::size_t size = padded_size(length);
    EXPECT_GT(size, length);
    EXPECT_LE(size - length - 1, length / 8) << length;
  }
}

TEST(Padding, IsAMarkThenZeros) {
  const Bytes text = padded(3);
  EXPECT_EQ(text[3], std::byte{0x80});
  for (std::size_t i = 4; i < text.size(); ++i) EXPECT_EQ(text[i], std::byte{0});
}

TEST(Padding, ComesOffExactly) {
  for (const std::size_t length : {0U, 1U, 254U, 255U, 256U, 271U, 272U, 1000U, 131'072U}) {
    EXPECT_EQ(unpadded_size(padded(length)), length);
  }
}

TEST(Padding, OfAnotherSizeIsRefused) {
  for (const std::size_t length : {0U, 255U, 256U, 1000U}) {
    Bytes text = padded(length);
    text.push_back(std::byte{0});
    EXPECT_FALSE(unpadded_size(text)) << length;
    text.pop_back();
    text.resize(text.size() + 16);
    EXPECT_FALSE(unpadded_size(text)) << length;
  }
  Bytes cut = padded(3);
  cut.resize(255);
  EXPECT_FALSE(unpadded_size(cut));
}

TEST(Padding, OfALargerClassIsRefused) {
  Bytes text(272);
  text[10] = std::byte{0x80};
  EXPECT_FALSE(unpadded_size(text));
}

TEST(Padding, WithoutAMarkIsRefused) {
  EXPECT_FALSE(unpadded_size({}));
  EXPECT_FALSE(unpadded_size(Bytes(256)));
  EXPECT_FALSE(unpadded_size(Bytes(256, std::byte{1})));
  Bytes text = padded(3);
  text[255] = std::byte{1};
  EXPECT_FALSE(unpadded_size(text));
}

TEST(Padding, KeepsTextsThatLookLikePadding) {
  Bytes text{std::byte{0x80}, std::byte{0}, std::byte{0x80}, std::byte{0}};
  pad(text);
  EXPECT_EQ(unpadded_size(text), 4U);
}

}  // namespace
}  // namespace agentroom::crypto::test
