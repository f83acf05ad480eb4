#include "run.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

namespace agentroom::handler_exec {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long processes that the command left behind may still write what belongs to the reply.
constexpr milliseconds kGrace{250};
constexpr milliseconds kKillAfterTimeout{2'000};
/// A cancelled call has 2 s in all.
constexpr milliseconds kKillAfterCancel{1'000};
/// Where the system cannot tell when a process ends.
constexpr milliseconds kLookAgain{20};

constexpr std::size_t kChunk = std::size_t{64} * 1024;

enum class Phase : std::uint8_t { kRunning, kDraining, kEnding };

class Run {
 public:
  Run(CommandProcess process, std::string_view input, const Limits& limits, const sdk::Cancel& cancel)
      : process_(std::move(process)), input_(input), limits_(limits), cancel_(cancel) {
    if (limits_.timeout.count() > 0) deadline_ = Clock::now() + limits_.timeout;
    if (input_.empty()) process_.input().close();
  }

  RunResult finish() {
    while (!done()) wait_and_move();
    read_errors();
    result_.exit = process_.reap();
    return std::move(result_);
  }

 private:
  bool done() {
    const auto now = Clock::now();
    if (process_.has_ended()) {
      if (phase_ == Phase::kEnding) return true;
      if (phase_ == Phase::kRunning) {
        phase_ = Phase::kDraining;
        deadline_ = now + kGrace;
      }
    }
    const bool late = deadline_ && now >= *deadline_;
    switch (phase_) {
      case Phase::kRunning:
        if (cancel_.cancelled()) {
          end(Ending::kCancelled, kKillAfterCancel);
        } else if (late) {
          end(Ending::kTimeout, kKillAfterTimeout);
        }
        return false;
      case Phase::kDraining:
        return late || !process_.output().valid();
      case Phase::kEnding:
        if (!late) return false;
        process_.send_signal(SIGKILL);
        deadline_.reset();
        return false;
    }
    return false;
  }

  void end(Ending why, milliseconds patience) {
    result_.ending = why;
    phase_ = Phase::kEnding;
    deadline_ = Clock::now() + patience;
    process_.input().close();
    process_.send_signal(SIGTERM);
    // A stopped process takes SIGTERM when it goes on.
    process_.send_signal(SIGCONT);
  }

  void wait_and_move() {
    enum : std::size_t { kInput, kOutput, kErrors, kEnd, kCancel, kCount };
    const bool running = phase_ == Phase::kRunning;
    std::array<pollfd, kCount> polled{};
    polled[kInput] = {process_.input().get(), POLLOUT, 0};
    polled[kOutput] = {process_.output().get(), POLLIN, 0};
    polled[kErrors] = {process_.errors().get(), POLLIN, 0};
    polled[kEnd] = {phase_ == Phase::kDraining ? -1 : process_.end().get(), POLLIN, 0};
    polled[kCancel] = {running ? cancel_.descriptor() : -1, POLLIN, 0};
    if (::poll(polled.data(), polled.size(), patience()) <= 0) return;
    if (polled[kInput].revents != 0) write_input();
    if (polled[kOutput].revents != 0) read_output();
    if (polled[kErrors].revents != 0) read_errors();
  }

  /// For poll(2): until the deadline, rounded up.
  int patience() const {
    std::optional<milliseconds> left;
    if (deadline_) left = std::max(milliseconds(0), std::chrono::ceil<milliseconds>(*deadline_ - Clock::now()));
    if (!process_.end().valid()) left = std::min(left.value_or(kLookAgain), kLookAgain);
    if (!left) return -1;
    constexpr milliseconds kLongest{3'600'000};
    return static_cast<int>(std::min(*left, kLongest).count());
  }

  void write_input() {
    const ssize_t written = ::write(process_.input().get(), input_.data(), input_.size());
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // A command that does not read its message is no error: EPIPE ends the writing like the last byte does.
    if (written > 0) input_.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 || input_.empty()) process_.input().close();
  }

  void read_output() {
    const ssize_t got = ::read(process_.output().get(), chunk_.data(), chunk_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return process_.output().close();
    if (phase_ == Phase::kEnding) return;
    const std::size_t room = limits_.max_output + 1 - result_.output.size();
    result_.output.append(chunk_.data(), std::min(room, static_cast<std::size_t>(got)));
    if (static_cast<std::size_t>(got) > room) end(Ending::kTooLarge, kKillAfterTimeout);
  }

  void read_errors() {
    // Not for ever: others may write as fast as this reads.
    constexpr int kChunksAtOnce = 16;
    for (int i = 0; i < kChunksAtOnce && process_.errors().valid(); ++i) {
      const ssize_t got = ::read(process_.errors().get(), chunk_.data(), chunk_.size());
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) return process_.errors().close();
      result_.errors_end.append(chunk_.data(), static_cast<std::size_t>(got));
      if (result_.errors_end.size() > kErrorsKept) {
        result_.errors_end.erase(0, result_.errors_end.size() - kErrorsKept);
      }
    }
  }

  CommandProcess process_;
  std::string_view input_;
  const Limits limits_;
  const sdk::Cancel& cancel_;
  Phase phase_ = Phase::kRunning;
  std::optional<Clock::time_point> deadline_;  ///< of the phase
  RunResult result_;
  std::array<char, kChunk> chunk_{};
};

}  // namespace

RunResult run(CommandProcess process, std::string_view input, const Limits& limits, const sdk::Cancel& cancel) {
  const BrokenPipeBlocked blocked;
  return Run(std::move(process), input, limits, cancel).finish();
}

}  // namespace agentroom::handler_exec
