#include "plugin_trial.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.hpp"
#include "runtime/event_loop.hpp"

namespace agentroom::cli {
namespace {

constexpr std::size_t kLargestReport = 64UL * 1024;

std::string report_of(const host::Manifest& manifest) {
  SystemClock clock;
  runtime::EventLoop loop(clock);
  host::PluginHost plugins({}, loop, [](host::LogLevel, std::string_view, std::string_view) {});
  const auto loaded = plugins.check_loadable(manifest);
  boost::json::object report;
  if (loaded) {
    report = {{"version", loaded->version}, {"major", loaded->abi_major}, {"minor", loaded->abi_minor}};
  } else {
    report = {{"error", loaded.error().message}, {"hint", loaded.error().hint}};
  }
  return boost::json::serialize(report);
}

[[noreturn]] void load_and_report(const host::Manifest& manifest, int to) {
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  std::string report = report_of(manifest);
  std::string_view rest = report;
  while (!rest.empty()) {
    const ssize_t n = ::write(to, rest.data(), rest.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
  ::_exit(0);
}

/// All that comes until the other end is closed; nothing at the deadline, or when it is too much.
std::optional<std::string> read_until_closed(int from, std::chrono::milliseconds deadline) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + deadline;
  std::string text;
  while (text.size() <= kLargestReport) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd ready{from, POLLIN, 0};
    const int polled = left.count() > 0 ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return std::nullopt;
    std::array<char, 4096> bytes{};
    const ssize_t n = ::read(from, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return std::nullopt;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string member(const boost::json::object& report, std::string_view name) {
  const auto* value = report.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<host::LoadedInfo> outcome(const host::Manifest& manifest, const std::string& text) {
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse(text, failed);
  if (failed || !value.is_object()) {
    return fail(ErrorCode::kPlugin, manifest.library.string() + " ended the process that loaded it",
                "tell the author of the plugin");
  }
  const boost::json::object& report = value.get_object();
  if (report.contains("error")) return fail(ErrorCode::kPlugin, member(report, "error"), member(report, "hint"));
  const auto number = [&](std::string_view name) {
    const auto* part = report.if_contains(name);
    const std::int64_t* given = part != nullptr ? part->if_int64() : nullptr;
    return static_cast<std::uint16_t>(given != nullptr ? *given : 0);
  };
  return host::LoadedInfo{member(report, "version"), number("major"), number("minor")};
}

}  // namespace

Result<host::LoadedInfo> try_to_load(const host::Manifest& manifest, std::chrono::milliseconds deadline) {
  std::array<int, 2> pipe{};
  const bool piped = ::pipe2(pipe.data(), O_CLOEXEC) == 0;
  const pid_t child = piped ? ::fork() : -1;
  if (child == 0) load_and_report(manifest, pipe[1]);
  if (piped) ::close(pipe[1]);
  if (child < 0) {
    const std::string why = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): one thread
    if (piped) ::close(pipe[0]);
    return fail(ErrorCode::kInternal, "cannot start a process to load the plugin in: " + why);
  }
  const auto text = read_until_closed(pipe[0], deadline);
  ::close(pipe[0]);
  if (!text) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  if (!text) {
    return fail(ErrorCode::kPlugin,
                manifest.library.string() + " was not loaded after " + std::to_string(deadline.count()) + " ms",
                "tell the author of the plugin");
  }
  if (WIFSIGNALED(status)) {
    return fail(ErrorCode::kPlugin,
                manifest.library.string() + " crashes when it is loaded: " +
                    ::strsignal(WTERMSIG(status)),  // NOLINT(concurrency-mt-unsafe): one thread
                "tell the author of the plugin");
  }
  return outcome(manifest, *text);
}

}  // namespace agentroom::cli
