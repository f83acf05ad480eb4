#include "stream.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "answer.hpp"
#include "stream_messages.hpp"
#include "text.hpp"

namespace agentroom::handler_exec {
namespace {

using Clock = std::chrono::steady_clock;
using sdk::Error;
using sdk::fail;
using std::chrono::milliseconds;

constexpr milliseconds kKillAfter{2'000};
/// Between the end of its output and its own.
constexpr milliseconds kGrace{250};
/// Where the system cannot tell when a process ends.
constexpr milliseconds kLookAgain{20};
constexpr std::size_t kChunk = std::size_t{64} * 1024;

/// Becomes readable, and stays so.
class Flag {
 public:
  Flag() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  void set() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
  }
  void clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd_.get(), &count, sizeof count);
  }
  int get() const { return fd_.get(); }

 private:
  Descriptor fd_;
};

/// One message. Guarded by the loop's mutex but for `answered`.
struct Asked {
  std::string line;     ///< for the command
  bool handed = false;  ///< the command may have read of it
  std::optional<sdk::Result<sdk::Reply>> answer;
  std::optional<Clock::time_point> deadline;
  Flag answered;
};

milliseconds until(Clock::time_point time) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(time - Clock::now()));
}

}  // namespace

class Stream::Loop {
 public:
  Loop(sdk::Host host, const Guard& guard, Options options)
      : host_(host), guard_(guard), options_(std::move(options)), thread_([this] { run(); }) {}

