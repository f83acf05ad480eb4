#include "command_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include "forked.hpp"
#include "signal_mask.hpp"

namespace agentroom::process {
namespace {

struct Pipe {
  Descriptor read;
  Descriptor write;
};

/// Above the standard streams, so that none of them is overwritten while the others are put in place.
Descriptor above_standard_streams(int number) {
  if (number > STDERR_FILENO) return Descriptor(number);
  Descriptor low(number);
  return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{above_standard_streams(ends[0]), above_standard_streams(ends[1])};
  if (!pipe.read.valid() || !pipe.write.valid()) return std::nullopt;
  return pipe;
}

void make_nonblocking(const Descriptor& descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));  // exec does not write
  all.push_back(nullptr);
  return all;
}

/// All that the child needs, made before fork.
struct Launch {
  char* const* argv;
  char* const* env;
  const char* cwd;  ///< or NULL
  int input;
  int output;
  int errors;
  int failure;  ///< closed by a successful exec, else it carries the number of the error
  pid_t parent;
  const Guard* guard;
};

[[noreturn]] void give_up(int failure) noexcept {
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &error, sizeof error);
  ::_exit(127);
}

/// Runs in the child of a process with threads: async-signal-safe calls only.
[[noreturn]] void become(const Launch& launch) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);  // it died before it could be tied to this process
  launch.guard->watch(::getpid());
  if (::dup2(launch.input, STDIN_FILENO) < 0 || ::dup2(launch.output, STDOUT_FILENO) < 0 ||
      ::dup2(launch.errors, STDERR_FILENO) < 0) {
    give_up(launch.failure);
  }
  forked::close_on_exec_from(STDERR_FILENO + 1);
  if (launch.cwd != nullptr && ::chdir(launch.cwd) != 0) give_up(launch.failure);
  forked::reset_signals();
  ::execvpe(launch.argv[0], launch.argv, launch.env);
  give_up(launch.failure);
}

sdk::Error cannot_start(const Command& command, int error) {
  std::string message = "cannot start " + command.argv.front();
  if (!command.cwd.empty()) message += " in " + command.cwd;
  std::string hint;
  if (error == ENOENT) hint = "Check command and cwd in the configuration: there is no such program or folder.";
  if (error == EACCES) hint = "Make the program executable: chmod +x " + command.argv.front();
  if (error == E2BIG) hint = "The environment and the arguments of the command are too long.";
  // Someone still writes to the program, or has just now: a process that was forked meanwhile had the file open.
  const ar_status status = error == ETXTBSY ? AR_IN_USE : AR_IO;
  return sdk::fail(status, message + ": " + std::generic_category().message(error), hint);
}

/// 0 when exec worked.
int wait_for_exec(const Descriptor& failure) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(failure.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

pid_t fork_into(const Launch& launch) {
  const AllSignalsBlocked blocked;
  const pid_t process = ::fork();
  if (process == 0) become(launch);
  return process;
}

Descriptor open_process(pid_t process) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

}  // namespace

sdk::Result<CommandProcess> CommandProcess::start(const Command& command, const Guard& guard) {
  auto input = make_pipe();
  auto output = make_pipe();
  auto errors = make_pipe();
  auto failure = make_pipe();
  if (!input || !output || !errors || !failure) return cannot_start(command, errno);
  const std::vector<char*> argv = pointers(command.argv);
  const std::vector<char*> env = pointers(command.env);
  const Launch launch{argv.data(),          env.data(),          command.cwd.empty() ? nullptr : command.cwd.c_str(),
                      input->read.get(),    output->write.get(), errors->write.get(),
                      failure->write.get(), ::getpid(),          &guard};
  const pid_t child = fork_into(launch);
  if (child < 0) return cannot_start(command, errno);
  failure->write.close();
  CommandProcess process(child, guard);
  if (const int error = wait_for_exec(failure->read); error != 0) return cannot_start(command, error);
  process.end_ = open_process(child);
  process.input_ = std::move(input->write);
  process.output_ = std::move(output->read);
  process.errors_ = std::move(errors->read);
  for (const Descriptor* own : {&process.input_, &process.output_, &process.errors_}) make_nonblocking(*own);
  return process;
}

CommandProcess::CommandProcess(CommandProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      guard_(other.guard_),
      end_(std::move(other.end_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

CommandProcess::~CommandProcess() {
  if (process_ > 0) reap();
}

bool CommandProcess::has_ended() const {
  siginfo_t info{};
  const int result = ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
  // ECHILD: the host takes no interest in its children's ends, and this one is gone.
  return result != 0 ? errno == ECHILD : info.si_pid == process_;
}

void CommandProcess::send_signal(int signal) const {
  ::kill(-process_, signal);
}

ExitStatus CommandProcess::reap() {
  send_signal(SIGKILL);
  guard_->forget(process_);
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(process_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  process_ = -1;
  if (reaped < 0) return {};
  if (WIFSIGNALED(status)) return {ExitStatus::Kind::kSignalled, WTERMSIG(status)};
  return {ExitStatus::Kind::kExited, WEXITSTATUS(status)};
}

}  // namespace agentroom::process
