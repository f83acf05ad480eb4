#include "forked.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace agentroom::process::forked {
namespace {

/// The highest descriptor that there can be, for a kernel without close_range.
int last_descriptor() noexcept {
  constexpr rlim_t kEnough = 1'048'576;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 65'536;
  return static_cast<int>(std::min(limit.rlim_max, kEnough));
}

void close_range_or_each(int first, int last) noexcept {
  if (first > last) return;
  if (::close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  for (int descriptor = first; descriptor <= std::min(last, last_descriptor()); ++descriptor) ::close(descriptor);
}

}  // namespace

void reset_signals() noexcept {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_on_exec_from(int first) noexcept {
  if (::close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int descriptor = first; descriptor <= last_descriptor(); ++descriptor) {
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

void close_all_but(int kept) noexcept {
  close_range_or_each(0, kept - 1);
  close_range_or_each(kept + 1, std::numeric_limits<int>::max());
}

}  // namespace agentroom::process::forked
