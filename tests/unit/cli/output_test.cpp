#include "output.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace agentroom::cli {
namespace {

TEST(JsonLine, IsOneLineThatATerminalDoesNotObey) {
  const std::string nasty = "\x1b[2J\r\n\t\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xd8\x9c";
  const std::string line = json_line({{"text", nasty}});
  ASSERT_TRUE(line.ends_with('\n'));
  for (const char c : line.substr(0, line.size() - 1)) EXPECT_TRUE(c >= ' ' && c < '\x7f') << static_cast<int>(c);
  EXPECT_EQ(boost::json::parse(line).at("text").as_string(), nasty) << "a program reads what was sent";
}

TEST(JsonLine, LeavesOtherTextAlone) {
  EXPECT_EQ(json_line({{"text", "grüße, 你好 👋"}}), "{\"text\":\"grüße, 你好 👋\"}\n");
}

TEST(RelativeTime, ReadsLikeAPersonSaysIt) {
  EXPECT_EQ(relative_text(1000, 1500), "just now");
  EXPECT_EQ(relative_text(0, 60'000), "60 seconds ago");
  EXPECT_EQ(relative_text(0, 180'000), "3 minutes ago");
  EXPECT_EQ(relative_text(86'400'000, 0), "in 24 hours");
  EXPECT_EQ(relative_text(7LL * 86'400'000, 0), "in 7 days");
}

}  // namespace
}  // namespace agentroom::cli
