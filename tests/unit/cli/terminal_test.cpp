#include "terminal.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace agentroom::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

TEST(Columns, CountWhatATerminalShows) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("abc"), 3U);
  EXPECT_EQ(columns_of("grüße"), 5U);
  EXPECT_EQ(columns_of("你好"), 4U) << "wide";
  EXPECT_EQ(columns_of("e\u0301"), 1U) << "a combining accent";
  EXPECT_EQ(columns_of("👋"), 2U);
  EXPECT_EQ(columns_of("\x1b[1mbold\x1b[0m"), 4U) << "a colour takes no room";
  EXPECT_LE(columns_of("\xff\xc3"), 2U) << "what is no UTF-8 is not read beyond its end";
  EXPECT_EQ(columns_of("\x1b[1"), 0U);
}

TEST(Cut, LeavesWhatFitsAndMarksWhatDoesNot) {
  EXPECT_EQ(cut_to("abcde", 5), "abcde");
  EXPECT_EQ(cut_to("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to("你好吗", 5), "你好…");
  EXPECT_EQ(cut_to("你好吗", 4), "你…") << "no half of a wide character";
  EXPECT_EQ(cut_to("abc", 1), "…");
  EXPECT_EQ(cut_to("\x1b[1mabcdef\x1b[0m", 5), "\x1b[1mabcd…\x1b[0m") << "a colour that began ends";
}

TEST(Wrapping, BreaksAtSpacesAndLosesNothing) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrapped("", 10), Lines{""});
  EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("a /a/very/long/path b", 6), (Lines{"a", "/a/very/long/path", "b"})) << "a path stays whole";
}

TEST(Table, AlignsByColumnsNotBytes) {
  EXPECT_EQ(table_text({{"ä", "b"}, {"ccc", "d"}}, 0), "ä    b\nccc  d");
  EXPECT_EQ(table_text({{"你", "b"}, {"ccc", "d"}}, 0), "你   b\nccc  d");
  EXPECT_EQ(table_text({{"\x1b[1mx\x1b[0m", "b"}, {"ccc", "d"}}, 0), "\x1b[1mx\x1b[0m    b\nccc  d");
  EXPECT_EQ(table_text(Rows{}, 0), "");
  EXPECT_EQ(table_text(Rows{{}}, 80), "");
}

TEST(Table, HasNoLimitWithoutATerminal) {
  const std::string wide(500, 'x');
  EXPECT_EQ(table_text({{wide, wide}}, 0), wide + "  " + wide);
}

TEST(Table, BreaksItsLastColumnAndCutsOthersToFit) {
  const std::string sentence = "a description that goes on and on until nobody wants to read any more of it";
  const std::string text = table_text({{"PLUGIN", "WHAT IT DOES"}, {std::string(60, 'p'), sentence}}, 60);
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(columns_of(line), 60U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
    last = line;
  }
  EXPECT_TRUE(last.starts_with("    ")) << "broken lines stand below their column";
  EXPECT_TRUE(text.ends_with(" it")) << "nothing of the last column is lost";
  EXPECT_NE(text.find("pppp…"), std::string::npos);
}

TEST(Table, KeepsSomethingOfEveryColumnHoweverNarrowTheTerminal) {
  const std::string text = table_text({{std::string(40, 'a'), std::string(40, 'b'), "c c c c"}}, 5);
  EXPECT_NE(text.find(std::string(kNarrowest - 1, 'a') + "…"), std::string::npos) << text;
  EXPECT_NE(text.find(std::string(kNarrowest - 1, 'b') + "…"), std::string::npos) << text;
}

}  // namespace
}  // namespace agentroom::cli
