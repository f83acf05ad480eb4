#include "config/units.hpp"

#include <gtest/gtest.h>

namespace agentroom::config {
namespace {

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("0s"), 0);
  EXPECT_EQ(parse_duration_ms("120s"), 120'000);
  EXPECT_EQ(parse_duration_ms("10m"), 600'000);
  EXPECT_EQ(parse_duration_ms("24h"), 86'400'000);
  EXPECT_EQ(parse_duration_ms("7d"), 604'800'000);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "s", "12", "-1s", "1.5h", "1 s", " 1s", "1s ", "1S", "1w", "1h30m", "0x1s", "+1s"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
}

TEST(Duration, ThatDoesNotFitIsRefused) {
  EXPECT_FALSE(parse_duration_ms("9223372036854775807d"));
  EXPECT_FALSE(parse_duration_ms("99999999999999999999s"));
}

TEST(Duration, IsShownWithTheLargestUnitThatDividesIt) {
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(1'500), "1500ms");
  EXPECT_EQ(duration_text(120'000), "2m");
  EXPECT_EQ(duration_text(86'400'000), "1d");
}

TEST(Size, IsANumberAndAUnit) {
  EXPECT_EQ(parse_size("0B"), 0U);
  EXPECT_EQ(parse_size("512B"), 512U);
  EXPECT_EQ(parse_size("256KiB"), 262'144U);
  EXPECT_EQ(parse_size("16MiB"), 16'777'216U);
  EXPECT_EQ(parse_size("1GiB"), 1'073'741'824U);
  EXPECT_EQ(parse_size("2KB"), 2'000U);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000U);
}

TEST(Size, IsNothingElse) {
  for (const char* text : {"", "KiB", "12", "-1B", "1.5MiB", "1 MiB", "1kib", "1TiB", "18446744073709551615GiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Size, IsShownWithTheLargestUnitThatDividesIt) {
  EXPECT_EQ(size_text(0), "0B");
  EXPECT_EQ(size_text(1'536), "1536B");
  EXPECT_EQ(size_text(16'777'216), "16MiB");
}

}  // namespace
}  // namespace agentroom::config
