#include "program_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace agentroom::tunnel {
namespace {

using std::chrono::milliseconds;

/// A name is published a moment after it was told. One that is looked up too early is remembered as missing, by name
/// servers, for minutes: so not before the program is connected, and then not in a hurry.
constexpr milliseconds kConnectPatience{5'000};
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{5'000};
/// One lost request is no lost tunnel.
constexpr int kFailuresUntilTold = 3;

/// A program that tells one URL after the other is listened to so often.
constexpr milliseconds kBetweenUrls{1'000};

constexpr milliseconds kKillAfter{2'000};
/// Where the system cannot tell when a process ends.
constexpr milliseconds kLookAgain{50};
constexpr std::size_t kMaxReason = 400;

milliseconds until(std::chrono::steady_clock::time_point time) {
  return std::chrono::ceil<milliseconds>(time - std::chrono::steady_clock::now());
}

}  // namespace

ProgramRun::ProgramRun(const Program& program, process::CommandProcess process, const Surroundings& around)
    : program_(program),
      process_(std::move(process)),
      around_(around),
      probe_(around.settings.ca_file),
      url_deadline_(Clock::now() + around.settings.pace.ready_timeout) {}

ProgramRun::End ProgramRun::run() {
  around_.events.progress({"starting", program_.name()});
  if (const auto known = program_.known_url()) on_url(*known);
  while (!is_over()) {
    check();
    wait();
  }
  return end();
}

bool ProgramRun::is_over() {
  if (around_.stop.requested() || !over_.empty() || process_.has_ended()) return true;
  if (!url_ && Clock::now() >= url_deadline_) {
    over_ = program_.name() + " told no public URL within " +
            std::to_string(around_.settings.pace.ready_timeout.count()) + " ms";
  }
  return !over_.empty();
}

bool ProgramRun::is_public() const {
  return program_.tells_when_connected() ? connected_ : url_.has_value();
}

void ProgramRun::check() {
  if (!later_.empty() && Clock::now() >= url_at_ + kBetweenUrls) on_url(std::exchange(later_, {}));
  if (!url_) return;
  if (!told_ && Clock::now() >= reachable_deadline_) tell(false);
  if (!probe_.under_way() && Clock::now() >= next_check_) probe_.begin(url_->health);
}

void ProgramRun::wait() {
  milliseconds patience = until(next_step());
  if (!process_.end().valid()) patience = std::min(patience, kLookAgain);
  const std::array<int, 4> watched{process_.output().get(), process_.errors().get(), process_.end().get(),
                                   around_.stop.descriptor()};
  probe_.wait(watched, patience);
  read_all();
  if (const auto trouble = probe_.take()) on_answer(*trouble);
}

ProgramRun::Clock::time_point ProgramRun::next_step() const {
  if (!url_) return url_deadline_;
  Clock::time_point next = probe_.under_way() ? Clock::time_point::max() : next_check_;
  if (!told_) next = std::min(next, reachable_deadline_);
  if (!later_.empty()) next = std::min(next, url_at_ + kBetweenUrls);
  return std::min(next, Clock::now() + std::chrono::hours(1));
}

void ProgramRun::read_all() {
  read(process_.output(), output_);
  read(process_.errors(), errors_);
}

void ProgramRun::read(process::Descriptor& output, Lines& lines) {
  // Not for ever: it may write as fast as this reads.
  constexpr int kChunksAtOnce = 16;
  std::array<char, 4'096> chunk{};
  const auto on_each = [this](std::string_view line) { on_line(line); };
  for (int i = 0; i < kChunksAtOnce && output.valid(); ++i) {
    const ssize_t got = ::read(output.get(), chunk.data(), chunk.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      lines.finish(on_each);
      return output.close();
    }
    lines.add({chunk.data(), static_cast<std::size_t>(got)}, on_each);
  }
}

void ProgramRun::on_line(std::string_view line) {
  if (program_.is_secret(line)) return;
  around_.host.log(sdk::LogLevel::kDebug, program_.name() + ": " + std::string(line));
  const Sighting sighting = program_.look(line);
  if (sighting.connected && !connected_) {
    connected_ = true;
    next_check_ = Clock::now();
  }
  if (sighting.over) over_ = *sighting.over;
  if (sighting.url) on_url(*sighting.url);
  last_line_ = is_public() ? std::string_view() : line;
}

void ProgramRun::on_url(const std::string& printed) {
  if (url_ && program_.tells_one_url()) return;
  if (printed == printed_) return later_.clear();
  if (url_ && Clock::now() < url_at_ + kBetweenUrls) {
    later_ = printed;
    return;
  }
  auto url = public_url(printed, around_.health_path);
  if (!url) {
    if (no_urls_++ == 0) around_.host.log(sdk::LogLevel::kWarn, url.error().message);
    return;
  }
  printed_ = printed;
  probe_.cancel();
  url_ = std::move(*url);
  told_ = false;
  told_reachable_ = false;
  failures_ = 0;
  pause_ = kFirstPause;
  const auto now = Clock::now();
  url_at_ = now;
  reachable_deadline_ = now + around_.settings.pace.reachable_timeout;
  const bool wait_for_connection = program_.tells_when_connected() && !connected_;
  next_check_ = wait_for_connection ? now + kConnectPatience : now;
  around_.events.progress({"checking", url_->https});
}

void ProgramRun::on_answer(const std::string& trouble) {
  if (trouble.empty()) {
    failures_ = 0;
    next_check_ = Clock::now() + around_.settings.pace.check_interval;
    if (!told_reachable_) tell(true);
    return;
  }
  ++failures_;
  if (told_reachable_ && failures_ >= kFailuresUntilTold) {
    around_.host.log(sdk::LogLevel::kWarn, url_->https + " does not answer any more: " + trouble);
    tell(false);
    pause_ = kFirstPause;
  } else {
    around_.host.log(sdk::LogLevel::kDebug, url_->https + " does not answer: " + trouble);
  }
  next_check_ = Clock::now() + std::min(pause_, around_.settings.pace.check_interval);
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void ProgramRun::tell(bool reachable) {
  told_ = true;
  told_reachable_ = reachable;
  ever_told_ = true;
  around_.events.ready({url_->channel, url_->https, reachable});
}

ProgramRun::End ProgramRun::end() {
  probe_.cancel();
  End end;
  end.stopped = around_.stop.requested();
  end.was_ready = ever_told_;
  const bool by_itself = process_.has_ended();
  if (!by_itself) {
    process_.send_signal(SIGTERM);
    process_.send_signal(SIGCONT);  // a stopped one takes the first when it goes on
    const auto deadline = Clock::now() + kKillAfter;
    while (!process_.has_ended() && Clock::now() < deadline) {
      const std::array<int, 3> watched{process_.output().get(), process_.errors().get(), process_.end().get()};
      probe_.wait(watched, std::min(until(deadline), process_.end().valid() ? kKillAfter : kLookAgain));
      read_all();
    }
  }
  read_all();
  if (no_urls_ > 1) {
    around_.host.log(sdk::LogLevel::kWarn, program_.name() + " told " + std::to_string(no_urls_ - 1) +
                                               " more that are no public URLs: check the pattern");
  }
  const process::ExitStatus exit = process_.reap();
  end.reason = over_.empty() || by_itself ? how_it_ended(exit) : over_;
  return end;
}

std::string ProgramRun::how_it_ended(const process::ExitStatus& exit) const {
  using Kind = process::ExitStatus::Kind;
  std::string reason = program_.name() + " ended";
  if (exit.kind == Kind::kExited) reason += " with exit code " + std::to_string(exit.number);
  if (exit.kind == Kind::kSignalled) reason += " by signal " + std::to_string(exit.number);
  if (!last_line_.empty()) reason += ": " + last_line_;
  return reason.substr(0, kMaxReason);
}

}  // namespace agentroom::tunnel
