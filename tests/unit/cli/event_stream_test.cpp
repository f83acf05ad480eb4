// Events whose reader is slow, stands still, or is gone.
#include "event_stream.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <csignal>
#include <future>
#include <vector>

namespace agentroom::cli {
namespace {

using boost::json::object;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kDeadline{20};
const std::string kLong(1'000, 'x');

/// Stdout is a small pipe that the test reads, or does not.
class EventStreamBehind : public testing::Test {
 protected:
  EventStreamBehind() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::fcntl(ends[1], F_SETPIPE_SZ, 4'096);
    read_ = ends[0];
    stdout_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    ::fflush(stdout);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[1]);
    before_ = std::signal(SIGPIPE, SIG_IGN);
  }
  ~EventStreamBehind() override {
    close_reader();
    stream.close(milliseconds(0));
    restore();
    std::signal(SIGPIPE, before_);
  }

  /// Nobody writes to the pipe any more: its end can be read.
  void restore() {
    if (stdout_ < 0) return;
    ::dup2(stdout_, STDOUT_FILENO);
    ::close(std::exchange(stdout_, -1));
  }
  void close_reader() {
    if (read_ >= 0) ::close(std::exchange(read_, -1));
  }

  /// Until `type` came, or the end.
  std::vector<object> read_until(std::string_view type) {
    std::vector<object> events;
    while (true) {
      for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
        events.push_back(boost::json::parse(text_.substr(0, end)).as_object());
        text_.erase(0, end + 1);
        if (events.back().at("type").as_string() == type) return events;
      }
      pollfd readable{.fd = read_, .events = POLLIN, .revents = 0};
      std::array<char, 4'096> chunk{};
      const int ready = ::poll(&readable, 1, static_cast<int>(milliseconds(kDeadline).count()));
      const ssize_t got = ready > 0 ? ::read(read_, chunk.data(), chunk.size()) : 0;
      if (got <= 0) return events;
      text_.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }

  Output out{true, false};
  EventStream stream{out};

 private:
  int read_ = -1;
  int stdout_ = -1;
  void (*before_)(int) = SIG_DFL;
  std::string text_;
};

/// Stderr is a pipe that takes nothing until the end of the scope.
class FullStderr {
 public:
  FullStderr() : stderr_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    while (::write(ends[1], kLong.data(), kLong.size()) > 0) continue;
    while (::write(ends[1], "x", 1) > 0) continue;
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    read_ = ends[0];
  }
  ~FullStderr() {
    ::dup2(stderr_, STDERR_FILENO);
    ::close(stderr_);
    ::close(read_);
  }
  FullStderr(const FullStderr&) = delete;
  FullStderr& operator=(const FullStderr&) = delete;

 private:
  int stderr_ = -1;
  int read_ = -1;
};

TEST_F(EventStreamBehind, AReaderThatStandsStillHoldsNobodyUpAndHearsHowMuchItMissed) {
  stream.write_behind([] {}, 16'384);
  for (std::int64_t i = 0; i < 1'000; ++i) stream.tell("event", {{"n", i}, {"text", kLong}});
  auto last = std::async(std::launch::async, [this] { return stream.tell_for_sure("last", {}, [] { return false; }); });
  std::int64_t told = 0;
  std::int64_t dropped = 0;
  std::int64_t before = -1;
  for (const object& event : read_until("last")) {
    if (event.at("type") == "events_dropped") dropped += event.at("count").to_number<std::int64_t>();
    if (event.at("type") != "event") continue;
    ++told;
    EXPECT_GT(event.at("n").as_int64(), before);
    before = event.at("n").as_int64();
  }
  EXPECT_GT(dropped, 900);
  EXPECT_EQ(told + dropped, 1'000);
  EXPECT_TRUE(last.get()) << "it goes on";
}

TEST_F(EventStreamBehind, WhatIsToldForSureWaitsForTheReaderAndIsNeverDropped) {
  stream.write_behind([] {}, 16'384);
  for (int i = 0; i < 100; ++i) stream.tell("event", {{"text", kLong}});
  auto told = std::async(std::launch::async, [this] {
    return stream.tell_for_sure("message", {{"text", std::string(100'000, 'm')}}, [] { return false; });
  });
  stream.tell("event", {});  // others are not held up by it
  EXPECT_EQ(told.wait_for(milliseconds(0)), std::future_status::timeout);
  EXPECT_EQ(read_until("message").back().at("text").as_string().size(), 100'000U);
  ASSERT_EQ(told.wait_for(kDeadline), std::future_status::ready);
  EXPECT_TRUE(told.get());
}

TEST_F(EventStreamBehind, WhatWasGivenUpIsNotSeenLater) {
  stream.write_behind([] {}, 16'384);
  for (int i = 0; i < 10; ++i) stream.tell("event", {{"text", kLong}});
  EXPECT_FALSE(stream.tell_for_sure("message", {}, [] { return true; }));
  stream.tell("last", {});
  for (const object& event : read_until("last")) EXPECT_NE(event.at("type"), "message");
}

TEST_F(EventStreamBehind, SaysThatTheReaderIsGone) {
  std::promise<void> gone;
  stream.write_behind([&gone] { gone.set_value(); });
  close_reader();
  stream.tell("event", {});
  ASSERT_EQ(gone.get_future().wait_for(kDeadline), std::future_status::ready);
  EXPECT_FALSE(out.alive());
  EXPECT_FALSE(stream.tell_for_sure("message", {}, [] { return false; }));
}

TEST_F(EventStreamBehind, WritesWhatWaitsBeforeItCloses) {
  stream.write_behind([] {});
  for (int i = 0; i < 100; ++i) stream.tell("event", {{"text", kLong}});
  auto read = std::async(std::launch::async, [this] { return read_until("last"); });
  stream.tell("last", {});
  EXPECT_TRUE(stream.close(kDeadline));
  EXPECT_EQ(read.get().size(), 101U);
}

TEST_F(EventStreamBehind, ClosesThoughNobodyReads) {
  stream.write_behind([] {});
  for (int i = 0; i < 100; ++i) stream.tell("event", {{"text", kLong}});
  EXPECT_FALSE(stream.close(milliseconds(50)));
}

TEST_F(EventStreamBehind, ClosesThoughNobodyReadsItsRemarks) {
  Output people(false, false);
  EventStream lines(people);
  std::future<bool> closed;
  {
    const FullStderr full;
    lines.write_behind([] {});
    lines.tell_here("event", {}, "a line", "a remark");
    closed = std::async(std::launch::async, [&] { return lines.close(milliseconds(0)); });
    EXPECT_EQ(closed.wait_for(kDeadline), std::future_status::ready);
  }
  EXPECT_FALSE(closed.get());
}

TEST_F(EventStreamBehind, GoesOnBehindARemarkThatNobodyReads) {
  Output people(false, false);
  EventStream lines(people);
  std::future<bool> closed;
  {
    const FullStderr full;
    lines.write_behind([] {});
    lines.tell_here("event", {}, "a line", "a remark");
    closed = std::async(std::launch::async, [&] { return lines.close(kDeadline); });
    EXPECT_EQ(closed.wait_for(kDeadline + kDeadline), std::future_status::ready);
  }
  EXPECT_TRUE(closed.get());
}

}  // namespace
}  // namespace agentroom::cli
