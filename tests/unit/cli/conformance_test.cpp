// Programs that behave as a suite does, or worse.
#include "conformance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "stage.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A report of GoogleTest with one test.
std::string report(const std::string& more) {
  return R"({"testsuites":[{"name":"Group","testsuite":[{"name":"Promise",)" + more + "}]}]}";
}

class Conformance : public testing::Test {
 protected:
  /// A shell script that has the path of the report in $result.
  fs::path program(const std::string& script) {
    const fs::path file = folder_->path() / "suite";
    std::ofstream(file)
        << "#!/bin/sh\nfor each; do case $each in --gtest_output=json:*) result=${each#*:};; esac; done\n"
        << script << '\n';
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  Outcome outcome(const std::string& script, std::chrono::milliseconds longest = std::chrono::seconds(30)) {
    ConformanceSuite suite(program(script), folder_->path(), longest);
    auto outcome = suite.check({"Group", "Promise"}, {"--plugin=x.so"});
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome{};
  }

  static std::string writes(const std::string& text) { return "cat >\"$result\" <<'END'\n" + text + "\nEND"; }

  std::unique_ptr<TemporaryFolder> folder_ = *TemporaryFolder::make();
};

TEST_F(Conformance, NamesPromisesInWords) {
  EXPECT_EQ(words_of("APutReplaces"), "a put replaces");
  EXPECT_EQ(words_of("TooLargeForTheListenerCloseTheChannelWith1009"),
            "too large for the listener close the channel with 1009");
  EXPECT_EQ(words_of(""), "");
}

TEST_F(Conformance, ListsThePromisesOfItsProgram) {
  ConformanceSuite suite(program(writes(report(R"("line":1)"))), folder_->path());
  const auto promises = suite.promises();
  ASSERT_TRUE(promises);
  ASSERT_EQ(promises->size(), 1U);
  EXPECT_EQ(promises->front().full_name(), "Group.Promise");
}

TEST_F(Conformance, AProgramThatListsNothingIsAnError) {
  ConformanceSuite suite(program("echo not today"), folder_->path());
  const auto promises = suite.promises();
  ASSERT_FALSE(promises);
  EXPECT_THAT(promises.error().message, HasSubstr("not today"));
}

TEST_F(Conformance, AProgramThatIsNotThereIsAnError) {
  ConformanceSuite suite(folder_->path() / "missing", folder_->path());
  EXPECT_FALSE(suite.promises());
}

TEST_F(Conformance, KeptIsWhatItsProgramSaysSoOf) {
  const Outcome kept = outcome(writes(report(R"("result":"COMPLETED")")));
  EXPECT_EQ(kept.verdict, Verdict::kKept);
  EXPECT_EQ(kept.said, "");
}

TEST_F(Conformance, BrokenSaysWhatWasExpectedWithoutTheFoldersOfABuild) {
  const Outcome broken = outcome(
      writes(report(R"("result":"COMPLETED","failures":[{"failure":"/build/a/b.cpp:3\nExpected: 1\n  Actual: 2"}])")) +
      "\nexit 1");
  EXPECT_EQ(broken.verdict, Verdict::kBroken);
  EXPECT_EQ(broken.said, "b.cpp:3\nExpected: 1\n  Actual: 2");
}

TEST_F(Conformance, LeftOutSaysWhy) {
  const Outcome left_out = outcome(writes(report(R"("result":"SKIPPED","why":"it has no keys")")));
  EXPECT_EQ(left_out.verdict, Verdict::kLeftOut);
  EXPECT_EQ(left_out.said, "it has no keys");
}

TEST_F(Conformance, ASignalIsACrashWithTheLastWords) {
  const Outcome crashed = outcome("echo terminate called; kill -SEGV $$");
  EXPECT_EQ(crashed.verdict, Verdict::kCrashed);
  EXPECT_THAT(crashed.said, HasSubstr("Segmentation fault"));
  EXPECT_THAT(crashed.said, HasSubstr("terminate called"));
}

TEST_F(Conformance, ACrashBehindAGoodReportIsOne) {
  const std::string good = writes(report(R"("result":"COMPLETED")"));
  EXPECT_EQ(outcome(good + "\nkill -SEGV $$").verdict, Verdict::kCrashed);
  EXPECT_EQ(outcome(good + "\nexit 3").verdict, Verdict::kCrashed);
}

TEST_F(Conformance, WithoutAReportTheLastWordsAreTold) {
  const Outcome broken = outcome("echo it exports no agentroom_plugin_entry >&2; exit 2");
  EXPECT_EQ(broken.verdict, Verdict::kBroken);
  EXPECT_THAT(broken.said, HasSubstr("it exports no agentroom_plugin_entry"));
}

TEST_F(Conformance, AnOldReportIsNotTakenForANewOne) {
  ASSERT_EQ(outcome(writes(report(R"("result":"COMPLETED")"))).verdict, Verdict::kKept);
  EXPECT_EQ(outcome("exit 0").verdict, Verdict::kBroken);
}

TEST_F(Conformance, WhatDoesNotEndHangsAndIsKilledWithWhatItStarted) {
  const fs::path pid = folder_->path() / "pid";
  const Outcome hung =
      outcome("sleep 1000 & echo $! >'" + pid.string() + "'; sleep 1000", std::chrono::milliseconds(500));
  EXPECT_EQ(hung.verdict, Verdict::kHung);
  EXPECT_THAT(hung.said, HasSubstr("500 ms"));
  pid_t child = 0;
  std::ifstream(pid) >> child;
  ASSERT_GT(child, 0);
  std::ifstream status("/proc/" + std::to_string(child) + "/stat");
  std::string number;
  std::string name;
  std::string state = "gone";
  status >> number >> name >> state;
  EXPECT_THAT(state, testing::AnyOf("gone", "Z", "X"));
}

TEST_F(Conformance, StoppedItEndsWhatRunsAndBeginsNothing) {
  ConformanceSuite suite(program("sleep 1000"), folder_->path());
  std::thread stopper([&] { suite.stop(); });
  const auto outcome = suite.check({"Group", "Promise"}, {});
  stopper.join();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(suite.promises());
}

}  // namespace
}  // namespace agentroom::cli
