#include "running_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "config/private_file.hpp"

namespace agentroom::cli {
namespace {

constexpr std::size_t kLargestProcFile = 4096;
/// The start time is field 22 of /proc/PID/stat, the 20th after the name (proc(5)).
constexpr int kFieldsBeforeStart = 19;

std::optional<std::string> boot_id() {
  auto text = config::read_file("/proc/sys/kernel/random/boot_id", kLargestProcFile);
  if (!text) return std::nullopt;
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return std::move(*text);
}

std::optional<std::uint64_t> start_of(pid_t pid) {
  const auto stat = config::read_file("/proc/" + std::to_string(pid) + "/stat", kLargestProcFile);
  if (!stat) return std::nullopt;
  // The name is in parentheses and may hold anything, parentheses too.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos) return std::nullopt;
  at += 2;
  for (int field = 0; field < kFieldsBeforeStart && at != std::string::npos; ++field) {
    at = stat->find(' ', at);
    if (at != std::string::npos) ++at;
  }
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t start = 0;
  const auto [end, error] = std::from_chars(stat->data() + at, stat->data() + stat->size(), start);
  return error == std::errc() ? std::optional(start) : std::nullopt;
}

std::optional<ProcessMark> mark_of(pid_t pid) {
  const auto start = start_of(pid);
  auto boot = boot_id();
  if (!start || !boot) return std::nullopt;
  return ProcessMark{.pid = pid, .start = *start, .boot = std::move(*boot)};
}

}  // namespace

Result<ProcessMark> mark_of_this_process() {
  auto mark = mark_of(::getpid());
  if (!mark) {
    return fail(ErrorCode::kIo, "cannot read /proc/self/stat, which tells this process from others",
                "mount /proc: mount -t proc proc /proc");
  }
  return std::move(*mark);
}

Result<std::optional<RunningProcess>> RunningProcess::find(const ProcessMark& mark) {
  if (mark.pid <= 0) return std::nullopt;
  // The descriptor first: if the pid is given away after this, the comparison notices it.
  RunningProcess process(static_cast<int>(::syscall(SYS_pidfd_open, mark.pid, 0)));
  const int error = process.descriptor_ < 0 ? errno : 0;
  if (error == ESRCH || (error != 0 && ::kill(mark.pid, 0) != 0 && errno == ESRCH)) return std::nullopt;
  const auto found = mark_of(mark.pid);
  if (found && *found != mark) return std::nullopt;
  if (error == 0 && process.wait(std::chrono::milliseconds(0))) return std::nullopt;
  if (error == 0 && found) return process;
  const std::string pid = std::to_string(mark.pid);
  return fail(ErrorCode::kIo,
              "cannot tell whether pid " + pid +
                  " still runs: " + (error != 0 ? config::reason_text(error) : "/proc/" + pid + "/stat cannot be read"),
              "try again; or look for it yourself: ps -p " + pid);
}

RunningProcess::RunningProcess(RunningProcess&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RunningProcess& RunningProcess::operator=(RunningProcess&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RunningProcess::~RunningProcess() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> RunningProcess::ask_to_end() {
  if (::syscall(SYS_pidfd_send_signal, descriptor_, SIGTERM, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return fail(ErrorCode::kNotFound, "the process has ended already");
  return fail(ErrorCode::kPermission, "cannot end the process: " + config::reason_text(errno),
              "run the command as the user that started it");
}

bool RunningProcess::wait(std::chrono::milliseconds timeout) {
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd ended{.fd = descriptor_, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace agentroom::cli
