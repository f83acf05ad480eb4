#include "detach.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
constexpr int kDeadlineMs = 20'000;

void say(int descriptor, std::string_view text) {
  if (::write(descriptor, text.data(), text.size()) < 0) ::_exit(99);
}

/// A command that detaches, with pipes for its stdout and stderr.
class DetachedCommand : public testing::Test {
 protected:
  DetachedCommand() {
    std::string pattern = (fs::temp_directory_path() / "ar-detach-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    EXPECT_EQ(::pipe2(out_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(err_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::mkfifo(gate().c_str(), 0600), 0);
    gate_ = ::open(gate().c_str(), O_RDWR | O_CLOEXEC);
  }
  ~DetachedCommand() override {
    for (const int each : {out_[0], err_[0], gate_}) ::close(each);
    if (command_ > 0) ::kill(command_, SIGKILL), ::waitpid(command_, nullptr, 0);
    fs::remove_all(root_);
  }

  fs::path log() const { return root_ / "rooms" / "room.log"; }

  void run(const std::function<int(Foreground&)>& background) {
    command_ = ::fork();
    if (command_ == 0) {
      ::dup2(out_[1], STDOUT_FILENO);
      ::dup2(err_[1], STDERR_FILENO);
      for (const int each : {out_[0], out_[1], err_[0], err_[1]}) ::close(each);  // else they never end
      auto detached = detach(log());
      if (!detached) ::_exit(detached.error().code == ErrorCode::kCancelled ? 96 : 98);
      if (detached->foreground) ::_exit(background(*detached->foreground));
      ::_exit(detached->goes_on ? 50 : detached->exit_code);
    }
    ::close(out_[1]);
    ::close(err_[1]);
  }
  fs::path gate() const { return root_ / "gate"; }
  /// In the background: until the test opens the gate, or is gone.
  void wait_at_gate() const {
    const int waiting = ::open(gate().c_str(), O_RDONLY);
    char byte = 0;
    if (::read(waiting, &byte, 1) < 0) ::_exit(97);
  }
  void open_gate() const { say(gate_, "x"); }

  static std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> buffer{};
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    while (::poll(&ready, 1, kDeadlineMs) > 0) {
      const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
      if (got <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  std::string read_until(const std::string& end) const {
    std::string text;
    pollfd ready{.fd = out_[0], .events = POLLIN, .revents = 0};
    while (!text.ends_with(end) && ::poll(&ready, 1, kDeadlineMs) > 0) {
      char byte = 0;
      if (::read(out_[0], &byte, 1) <= 0) break;
      text += byte;
    }
    return text;
  }
  int exit_code() {
    int status = 0;
    ::waitpid(command_, &status, 0);
    command_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  fs::path root_;
  std::array<int, 2> out_{};
  std::array<int, 2> err_{};
  int gate_ = -1;
  pid_t command_ = -1;
};

TEST_F(DetachedCommand, EndsWhenTheOtherLetsGoAndHasShownAllOfIt) {
  run([this](Foreground& foreground) {
    say(STDERR_FILENO, "a warning\n");
    say(STDOUT_FILENO, "the invite\n");
    foreground.let_go();
    foreground.let_go();
    wait_at_gate();
    say(STDOUT_FILENO, "later\n");
    say(STDERR_FILENO, "a later warning\n");
    return 7;
  });
  EXPECT_EQ(exit_code(), 50);
  EXPECT_EQ(read_all(out_[0]), "the invite\n");
  EXPECT_EQ(read_all(err_[0]), "a warning\n");
  struct stat status{};
  ASSERT_EQ(::stat(log().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  open_gate();
}

TEST_F(DetachedCommand, HasTheExitCodeOfAnOtherThatEnds) {
  run([](Foreground&) {
    say(STDOUT_FILENO, "began\n");
    say(STDERR_FILENO, "error: no\n");
    return 3;
  });
  EXPECT_EQ(exit_code(), 3);
  EXPECT_EQ(read_all(out_[0]), "began\n");
  EXPECT_EQ(read_all(err_[0]), "error: no\n");
}

TEST_F(DetachedCommand, SaysThatAnOtherEndedWellButDidNotLetGo) {
  run([](Foreground&) { return 0; });
  EXPECT_EQ(exit_code(), 96);
}

TEST_F(DetachedCommand, KeepsNothingOpenOfItsCaller) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  run([this](Foreground& foreground) {
    foreground.let_go();
    wait_at_gate();
    return 0;
  });
  ::close(ends[1]);
  EXPECT_EQ(exit_code(), 50);
  pollfd ended{.fd = ends[0], .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, kDeadlineMs), 1);
  EXPECT_EQ(ended.revents, POLLHUP);
  ::close(ends[0]);
  open_gate();
}

TEST_F(DetachedCommand, TakesTheOtherWithItWhenItIsInterrupted) {
  run([this](Foreground&) {
    std::signal(SIGTERM, [](int) { ::_exit(9); });
    say(STDOUT_FILENO, "began\n");
    wait_at_gate();
    return 0;
  });
  EXPECT_EQ(read_until("began\n"), "began\n");
  ::kill(command_, SIGINT);
  EXPECT_EQ(exit_code(), 9);
}

TEST_F(DetachedCommand, RunsInASessionOfItsOwnWithoutInput) {
  run([](Foreground&) {
    char byte = 0;
    const bool empty = ::read(STDIN_FILENO, &byte, 1) == 0;
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    return ::getsid(0) == ::getpid() && empty && ::sigismember(&blocked, SIGTERM) == 0 ? 7 : 1;
  });
  EXPECT_EQ(exit_code(), 7);
}

TEST_F(DetachedCommand, TakesAwayWhatAnEarlierOneSaid) {
  fs::create_directories(log().parent_path());
  std::ofstream(log().string() + ".1") << "earlier";
  run([](Foreground&) { return 3; });
  EXPECT_EQ(exit_code(), 3);
  EXPECT_FALSE(fs::exists(log().string() + ".1"));
}

TEST_F(DetachedCommand, WritesThroughNoLink) {
  fs::create_directories(log().parent_path());
  fs::create_symlink(root_ / "elsewhere", log());
  EXPECT_FALSE(detach(log()));
  EXPECT_FALSE(fs::exists(root_ / "elsewhere"));
}

}  // namespace
}  // namespace agentroom::cli
