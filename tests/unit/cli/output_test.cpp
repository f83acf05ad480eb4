#include "output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "event_stream.hpp"

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

/// Stdout is a file that may grow to so many bytes and no further, as on a disk of that size.
class SmallFile : public testing::Test {
 protected:
  SmallFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ar-output-XXXXXX").string();
    const int file = ::mkstemp(pattern.data());
    path_ = pattern;
    stdout_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    ::fflush(stdout);
    ::dup2(file, STDOUT_FILENO);
    ::close(file);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    signal_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~SmallFile() override {
    limit(before_.rlim_cur);
    std::signal(SIGXFSZ, signal_);
    ::dup2(stdout_, STDOUT_FILENO);
    ::close(stdout_);
    std::filesystem::remove(path_);
    std::filesystem::remove(path_.string() + ".1");
  }
  void limit(rlim_t bytes) const {
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  void give_room() const { limit(before_.rlim_cur); }
  std::string content(const std::string& ending) const {
    std::ostringstream text;
    text << std::ifstream(path_.string() + ending).rdbuf();
    return text.str();
  }
  std::string written() const { return content({}); }
  std::vector<std::string> types_written() const {
    std::vector<std::string> types;
    std::istringstream lines(written());
    for (std::string line; std::getline(lines, line);) {
      boost::system::error_code error;
      const auto value = boost::json::parse(line, error);
      types.emplace_back(error ? "cut" : std::string(value.at("type").as_string()));
    }
    return types;
  }
  static std::string long_text() { return std::string(10'000, 'x'); }

  Output out{true, false};
  std::filesystem::path path_;

 private:
  int stdout_ = -1;
  rlimit before_{};
  void (*signal_)(int) = SIG_DFL;
};

TEST_F(SmallFile, CutsAStreamWhichBeginsAnewOnALineOfItsOwn) {
  out.stream();
  limit(6'000);  // in the second part of the line
  out.event("first", {{"text", long_text()}}, {});
  EXPECT_EQ(written().size(), 6'000U);
  out.event("second", {}, {});
  EXPECT_TRUE(out.alive());
  give_room();
  out.event("third", {}, {});
  EXPECT_EQ(types_written(), (std::vector<std::string>{"cut", "third"}));
}

TEST_F(SmallFile, TellsHowManyEventsItHadNoRoomFor) {
  out.stream();
  for (const bool behind : {false, true}) {
    EventStream stream(out);
    if (behind) stream.write_behind([] {});
    limit(written().size() + 6'000);
    stream.tell("first", {{"text", long_text()}});
    stream.tell("second", {});
    stream.tell("third", {});
    if (behind) {
      EXPECT_FALSE(stream.tell_for_sure("message", {}, [n = 0]() mutable { return ++n > 12; }));
    }
    give_room();
    stream.tell("last", {});
    EXPECT_TRUE(stream.close(std::chrono::seconds(20)));
    const auto types = types_written();
    EXPECT_EQ(std::vector(types.end() - 3, types.end()), (std::vector<std::string>{"cut", "events_dropped", "last"}));
    EXPECT_NE(written().find("\"count\":3"), std::string::npos) << written();
  }
}

TEST_F(SmallFile, WaitsWithWhatIsToldForSure) {
  out.stream();
  EventStream stream(out);
  stream.write_behind([] {});
  limit(10);
  EXPECT_TRUE(stream.tell_for_sure("message", {}, [this, n = 0]() mutable {
    if (++n == 3) give_room();
    return false;
  }));
  EXPECT_EQ(types_written(), (std::vector<std::string>{"cut", "message"}));
}

/// A writer that meets the end of its file stands still until it may go on.
std::atomic<bool> stands_still = false;
std::atomic<bool> may_go_on = false;
void stand_still(int /*signal*/) {
  stands_still = true;
  while (!may_go_on) {
  }
}

TEST_F(SmallFile, HasNothingLaterOfWhatWasGivenUpWhileItWasWritten) {
  stands_still = false;
  may_go_on = false;
  std::signal(SIGXFSZ, stand_still);
  out.stream();
  EventStream stream(out);
  stream.write_behind([] {});
  limit(10);
  EXPECT_FALSE(stream.tell_for_sure("message", {}, [] { return stands_still.load(); }));
  std::signal(SIGXFSZ, SIG_IGN);
  may_go_on = true;
  stream.tell("last", {});
  give_room();
  EXPECT_TRUE(stream.close(std::chrono::seconds(20)));
  EXPECT_EQ(written().find("message", 10), std::string::npos) << written();
}

TEST_F(SmallFile, TurnsOverAsALogAndTakesNoMoreThanTwoOfThem) {
  constexpr std::uint64_t kMost = 30'000;
  out.stream();
  out.leave_terminal(kMost);
  for (std::uint64_t n = 0; n < 20; ++n) out.event("event", {{"n", n}, {"text", long_text()}}, {});
  const std::string old = content(".1");
  EXPECT_LE(old.size(), kMost + 11'000);
  EXPECT_LE(written().size(), kMost + 11'000);
  std::vector<std::uint64_t> seen;
  std::istringstream lines(old + written());
  for (std::string line; std::getline(lines, line);) {
    seen.push_back(boost::json::parse(line).at("n").to_number<std::uint64_t>());
  }
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), 19U);
  EXPECT_EQ(seen.back() - seen.front() + 1, seen.size()) << "no line is lost between the two";
  EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0600));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".new"));
}

TEST_F(SmallFile, IsNoLogBeforeItIsSaid) {
  out.stream();
  for (int n = 0; n < 5; ++n) out.event("event", {{"text", long_text()}}, {});
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".1"));
}

TEST_F(SmallFile, FailsACommandThatHasOneThingToSay) {
  limit(10);
  out.result({{"text", long_text()}});
  EXPECT_FALSE(out.alive());
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
