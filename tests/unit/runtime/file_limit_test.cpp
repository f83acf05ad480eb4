#include "runtime/file_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace agentroom::runtime {
namespace {

using testing::HasSubstr;

TEST(FileLimit, SaysNothingWhenItIsEnough) {
  EXPECT_EQ(what_file_limit_lacks(11'152, 10'000), "");
  EXPECT_NE(what_file_limit_lacks(11'151, 10'000), "");
}

TEST(FileLimit, TellsWhatIsMissingWithNumbersAndTheWayToHaveMore) {
  const std::string text = what_file_limit_lacks(4'096, 10'000);
  for (const char* part : {"may open 4096 files", "10000 connections need 11152", "about 2944", "`ulimit -n 11152`",
                           "LimitNOFILE=11152", "connections = 2944"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(what_file_limit_lacks(64, 10'000), HasSubstr("about 32 "));
}

TEST(FileLimit, IsRaisedToWhatTheSystemLetsAnybodyHave) {
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  const rlimit low{saved.rlim_max / 2, saved.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(file_limit(), low.rlim_cur);
  EXPECT_EQ(raise_file_limit(), saved.rlim_max);
  EXPECT_EQ(file_limit(), saved.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &saved);
}

}  // namespace
}  // namespace agentroom::runtime
