#include "killed.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace agentroom::e2e {
namespace {

constexpr long kChanges[] = {
#ifdef SYS_rename
    SYS_rename,
#endif
#ifdef SYS_unlink
    SYS_unlink,    SYS_rmdir,     SYS_mkdir,
#endif
    SYS_renameat2, SYS_renameat,  SYS_unlinkat, SYS_linkat,   SYS_mkdirat, SYS_ftruncate,
    SYS_fsync,     SYS_fdatasync, SYS_write,    SYS_pwrite64, SYS_pwritev};

bool changes_files(unsigned long call) {
  return std::ranges::find(kChanges, static_cast<long>(call)) != std::end(kChanges);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

/// What runs between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_traced(const char* directory, char* const* argv, char* const* envp) {
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(nothing, STDERR_FILENO);
  if (::chdir(directory) == 0 && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) ::execve(argv[0], argv, envp);
  ::_exit(125);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// The system call that the child is about to make, or nothing at other stops.
std::optional<unsigned long> entered_call(pid_t pid) {
  __ptrace_syscall_info info{};
  const auto size = reinterpret_cast<void*>(sizeof info);
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, size, &info) <= 0) return {};
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return {};
  return static_cast<unsigned long>(info.entry.nr);
}

}  // namespace

bool run_killed(const Home& home, const std::vector<std::string>& arguments, std::size_t calls) {
  std::vector<std::string> argv_texts{AGENTROOM_BINARY};
  argv_texts.insert(argv_texts.end(), arguments.begin(), arguments.end());
  // A leak check traces the process itself, which has one tracer already.
  std::vector<std::string> env_texts{"ASAN_OPTIONS=detect_leaks=0"};
  for (const auto& [name, value] : home.environment) env_texts.push_back(name + "=" + value);
  const auto argv = pointers(argv_texts);
  const auto envp = pointers(env_texts);
  const std::string directory = home.desk().string();

  const pid_t pid = ::fork();
  if (pid == 0) become_traced(directory.c_str(), argv.data(), envp.data());
  int status = wait_for(pid);  // stopped by its exec
  if (!WIFSTOPPED(status)) {
    ADD_FAILURE() << "the system lets nobody trace a child: status " << status;
    return true;
  }
  ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
  std::size_t made = 0;
  int signal = 0;
  for (;;) {
    ::ptrace(PTRACE_SYSCALL, pid, nullptr, reinterpret_cast<void*>(static_cast<std::intptr_t>(signal)));
    status = wait_for(pid);
    if (!WIFSTOPPED(status)) break;
    const bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
    signal = at_call ? 0 : WSTOPSIG(status);
    if (!at_call) continue;
    const auto call = entered_call(pid);
    if (!call || !changes_files(*call) || made++ < calls) continue;
    ::kill(pid, SIGKILL);
    wait_for(pid);
    return false;
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  return true;
}

}  // namespace agentroom::e2e
