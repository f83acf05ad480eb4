#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace agentroom::e2e {
namespace {

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Child::Child(const std::string& program, const std::vector<std::string>& arguments, const Environment& environment,
             const std::filesystem::path& stderr_file, const std::filesystem::path& directory)
    : stderr_file_(stderr_file) {
  const auto in = make_pipe();
  const auto out = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  check(::posix_spawn_file_actions_init(&actions), "spawn");
  check(::posix_spawnattr_init(&attributes), "spawn");
  check(::posix_spawn_file_actions_adddup2(&actions, in[0], 0), "spawn");
  check(::posix_spawn_file_actions_adddup2(&actions, out[1], 1), "spawn");
  check(::posix_spawn_file_actions_addopen(&actions, 2, stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600),
        "spawn");
  check(::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str()), "spawn");

  std::vector<std::string> argv_texts{program};
  argv_texts.insert(argv_texts.end(), arguments.begin(), arguments.end());
  std::vector<std::string> env_texts;
  for (const char* name : {"PATH", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = ::getenv(name)) env_texts.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : environment) env_texts.push_back(name + "=" + value);
  auto argv = pointers(argv_texts);
  auto envp = pointers(env_texts);
  check(::posix_spawn(&pid_, program.c_str(), &actions, &attributes, argv.data(), envp.data()), program.c_str());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(in[0]);
  ::close(out[1]);
  in_ = in[1];
  out_ = out[0];
}

Child::~Child() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  close_input();
  ::close(out_);
}

bool Child::fill(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd readable{out_, POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 65536> chunk{};
  const ssize_t size = ::read(out_, chunk.data(), chunk.size());
  if (size <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<std::string> Child::read_line(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (!fill(until)) return std::nullopt;
  }
}

std::string Child::read_all() {
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (fill(until)) {
  }
  return std::move(buffer_);
}

void Child::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size = ::write(in_, text.data(), text.size());
    if (size < 0) throw std::system_error(errno, std::generic_category(), "write to a child");
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Child::close_input() {
  if (in_ >= 0) ::close(std::exchange(in_, -1));
}

void Child::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

int Child::wait(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= until) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      ended_ = true;
      return -1;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // waitpid has no deadline of its own
  }
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Child::errors() const {
  std::ifstream file(stderr_file_);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace agentroom::e2e
