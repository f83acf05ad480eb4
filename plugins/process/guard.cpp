#include "guard.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <system_error>
#include <utility>

#include "forked.hpp"
#include "signal_mask.hpp"

namespace agentroom::process {
namespace {

/// Groups that run at a time; one more is not watched.
constexpr std::size_t kMaxGroups = 1'024;

/// Forked from a process with threads: async-signal-safe calls only.
[[noreturn]] void guard_groups(int socket) noexcept {
  // Not among those that a terminal's Ctrl-C ends: it has to outlive the process that it guards.
  ::setsid();
  ::prctl(PR_SET_NAME, "agentroom-guard");
  forked::close_all_but(socket);
  std::array<pid_t, kMaxGroups> groups{};
  std::size_t count = 0;
  while (true) {
    pid_t message = 0;
    const ssize_t got = ::recv(socket, &message, sizeof message, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    auto* const end = groups.data() + count;
    if (message > 0 && count < groups.size()) groups[count++] = message;
    if (message < 0) {
      auto* const found = std::find(groups.data(), end, -message);
      if (found != end) *found = groups[--count];
    }
  }
  for (std::size_t i = 0; i < count; ++i) ::kill(-groups[i], SIGKILL);
  ::_exit(0);
}

}  // namespace

sdk::Result<std::unique_ptr<Guard>> Guard::start() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return sdk::fail(AR_IO, "cannot make a socket for a guard of processes: " + std::generic_category().message(errno));
  }
  Descriptor own(ends[0]);
  const Descriptor guards(ends[1]);
  const AllSignalsBlocked blocked;
  const pid_t process = ::fork();
  if (process < 0) {
    return sdk::fail(AR_IO, "cannot start a guard of processes: " + std::generic_category().message(errno));
  }
  // The signals stay blocked: only SIGKILL ends it.
  if (process == 0) guard_groups(guards.get());
  return std::unique_ptr<Guard>(new Guard(process, std::move(own)));
}

Guard::~Guard() {
  ::kill(process_, SIGKILL);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Guard::tell(pid_t message) const noexcept {
  while (::send(socket_.get(), &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

}  // namespace agentroom::process
