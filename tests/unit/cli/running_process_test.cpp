#include "running_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <optional>

#include "few_descriptors.hpp"

namespace agentroom::cli {
namespace {

constexpr std::chrono::seconds kDeadline{20};

/// Another process that tells its mark, and then waits for a signal.
class Other {
 public:
  explicit Other(const char* name = "other") {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    mark.pid = ::fork();
    if (mark.pid == 0) {
      ::prctl(PR_SET_NAME, name);
      const auto own = mark_of_this_process();
      const std::uint64_t start = own ? own->start : 0;
      if (::write(ends[1], &start, sizeof start) != sizeof start) ::_exit(1);
      while (true) ::pause();
    }
    EXPECT_EQ(::read(ends[0], &mark.start, sizeof mark.start), static_cast<ssize_t>(sizeof mark.start));
    mark.boot = mark_of_this_process()->boot;
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Other() { end(); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void end() {
    if (ended_) return;
    ::kill(mark.pid, SIGKILL);
    reap();
  }
  int reap() {
    int status = 0;
    ::waitpid(mark.pid, &status, 0);
    ended_ = true;
    return status;
  }

  ProcessMark mark;

 private:
  bool ended_ = false;
};

std::optional<RunningProcess> found(const ProcessMark& mark) {
  auto process = RunningProcess::find(mark);
  EXPECT_TRUE(process) << process.error().message;
  return process ? std::move(*process) : std::nullopt;
}

TEST(RunningProcess, KnowsItself) {
  const auto mark = mark_of_this_process();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->pid, ::getpid());
  EXPECT_GT(mark->start, 0U);
  EXPECT_FALSE(mark->boot.empty());
  EXPECT_TRUE(found(*mark));
}

TEST(RunningProcess, IsAskedToEndAndSeenToEnd) {
  Other other;
  auto process = found(other.mark);
  ASSERT_TRUE(process);
  EXPECT_FALSE(process->wait(std::chrono::milliseconds(0)));
  EXPECT_TRUE(process->ask_to_end());
  EXPECT_TRUE(process->wait(kDeadline));
  const int status = other.reap();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  EXPECT_EQ(process->ask_to_end().error().code, ErrorCode::kNotFound);
}

TEST(RunningProcess, IsFoundUnderAnyName) {
  const Other other(") 1 2 (x y)");
  EXPECT_TRUE(found(other.mark));
}

TEST(RunningProcess, ThatEndedIsNotFound) {
  Other other;
  other.end();
  EXPECT_FALSE(found(other.mark));
}

TEST(RunningProcess, ThatWaitsToBeReapedIsNotFound) {
  Other other;
  auto held = found(other.mark);
  ASSERT_TRUE(held);
  ::kill(other.mark.pid, SIGKILL);
  ASSERT_TRUE(held->wait(kDeadline));
  EXPECT_FALSE(found(other.mark));
}

TEST(RunningProcess, IsNotTheOneThatHasItsPidNow) {
  const auto mark = *mark_of_this_process();
  ProcessMark earlier = mark;
  --earlier.start;
  EXPECT_FALSE(found(earlier));
  ProcessMark before_the_boot = mark;
  before_the_boot.boot = "another";
  EXPECT_FALSE(found(before_the_boot));
  for (const pid_t none : {0, -1}) {
    ProcessMark nobody = mark;
    nobody.pid = none;
    EXPECT_FALSE(found(nobody));
  }
}

TEST(RunningProcess, IsNotGoneBecauseTheSystemDoesNotTell) {
  Other other;
  // Without a descriptor for the process, and with that one alone.
  for (const std::size_t free : {0U, 1U}) {
    std::optional<FewDescriptors> few(free);
    const auto process = RunningProcess::find(other.mark);
    few.reset();
    ASSERT_FALSE(process) << free;
    EXPECT_EQ(process.error().code, ErrorCode::kIo);
    EXPECT_NE(process.error().message.find(std::to_string(other.mark.pid)), std::string::npos);
  }
}

}  // namespace
}  // namespace agentroom::cli
