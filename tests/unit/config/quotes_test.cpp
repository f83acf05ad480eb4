#include "config/quotes.hpp"

#include <gtest/gtest.h>
#include <toml++/toml.h>

namespace agentroom::config {
namespace {

TEST(Quotes, AreReadBackAsTheText) {
  for (const std::string text :
       {"", "plain", "with \"quotes\" and \\ and 'these'", "two\nlines\tand\r\n", "grüße 你好 👋", "\x01\x1f\x7f",
        "\xc2\x9b", "\xe2\x80\xaereversed", "\xf3\xa0\x81\x81", "\\u{41}", "}"}) {
    const std::string quoted = in_quotes(text);
    const auto table = toml::parse("key = " + quoted);
    EXPECT_EQ(table["key"].value<std::string>(), text) << quoted;
  }
}

TEST(Quotes, ShowNothingThatATerminalObeys) {
  for (const std::string text : {"\x1b[2J", "\xc2\x9b", "\xe2\x80\xae", "\r", "\xff\xfe", "\xe2\x80"}) {
    for (const char c : in_quotes(text)) EXPECT_TRUE(c >= ' ' && c < '\x7f') << text;
  }
}

TEST(BriefQuotes, ShowTheBeginningCutAtACharacter) {
  EXPECT_EQ(in_brief_quotes("short"), "\"short\"");
  EXPECT_EQ(in_brief_quotes(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(in_brief_quotes(std::string(65, 'x')), "\"" + std::string(64, 'x') + "\"…");
  EXPECT_EQ(in_brief_quotes(std::string(63, 'x') + "ä"), "\"" + std::string(63, 'x') + "\"…");
  EXPECT_EQ(brief_name(std::string(63, 'x') + "ä"), std::string(63, 'x') + "…");
}

}  // namespace
}  // namespace agentroom::config
