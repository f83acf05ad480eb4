#include "detach.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "config/private_file.hpp"

namespace agentroom::cli {
namespace {

constexpr int kLookEveryMs = 50;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void close() {
    if (value_ >= 0) ::close(release());
  }

 private:
  int value_;
};

/// SIGINT, SIGTERM and SIGHUP wait to be read while it lives.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    ::sigemptyset(&held);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held, number);
    ::pthread_sigmask(SIG_BLOCK, &held, &before_);
    descriptor_ = ::signalfd(-1, &held, SFD_CLOEXEC);
  }
  ~HeldSignals() {
    if (descriptor_ >= 0) ::close(descriptor_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  int descriptor() const { return descriptor_; }
  void take() const {
    signalfd_siginfo signal{};
    while (::read(descriptor_, &signal, sizeof signal) < 0 && errno == EINTR) {
    }
  }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

std::unexpected<Error> cannot(const std::string& doing, int error) {
  return fail(ErrorCode::kIo, "cannot " + doing + ": " + config::reason_text(error),
              "run the command without --detach");
}

/// Shows what was added to the log since.
void show(int log) {
  std::array<char, 8192> buffer{};
  for (;;) {
    const ssize_t got = ::read(log, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(STDOUT_FILENO, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return;  // whoever read it is gone; the child goes on all the same
      done += put;
    }
  }
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  constexpr int kBySignal = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal + WTERMSIG(status);
}

Result<Detached> watch(pid_t child, int news, int log, const HeldSignals& signals) {
  for (;;) {
    std::array<pollfd, 2> ready{pollfd{.fd = news, .events = POLLIN, .revents = 0},
                                pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
    const int count = ::poll(ready.data(), ready.size(), kLookEveryMs);
    show(log);
    if (count <= 0) continue;
    if (ready[1].revents != 0) {
      signals.take();
      ::kill(child, SIGTERM);
    }
    if (ready[0].revents == 0) continue;
    char word = 0;
    Detached end{.foreground = {}};
    end.goes_on = ::read(news, &word, 1) == 1;
    if (!end.goes_on) end.exit_code = exit_code_of(child);
    show(log);
    if (!end.goes_on && end.exit_code == 0) {
      return fail(ErrorCode::kCancelled, "it ended before it was open, and nothing goes on in the background",
                  "see what goes on while it opens: run the command without --detach");
    }
    return end;
  }
}

/// Closes all but the standard streams and these: whoever waits for the end of a pipe of this process's caller would
/// wait for the end of this one.
void close_all_but(std::vector<int> kept) {
  kept.push_back(STDERR_FILENO);
  std::ranges::sort(kept);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const unsigned first = static_cast<unsigned>(kept[i]) + 1;
    const unsigned last = i + 1 < kept.size() ? static_cast<unsigned>(kept[i + 1]) - 1 : ~0U;
    if (first <= last) ::close_range(first, last, 0);
  }
}

void become_background(int log) {
  ::setsid();
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.get() >= 0) ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
}

}  // namespace

Foreground::~Foreground() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (log_ >= 0) ::close(log_);
}

void Foreground::let_go() {
  if (descriptor_ < 0) return;
  ::dup2(log_, STDERR_FILENO);
  const char word = 1;
  while (::write(descriptor_, &word, 1) < 0 && errno == EINTR) {
  }
  ::close(std::exchange(descriptor_, -1));
}

Result<Detached> detach(const std::filesystem::path& log) {
  if (auto made = config::make_private_folder(log.parent_path()); !made) return pass(made);
  Descriptor writing(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (writing.get() < 0) return cannot("write " + log.string(), errno);
  ::fchmod(writing.get(), 0600);
  ::unlink((log.string() + ".1").c_str());  // of the one before
  const Descriptor reading(::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (reading.get() < 0) return cannot("read " + log.string(), errno);
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot("detach", errno);
  const Descriptor news(ends[0]);
  Descriptor teller(ends[1]);

  const HeldSignals signals;
  const pid_t child = ::fork();
  if (child < 0) return cannot("detach", errno);
  if (child == 0) {
    close_all_but({writing.get(), reading.get(), news.get(), teller.get(), signals.descriptor()});
    become_background(writing.get());
    return Detached{.foreground = std::make_unique<Foreground>(teller.release(), writing.release())};
  }
  teller.close();
  return watch(child, news.get(), reading.get(), signals);
}

}  // namespace agentroom::cli
