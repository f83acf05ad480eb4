#include "runtime/signals.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <string>

namespace agentroom::runtime {
namespace {

/// What the calls were, in order.
class Calls {
 public:
  Signals::Calls recorded(bool takes_hangup) {
    return {.on_stop = [this](int signal) { add("stop " + std::to_string(signal)); },
            .on_hangup =
                [this, takes_hangup] {
                  add("hangup");
                  return takes_hangup;
                }};
  }

  /// Waits for `count` calls; what they were.
  std::string wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
    return text_;
  }

 private:
  void add(const std::string& call) {
    const std::scoped_lock lock(mutex_);
    text_ += (count_++ > 0 ? ", " : "") + call;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::size_t count_ = 0;
};

const std::string kTerminated = "stop " + std::to_string(SIGTERM);

TEST(Signals, AHangupThatNobodyTakesStops) {
  Calls calls;
  const Signals signals(calls.recorded(false));
  std::raise(SIGHUP);
  EXPECT_EQ(calls.wait_for(2), "hangup, stop " + std::to_string(SIGHUP));
}

TEST(Signals, HangupsThatAreTakenStopNothing) {
  Calls calls;
  const Signals signals(calls.recorded(true));
  for (const char* so_far : {"hangup", "hangup, hangup", "hangup, hangup, hangup"}) {
    std::raise(SIGHUP);
    EXPECT_EQ(calls.wait_for((std::string(so_far).size() + 2) / 8), so_far);
  }
  std::raise(SIGTERM);
  EXPECT_EQ(calls.wait_for(4), "hangup, hangup, hangup, " + kTerminated);
}

TEST(Signals, AHangupThatWasIgnoredFromTheStartStopsNothing) {
  std::signal(SIGHUP, SIG_IGN);
  Calls calls;
  {
    const Signals signals(calls.recorded(false));
    std::raise(SIGHUP);
    EXPECT_EQ(calls.wait_for(1), "hangup");
    std::raise(SIGTERM);
    EXPECT_EQ(calls.wait_for(2), "hangup, " + kTerminated);
  }
  std::signal(SIGHUP, SIG_DFL);
}

TEST(SignalsDeathTest, TheSecondStopEndsTheProcess) {
  EXPECT_EXIT(
      {
        Calls calls;
        const Signals signals(calls.recorded(false));
        std::raise(SIGTERM);
        calls.wait_for(1);
        std::raise(SIGINT);
        calls.wait_for(2);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace agentroom::runtime
