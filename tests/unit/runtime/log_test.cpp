#include "runtime/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace agentroom::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string logged(LogFormat format, auto&& write) {
  configure_log(LogLevel::kInfo, format);
  testing::internal::CaptureStderr();
  write();
  std::string lines = testing::internal::GetCapturedStderr();
  configure_log(LogLevel::kWarn, LogFormat::kText);
  return lines;
}

const std::string kHostile = "203.0.113.1\r\n\x1b[2J{\"level\":\"error\"}\xff\xe2\x80\xae" + std::string(9'000, 'x');

TEST(Log, AsJsonIsOneObjectALine) {
  const std::string line = logged(LogFormat::kJson, [] {
    log(LogLevel::kInfo, "relay", "refused 192.0.2.1: too many", {{"address", "192.0.2.1"}, {"reason", "too many"}});
  });
  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  const auto object = boost::json::parse(line).as_object();
  EXPECT_TRUE(object.at("ts").is_int64());
  EXPECT_EQ(object.at("level"), "info");
  EXPECT_EQ(object.at("component"), "relay");
  EXPECT_EQ(object.at("message"), "refused 192.0.2.1: too many");
  EXPECT_EQ(object.at("address"), "192.0.2.1");
  EXPECT_EQ(object.at("reason"), "too many");
}

TEST(Log, AsTextHasTheMessageAlone) {
  const std::string line =
      logged(LogFormat::kText, [] { log(LogLevel::kWarn, "relay", "all of it", {{"address", "192.0.2.1"}}); });
  EXPECT_THAT(line, testing::EndsWith("relay: all of it\n"));
  EXPECT_THAT(line, Not(HasSubstr("192.0.2.1")));
}

TEST(Log, NeverLetsTextFromOutsideEndALineOrActOnATerminal) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    const std::string line =
        logged(format, [] { log(LogLevel::kInfo, "relay", "refused " + kHostile, {{"address", kHostile}}); });
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\r")));
    EXPECT_THAT(line, Not(HasSubstr("\xe2\x80\xae")));
    if (format == LogFormat::kJson) {
      EXPECT_EQ(boost::json::parse(line).at("level"), "info");
    }
  }
}

TEST(Log, GoesToWhoeverTakesItAndThenNotToStderr) {
  std::vector<std::string> taken;
  log_to([&](LogLevel level, std::string_view component, std::string_view message) {
    taken.push_back(std::string(component) + (level == LogLevel::kWarn ? " warns: " : ": ") + std::string(message));
  });
  EXPECT_EQ(logged(LogFormat::kText,
                   [] {
                     log(LogLevel::kWarn, "relay", "one\ntwo");
                     log(LogLevel::kDebug, "relay", "detail");
                   }),
            "");
  log_to({});
  EXPECT_THAT(taken, testing::ElementsAre("relay warns: one\\x0atwo"));
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  EXPECT_EQ(logged(LogFormat::kText, [] { log(LogLevel::kDebug, "relay", "detail"); }), "");
}

}  // namespace
}  // namespace agentroom::runtime
