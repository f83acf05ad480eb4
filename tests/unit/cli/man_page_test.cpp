#include "man_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "completion.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// What groff prints of a page, on lines too long to be filled, and what it complains of.
std::string printed(const std::string& page) {
  std::string name = (fs::temp_directory_path() / "man-page.XXXXXX").string();
  ::close(::mkstemp(name.data()));
  std::ofstream(name) << page;
  FILE* pipe = ::popen(("groff -man -ww -Kutf8 -Tascii -P-cbou -rLL=200n " + name + " 2>&1").c_str(), "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << text;
  fs::remove(name);
  return text;
}

TEST(ManPages, ThereIsOneForEachCommandWithEveryOptionAndArgumentThatItTakes) {
  std::map<std::string, std::string> pages;
  for (const ManPage& page : man_pages()) EXPECT_TRUE(pages.emplace(page.name, printed(page.text)).second) << page.name;
  const CompletedCommand root = completed_commands();
  const auto all = all_of(root);
  EXPECT_EQ(pages.size(), all.size());
  for (const CompletedCommand* command : all) {
    std::string name = "agentroom" + (command->path.empty() ? "" : " " + command->path);
    std::ranges::replace(name, ' ', '-');
    const std::string text = pages[name];
    EXPECT_THAT(text, HasSubstr(name + " - " + command->description + "\n"));
    for (const CompletedOption& option : command->options) {
      std::string names;
      for (const std::string& each : option.names) names += (names.empty() ? "" : ", ") + each;
      if (option.takes_value) names += " " + option.value.name;
      EXPECT_THAT(text, testing::ContainsRegex("\n +" + names + "( |\n)")) << name;
      EXPECT_THAT(text, HasSubstr(option.description)) << name;
    }
    for (const CompletedValue& argument : command->arguments) EXPECT_THAT(text, HasSubstr(" " + argument.name)) << name;
    for (const CompletedCommand& inner : command->commands) {
      EXPECT_THAT(text, HasSubstr(name + "-" + inner.name() + "(1)\n"));
      EXPECT_THAT(text, HasSubstr(inner.description));
    }
  }
}

TEST(ManPages, AreReadByTheFormatterWithoutAWarning) {
  for (const ManPage& page : man_pages()) {
    EXPECT_THAT(printed(page.text), testing::Not(HasSubstr("troff:"))) << page.name;
  }
}

TEST(ManPages, ShowTheExamplesAsTheyAreTyped) {
  const auto pages = man_pages();
  const auto send = std::ranges::find(pages, "agentroom-send", &ManPage::name);
  ASSERT_NE(send, pages.end());
  EXPECT_THAT(printed(send->text), HasSubstr("agentroom send alice 'is the build green?'\n"));
  EXPECT_THAT(printed(send->text), HasSubstr("agentroom send alice -- --any --text\n"));
}

TEST(RoffText, IsNoRequestAndNoEscapeWhateverItHolds) {
  const std::string hostile = ".so /etc/passwd\n'br\n\\n(.fx \"quoted\" `now` ~ ^ -- ..";
  const std::string text = printed(".nf\n" + roff_text(hostile) + "\n");
  EXPECT_THAT(text, HasSubstr(hostile));
}

}  // namespace
}  // namespace agentroom::cli
