#include "base/text.hpp"

#include <gtest/gtest.h>

namespace agentroom {
namespace {

TEST(Utf8, TakesWellFormedTextOfAllLengths) {
  EXPECT_TRUE(is_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
}

TEST(Utf8, RefusesOverlongSurrogatesTooLargeAndTruncated) {
  for (const char* text : {"\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
                           "\xe2\x82", "\x80", "a\xff"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Utf8, FindsABadByteWhereverItStands) {
  for (std::size_t place = 0; place < 40; ++place) {
    std::string text(40, 'x');
    EXPECT_TRUE(is_utf8(text));
    text[place] = '\x80';
    EXPECT_FALSE(is_utf8(text)) << place;
  }
}

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("Grüße, 世界 😀"), "Grüße, 世界 😀");
}

TEST(Printable, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2J\r\n\x07"), "\\x1b[2J\\x0d\\x0a\\x07");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u{202e}b");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, KeepsLinesOnlyWhenAsked) {
  EXPECT_EQ(printable("a\n\tb", true), "a\n\tb");
  EXPECT_EQ(printable("a\n\tb"), "a\\x0a\\x09b");
}

TEST(CleanName, IsCutAtACharacter) {
  const std::string name = std::string(63, 'a') + "é";
  EXPECT_EQ(clean_name(name), std::string(63, 'a'));
  EXPECT_EQ(clean_name("a\nb"), "a\\x0ab");
}

}  // namespace
}  // namespace agentroom
