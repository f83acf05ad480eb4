#include "child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace agentroom::bench {
namespace {

namespace fs = std::filesystem;

/// 0 in the child, which ends with this process.
pid_t fork_bound() {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot start another process");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  return 0;
}

pid_t start(const Command& command) {
  // All memory is taken before the fork.
  std::vector<std::string> words = command.words;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> lines = command.environment;
  if (const char* path = std::getenv("PATH")) lines.push_back(std::string("PATH=") + path);
  std::vector<char*> variables;
  for (std::string& line : lines) variables.push_back(line.data());
  variables.push_back(nullptr);

  const pid_t pid = fork_bound();
  if (pid > 0) return pid;
  const int file = ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execve(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

}  // namespace

TemporaryFolder::TemporaryFolder(const fs::path& parent) {
  std::string pattern = (parent / "agentroom-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + parent.string());
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ChildProcess::ChildProcess(const Command& command) : pid_(start(command)) {}

ChildProcess::ChildProcess(const std::function<int()>& body) : pid_(fork_bound()) {
  if (pid_ == 0) ::_exit(body());
}

ChildProcess::~ChildProcess() {
  ::kill(pid_, SIGTERM);
  const auto until = Clock::now() + std::chrono::seconds(5);
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::now() > until) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool ChildProcess::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

Used run_to_end(const Command& command) {
  std::error_code ignored;
  fs::remove(command.output, ignored);
  const auto begin = Clock::now();
  const pid_t pid = start(command);
  int status = 0;
  rusage usage{};
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  const auto nanoseconds = [](const timeval& time) {
    return Nanoseconds(std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec));
  };
  const Used used{.time = Clock::now() - begin,
                  .cpu = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime),
                  .most_resident = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
                  .output = text_of(command.output)};
  if (status != 0) {
    std::string line;
    for (const std::string& word : command.words) line += word + " ";
    throw std::runtime_error(line + "failed; it said:\n" + used.output);
  }
  return used;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace agentroom::bench