  ~Loop() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.set();
    thread_.join();
  }

  sdk::Result<sdk::Reply> ask(const sdk::Message& message, const sdk::Cancel& cancel) {
    const auto asked = std::make_shared<Asked>();
    std::uint64_t id = 0;
    {
      const std::scoped_lock lock(mutex_);
      id = ++last_id_;
      asked->line = message_line(id, message);
      if (options_.timeout.count() > 0) asked->deadline = Clock::now() + options_.timeout;
      unanswered_[id] = asked;
    }
    wake_.set();
    std::array<pollfd, 2> polled{{{asked->answered.get(), POLLIN, 0}, {cancel.descriptor(), POLLIN, 0}}};
    while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
    }
    const std::scoped_lock lock(mutex_);
    if (asked->answer) return std::move(*asked->answer);
    unanswered_.erase(id);
    return fail(AR_CANCELLED, "the message is to be handled later");
  }

 private:
  // All below runs on the loop's own thread, to which the kernel ties the command's life.
  void run() {
    const BrokenPipeBlocked blocked;
    while (process_ || wait_for_work()) {
      if (!process_ && !start()) continue;
      hand_over();
      wait_and_move();
      look_at_time();
      if (process_->has_ended()) finish();
    }
  }

  /// False when it is to stop.
  bool wait_for_work() {
    while (true) {
      {
        const std::scoped_lock lock(mutex_);
        if (stopping_) return false;
        if (!unanswered_.empty()) return true;  // none of them is handed over: there is no command
      }
      pollfd polled{wake_.get(), POLLIN, 0};
      ::poll(&polled, 1, -1);
      wake_.clear();
    }
  }

  bool start() {
    auto process = CommandProcess::start(options_.command, guard_);
    if (!process) {
      const std::scoped_lock lock(mutex_);
      for (const auto& [id, asked] : unanswered_) give(*asked, process.error());
      unanswered_.clear();
      return false;
    }
    process_.emplace(std::move(*process));
    received_.clear();
    errors_end_.clear();
    writing_.clear();
    reason_.reset();
    kill_at_.reset();
    silent_at_.reset();
    deaf_ = false;
    return true;
  }

  void hand_over() {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return end(fail(AR_CANCELLED, "the handler is stopping"));
    if (ending()) return;  // what comes now is for the next command
    for (const auto& [id, asked] : unanswered_) {
      if (std::exchange(asked->handed, true)) continue;
      writing_ += asked->line;
    }
  }

  void wait_and_move() {
    enum : std::size_t { kInput, kOutput, kErrors, kEnd, kWake, kCount };
    std::array<pollfd, kCount> polled{};
    polled[kInput] = {writing_.empty() || deaf_ ? -1 : process_->input().get(), POLLOUT, 0};
    polled[kOutput] = {process_->output().get(), POLLIN, 0};
    polled[kErrors] = {process_->errors().get(), POLLIN, 0};
    polled[kEnd] = {process_->end().get(), POLLIN, 0};
    polled[kWake] = {wake_.get(), POLLIN, 0};
    if (::poll(polled.data(), polled.size(), patience()) <= 0) return;
    if (polled[kWake].revents != 0) wake_.clear();
    if (polled[kInput].revents != 0) write_input();
    if (polled[kOutput].revents != 0) read_output();
    if (polled[kErrors].revents != 0) read_errors();
  }

  /// For poll(2): until the next deadline, rounded up.
  int patience() {
    std::optional<milliseconds> left;
    const auto consider = [&](milliseconds time) { left = std::min(left.value_or(time), time); };
    if (ending()) {
      consider(until(*kill_at_));
    } else if (silent_at_) {
      consider(until(*silent_at_));
    } else {
      const std::scoped_lock lock(mutex_);
      for (const auto& [id, asked] : unanswered_) {
        if (asked->deadline) consider(until(*asked->deadline));
      }
    }
    if (!process_->end().valid()) consider(kLookAgain);
    constexpr milliseconds kLongest{3'600'000};
    return left ? static_cast<int>(std::min(*left, kLongest).count()) : -1;
  }

  void write_input() {
    const ssize_t written = ::write(process_->input().get(), writing_.data(), writing_.size());
    if (written > 0) writing_.erase(0, static_cast<std::size_t>(written));
    // It ends, or it will answer what it has read and no more.
    if (written < 0 && errno != EAGAIN && errno != EINTR) deaf_ = true;
  }

  /// False when there is nothing more to read now.
  bool read_output() {
    const ssize_t got = ::read(process_->output().get(), chunk_.data(), chunk_.size());
    if (got < 0 && errno == EINTR) return true;
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      process_->output().close();
      silent_at_ = Clock::now() + kGrace;  // most likely it ends
      return false;
    }
    if (ending()) return true;
    received_.append(chunk_.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t newline = 0; (newline = received_.find('\n', begin)) != std::string::npos; begin = newline + 1) {
      take(std::string_view(received_).substr(begin, newline - begin));
    }
    received_.erase(0, begin);
    if (received_.size() > kAnswerLineBytes) {
      end(fail(AR_TOO_LARGE, "the command wrote a line of more than " + std::to_string(kAnswerLineBytes) + " bytes"));
    }
    return true;
  }

  void take(std::string_view line) {
    if (ending() || line.empty()) return;
    if (!is_utf8(line)) return end(fail(AR_INVALID, "the command wrote something that is not UTF-8 text"));
    auto answer = parse_answer_line(line, options_.max_reply);
    if (!answer) return end(answer.error());
    const std::scoped_lock lock(mutex_);
    const auto found = unanswered_.find(answer->id);
    if (found == unanswered_.end() || !found->second->handed) {
      return host_.log(sdk::LogLevel::kWarn, "the command answered a message that waits for no answer");
    }
    give(*found->second, std::move(answer->reply));
    unanswered_.erase(found);
  }

  bool read_errors() {
    const ssize_t got = ::read(process_->errors().get(), chunk_.data(), chunk_.size());
    if (got < 0 && errno == EINTR) return true;
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      process_->errors().close();
      return false;
    }
    errors_end_.append(chunk_.data(), static_cast<std::size_t>(got));
    if (errors_end_.size() > kErrorsKept) errors_end_.erase(0, errors_end_.size() - kErrorsKept);
    return true;
  }

  void look_at_time() {
    const auto now = Clock::now();
    if (ending()) {
      if (now < *kill_at_) return;
      process_->send_signal(SIGKILL);
      kill_at_ = now + kKillAfter;
      return;
    }
    if (silent_at_ && now >= *silent_at_) return end(fail(AR_ABORTED, "the command closed its output"));
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, asked] : unanswered_) {
      if (!asked->deadline || now < *asked->deadline) continue;
      give(*asked, timed_out(options_.timeout, errors_end_));
      unanswered_.erase(id);
      return end(fail(AR_ABORTED, "the command was ended because another message took it too long"));
    }
  }

  bool ending() const { return kill_at_.has_value(); }

  /// Begins to end the command. What it was handed and has not answered fails with `why`.
  void end(Error why) {
    if (ending()) return;
    kill_at_ = Clock::now() + kKillAfter;
    reason_ = std::move(why);
    deaf_ = true;
    process_->send_signal(SIGTERM);
    // A stopped process takes SIGTERM when it goes on.
    process_->send_signal(SIGCONT);
  }

  void finish() {
    // What it wrote before it ended; others that hold the pipes may write for ever.
    constexpr int kChunks = 64;
    for (int i = 0; i < kChunks && process_->output().valid() && read_output(); ++i) {
    }
    for (int i = 0; i < kChunks && process_->errors().valid() && read_errors(); ++i) {
    }
    const std::size_t unread = unread_bytes();
    const ExitStatus exit = process_->reap();
    process_.reset();
    if (!errors_end_.empty()) {
      host_.log(sdk::LogLevel::kDebug, "standard error of the command: " + readable_end(errors_end_, kErrorsKept));
    }
    const Error why = reason_ ? *reason_ : ended(exit, errors_end_);
    const std::scoped_lock lock(mutex_);
    take_back(unread);
    std::erase_if(unanswered_, [&](const auto& entry) {
      if (!entry.second->handed) return false;
      give(*entry.second, why);
      return true;
    });
  }

  /// Of what was written for the command, or is to be.
  std::size_t unread_bytes() {
    int in_pipe = 0;
    if (::ioctl(process_->input().get(), FIONREAD, &in_pipe) != 0 || in_pipe < 0) in_pipe = 0;
    return writing_.size() + static_cast<std::size_t>(in_pipe);
  }

  /// Messages that the command had not begun to read when it ended are for the next one. Guarded by mutex_.
  void take_back(std::size_t unread) {
    for (auto at = unanswered_.rbegin(); at != unanswered_.rend(); ++at) {
      Asked& asked = *at->second;
      if (!asked.handed) continue;
      if (asked.line.size() > unread) return;
      unread -= asked.line.size();
      asked.handed = false;
    }
  }

  static void give(Asked& asked, sdk::Result<sdk::Reply> answer) {
    asked.answer.emplace(std::move(answer));
    asked.answered.set();
  }

  sdk::Host host_;
  const Guard& guard_;
  const Options options_;
  Flag wake_;

  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Asked>> unanswered_;  // guarded by mutex_
  std::uint64_t last_id_ = 0;                                   // guarded by mutex_
  bool stopping_ = false;                                       // guarded by mutex_

  std::optional<CommandProcess> process_;
  std::string writing_;
  std::string received_;
  std::string errors_end_;
  std::optional<Error> reason_;                 // why it is being ended
  std::optional<Clock::time_point> kill_at_;    // it is being ended: when SIGKILL follows
  std::optional<Clock::time_point> silent_at_;  // it closed its output: when it is ended for that
  bool deaf_ = false;                           // it reads no more
  std::array<char, kChunk> chunk_{};
  std::thread thread_;  // last: it uses what is above
};

Stream::Stream(sdk::Host host, const Guard& guard, Options options)
    : loop_(std::make_unique<Loop>(host, guard, std::move(options))) {}
Stream::~Stream() = default;

sdk::Result<sdk::Reply> Stream::ask(const sdk::Message& message, const sdk::Cancel& cancel) {
  return loop_->ask(message, cancel);
}

}  // namespace agentroom::handler_exec
