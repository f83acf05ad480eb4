#include "conformance.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "config/private_file.hpp"
#include "installed_files.hpp"

extern char** environ;

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestResult = std::size_t{16} * 1024 * 1024;
/// For what ends by itself once it sees that the suite has.
constexpr std::chrono::seconds kOrphansTime{5};
constexpr std::size_t kMostSaid = 4'000;  // bytes

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

const boost::json::array& array_of(const boost::json::object& object, std::string_view name) {
  static const boost::json::array empty;
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : empty;
}

/// Every test of a report of GoogleTest, with the name of its group.
template <class Visit>
void for_each_test(const boost::json::value& report, const Visit& visit) {
  if (!report.is_object()) return;
  for (const auto& group : array_of(report.get_object(), "testsuites")) {
    if (!group.is_object()) continue;
    for (const auto& test : array_of(group.get_object(), "testsuite")) {
      if (test.is_object()) visit(std::string(text_of(group.get_object(), "name")), test.get_object());
    }
  }
}

boost::json::value report_in(const fs::path& file) {
  const auto text = config::read_file(file, kLargestResult);
  boost::system::error_code failed;
  return text ? boost::json::parse(*text, failed) : boost::json::value();
}

/// Without the folders of the machine that built the suite.
std::string without_folders(std::string_view failure) {
  const std::size_t line_end = std::min(failure.find('\n'), failure.size());
  const std::size_t slash = failure.substr(0, line_end).rfind('/');
  return std::string(slash == std::string_view::npos ? failure : failure.substr(slash + 1));
}

void add_line(std::string& text, std::string_view more) {
  if (!text.empty()) text += '\n';
  text += more;
}

std::string failures_of(const boost::json::object& test) {
  std::string said;
  for (const auto& failure : array_of(test, "failures")) {
    if (failure.is_object()) add_line(said, without_folders(text_of(failure.get_object(), "failure")));
  }
  return said;
}

/// A variable that would make a suite of GoogleTest do something else.
bool misleads_suite(std::string_view variable) {
  return variable.starts_with("GTEST_") || variable.starts_with("TESTBRIDGE_TEST_ONLY=") ||
         variable.starts_with("TEST_TMPDIR=") || variable.starts_with("TEST_PREMATURE_EXIT_FILE=");
}

std::vector<pid_t> children() {
  std::vector<pid_t> all;
  std::error_code failed;
  for (const auto& task : fs::directory_iterator("/proc/self/task", failed)) {
    std::ifstream list(task.path() / "children");
    all.insert(all.end(), std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>());
  }
  return all;
}

