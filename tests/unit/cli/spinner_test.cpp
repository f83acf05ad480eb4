#include "spinner.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

namespace agentroom::cli {
namespace {

constexpr int kDeadlineMs = 20'000;

/// What `run` writes to stderr, a terminal of 40 columns; `see` is told all so far after every read, and `go` lets what
/// waits in `run` go on.
class OnATerminal {
 public:
  using Wait = std::function<void()>;

  explicit OnATerminal(const std::function<void(const Wait& wait)>& run) {
    EXPECT_EQ(::pipe2(gate_.data(), O_CLOEXEC), 0);
    winsize size{24, 40, 0, 0};
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    ::setenv("TERM", "xterm", 1);
    ::setenv("LC_ALL", "C.UTF-8", 1);
    run([this] {
      char byte = 0;
      if (::read(gate_[0], &byte, 1) != 1) ::_exit(1);
    });
    ::_exit(0);
  }
  ~OnATerminal() {
    ::close(terminal_);
    ::close(gate_[0]);
    ::close(gate_[1]);
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    EXPECT_EQ(status, 0);
  }
  OnATerminal(const OnATerminal&) = delete;
  OnATerminal& operator=(const OnATerminal&) = delete;

  void go() const { EXPECT_EQ(::write(gate_[1], "g", 1), 1); }

  /// Reads until `text` is among what was written since the last call.
  void await(const std::string& text) {
    seen_.clear();
    while (seen_.find(text) == std::string::npos) {
      if (!read_more()) {
        ADD_FAILURE() << "no \"" << text << "\" in \"" << seen_ << "\"";
        return;
      }
    }
  }
  const std::string& to_the_end() {
    while (read_more()) {
    }
    return all_;
  }

 private:
  bool read_more() {
    pollfd ready{terminal_, POLLIN, 0};
    if (::poll(&ready, 1, kDeadlineMs) != 1) return false;
    std::array<char, 4096> bytes{};
    const ssize_t n = ::read(terminal_, bytes.data(), bytes.size());
    if (n <= 0) return false;
    seen_.append(bytes.data(), static_cast<std::size_t>(n));
    all_.append(bytes.data(), static_cast<std::size_t>(n));
    return true;
  }

  std::array<int, 2> gate_{-1, -1};
  int terminal_ = -1;
  pid_t child_ = -1;
  std::string seen_;
  std::string all_;
};

/// The lines that a terminal shows after `written`: carriage returns and "erase to the end of the line" are obeyed.
std::string screen(const std::string& written) {
  std::string done;
  std::string line;
  std::size_t column = 0;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == '\r') {
      column = 0;
    } else if (written[i] == '\n') {
      done += line + "\n";
      line.clear();
      column = 0;
    } else if (written.compare(i, 3, "\x1b[K") == 0) {
      line.resize(column);
      i += 2;
    } else {
      line.resize(std::max(line.size(), column + 1), ' ');
      line[column++] = written[i];
    }
  }
  return done + line;
}

TEST(Spinner, LeavesNothingBehindAndStaysBelowOtherLines) {
  OnATerminal terminal([](const auto& wait) {
    Output out(false, false);
    Spinner spinner(out, "waiting for the relay");
    wait();
    out.remark("a remark");
    spinner.say("waiting for the peer");
    wait();
    out.line("a line");
  });
  terminal.await("waiting for the relay");
  terminal.go();
  terminal.await("waiting for the peer");
  terminal.go();
  EXPECT_EQ(screen(terminal.to_the_end()), "a remark\na line\n");
}

TEST(Spinner, IsCutToTheTerminal) {
  OnATerminal terminal([](const auto& wait) {
    Output out(false, false);
    const Spinner spinner(out, std::string(100, 'x') + "end");
    wait();
  });
  terminal.await("…");
  terminal.go();
  EXPECT_EQ(terminal.to_the_end().find("end"), std::string::npos);
}

TEST(Spinner, IsSilentWithJsonAndWhenQuiet) {
  for (const bool json : {true, false}) {
    OnATerminal terminal([json](const auto&) {
      Output out(json, !json);
      if (out.shows_progress()) ::_exit(2);
      out.progress("never");
      const Spinner spinner(out, "never");
    });
    EXPECT_EQ(terminal.to_the_end(), "");
  }
}

TEST(Spinner, IsSilentWithoutATerminal) {
  int saved = ::dup(STDERR_FILENO);
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  ::dup2(pipe[1], STDERR_FILENO);
  bool shows = true;
  {
    Output out(false, false);
    shows = out.shows_progress();
    const Spinner spinner(out, "never");
    out.progress("never");
  }
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  ::close(pipe[1]);
  char byte = 0;
  EXPECT_EQ(::read(pipe[0], &byte, 1), 0) << "something was written";
  ::close(pipe[0]);
  EXPECT_FALSE(shows);
}

}  // namespace
}  // namespace agentroom::cli