/// False: children of this process, orphans that came to it, still run when `patience` is over.
bool orphans_end(std::chrono::milliseconds patience) {
  const auto until = Clock::now() + patience;
  while (true) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (children().empty()) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void end_orphans() {
  for (std::vector<pid_t> left = children(); !left.empty(); left = children()) {
    for (const pid_t child : left) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

std::string signal_text(int signal) {
  return ::strsignal(signal);  // NOLINT(concurrency-mt-unsafe): one thread asks
}

}  // namespace

std::string words_of(std::string_view name) {
  std::string words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool begins = is_upper(c) || (is_digit(c) && i > 0 && !is_digit(name[i - 1]));
    if (begins && !words.empty()) words += ' ';
    words += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return words;
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKept:
      return "kept";
    case Verdict::kBroken:
      return "broken";
    case Verdict::kCrashed:
      return "crashed";
    case Verdict::kHung:
      return "hung";
    case Verdict::kLeftOut:
      return "left_out";
  }
  return "broken";
}

Result<fs::path> ConformanceSuite::find(host::PluginKind kind) {
  return installed_file(AGENTROOM_LIBEXECDIR "/agentroom/conformance/" + std::string(host::kind_name(kind)));
}

Result<std::vector<Promise>> ConformanceSuite::promises() {
  const auto ended = run({"--gtest_list_tests"});
  if (!ended) return std::unexpected(ended.error());
  std::vector<Promise> all;
  for_each_test(report_in(result_file()), [&](std::string group, const boost::json::object& test) {
    all.push_back({std::move(group), std::string(text_of(test, "name"))});
  });
  if (all.empty()) return fail(ErrorCode::kInternal, program_.string() + " lists no promises: " + output());
  return all;
}

Result<Outcome> ConformanceSuite::check(const Promise& promise, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"--gtest_filter=" + promise.full_name(), "--gtest_color=no"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const auto begin = Clock::now();
  const auto ended = run(std::move(all));
  if (!ended) return std::unexpected(ended.error());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  if (!ended->in_time) {
    return Outcome{Verdict::kHung, took,
                   "it was not done after " + std::to_string(longest_.count()) + " ms\n" + output()};
  }
  if (WIFSIGNALED(ended->status)) {
    return Outcome{Verdict::kCrashed, took,
                   "the process ended by a signal: " + signal_text(WTERMSIG(ended->status)) + "\n" + output()};
  }
  Outcome outcome{Verdict::kBroken, took, {}};
  for_each_test(report_in(result_file()), [&](const std::string& /*group*/, const boost::json::object& test) {
    outcome.said = failures_of(test);
    if (!outcome.said.empty()) return;
    outcome.verdict = text_of(test, "result") == "SKIPPED" ? Verdict::kLeftOut : Verdict::kKept;
    outcome.said = text_of(test, "why");
  });
  if (ended->left_processes) {
    outcome.verdict = Verdict::kBroken;
    add_line(outcome.said, "a process that the plugin started went on after the plugin was gone");
  }
  const bool all_well = WEXITSTATUS(ended->status) == 0;
  if (outcome.verdict == Verdict::kKept && !all_well) outcome.verdict = Verdict::kCrashed;
  if (outcome.said.empty() && outcome.verdict != Verdict::kKept) outcome.said = output();
  if (outcome.said.size() > kMostSaid) outcome.said = outcome.said.substr(0, kMostSaid) + " …";
  return outcome;
}

void ConformanceSuite::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  if (running_ > 0) ::kill(-running_, SIGKILL);
}

std::string ConformanceSuite::output() const {
  const auto text = config::read_file(output_file(), kLargestResult);
  if (!text) return {};
  std::string end = text->substr(text->size() > kMostSaid ? text->size() - kMostSaid : 0);
  while (end.ends_with('\n')) end.pop_back();
  return end;
}

Result<void> ConformanceSuite::spawn(std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // What a killed program leaves goes with the folder.
  std::string place = "TEST_TMPDIR=" + folder_.string();
  std::vector<char*> environment{place.data()};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!misleads_suite(*variable)) environment.push_back(*variable);
  }
  environment.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output_file().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  int failed = ECANCELED;
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      failed = ::posix_spawn(&running_, program_.c_str(), &files, &attributes, argv.data(), environment.data());
    }
  }
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed == ECANCELED) return fail(ErrorCode::kCancelled, "stopped before all promises were checked");
  if (failed != 0) {
    return fail(ErrorCode::kInternal, "cannot start " + program_.string() + ": " + config::reason_text(failed));
  }
  return {};
}

Result<ConformanceSuite::Run> ConformanceSuite::run(std::vector<std::string> arguments) {
  std::error_code ignored;
  fs::remove(result_file(), ignored);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  arguments.insert(arguments.begin(), {program_.string(), "--gtest_output=json:" + result_file().string()});
  if (auto spawned = spawn(arguments); !spawned) return pass(spawned);

  Run run;
  pollfd ended{static_cast<int>(::syscall(SYS_pidfd_open, running_, 0)), POLLIN, 0};
  const bool watched = ended.fd >= 0;
  const auto until = Clock::now() + longest_;
  while (watched) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    run.in_time = left.count() > 0;
    const int polled = run.in_time ? ::poll(&ended, 1, static_cast<int>(left.count())) : 0;
    if (!run.in_time || polled > 0) break;
  }
  if (watched) ::close(ended.fd);
  const std::scoped_lock lock(mutex_);
  if (!run.in_time || !watched) ::kill(-running_, SIGKILL);
  while (::waitpid(running_, &run.status, 0) < 0 && errno == EINTR) {
  }
  running_ = 0;
  run.left_processes = WIFEXITED(run.status) && !stopped_ && !orphans_end(kOrphansTime);
  end_orphans();
  if (!watched) return fail(ErrorCode::kInternal, "cannot wait for " + program_.string());
  if (stopped_) return fail(ErrorCode::kCancelled, "stopped before all promises were checked");
  return run;
}

}  // namespace agentroom::cli
