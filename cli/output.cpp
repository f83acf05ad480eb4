#include "output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <ranges>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace agentroom::cli {
namespace {

/// A terminal that obeys escapes.
bool is_terminal(int fd) {
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nothing writes the environment
  return ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  return is_terminal(fd) && (no_colour == nullptr || *no_colour == '\0');
}

/// What was not written; errno says why.
std::string_view write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return text;
}

/// Whether a write that failed so tells of a pipe without a reader or a terminal that hung up.
bool reader_is_gone(int fd, int error) {
  struct stat status{};
  return error == EPIPE || (error == EIO && ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode));
}

bool is_same_file(int fd, const struct stat& other) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && status.st_dev == other.st_dev && status.st_ino == other.st_ino;
}

/// The path of a regular file that is open; empty when it has none.
std::string path_of(int fd) {
  struct stat status{};
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
  if (error || ::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || !is_same_file(fd, status)) return {};
  return path.string();
}

/// The code point that begins at `text`, of two or three bytes; 0 for all others.
unsigned short_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  if (text.size() >= 2 && (byte(0) & 0xE0U) == 0xC0U) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  if (text.size() >= 3 && (byte(0) & 0xF0U) == 0xE0U) {
    return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  }
  return 0;
}

bool acts_on_terminals(unsigned c) {
  return (c >= 0x80 && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x061C || c == 0xFEFF;
}

std::string hex_escape(unsigned c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\\u";
  for (unsigned shift = 16; shift > 0; shift -= 4) out += kDigits[(c >> (shift - 4)) & 0xFU];
  return out;
}

/// Waits until a pipe or a terminal takes PIPE_BUF bytes without waiting. False: given up.
bool takes_more(int fd, const std::function<bool()>& give_up) {
  constexpr int kAskAgainMs = 100;
  pollfd out{.fd = fd, .events = POLLOUT, .revents = 0};
  while (::poll(&out, 1, kAskAgainMs) <= 0) {
    if (give_up()) return false;
  }
  return true;
}

std::string count(std::int64_t number, std::string_view unit) {
  return std::to_string(number) + " " + std::string(unit) + (number == 1 ? "" : "s");
}

}  // namespace

std::string json_line(const boost::json::object& object) {
  const std::string text = boost::json::serialize(object);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x7f') {
      out += "\\u007f";
      continue;
    }
    const unsigned c = short_code_point(std::string_view(text).substr(i));
    if (!acts_on_terminals(c)) {
      out += text[i];
      continue;
    }
    out += hex_escape(c);
    i += c < 0x800 ? 1 : 2;
  }
  return out + "\n";
}

Output::Output(bool json, bool quiet)
    : json_(json),
      quiet_(quiet),
      colour_out_(!json && wants_colour(STDOUT_FILENO)),
      colour_err_(wants_colour(STDERR_FILENO)),
      shows_progress_(!json && !quiet && is_terminal(STDERR_FILENO)) {}

void Output::leave_terminal(std::uint64_t most) {
  progress({});
  colour_out_ = false;
  colour_err_ = false;
  shows_progress_ = false;
  const std::scoped_lock lock(mutex_);
  log_ = path_of(STDOUT_FILENO);
  most_ = most;
}

void Output::turn_over() {
  struct stat log{};
  if (log_.empty() || in_line_ || ::fstat(STDOUT_FILENO, &log) != 0) return;
  if (static_cast<std::uint64_t>(log.st_size) < most_) return;
  const std::string next = log_ + ".new";
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return;  // with the next line, maybe
  std::error_code error;
  std::filesystem::rename(log_, log_ + ".1", error);  // where it cannot, the old one is lost
  std::filesystem::rename(next, log_, error);
  if (!error) {
    if (is_same_file(STDERR_FILENO, log)) ::dup2(file, STDERR_FILENO);
    ::dup2(file, STDOUT_FILENO);
  }
  ::close(file);
}

Written Output::write(std::string_view text, bool goes_on) {
  const std::scoped_lock lock(mutex_);
  if (!alive_) return Written::kNot;
  if (!goes_on) turn_over();
  hide_progress();
  const bool begun = goes_on || !in_line_ || write_all(STDOUT_FILENO, "\n").empty();
  const std::string_view left = begun ? write_all(STDOUT_FILENO, text) : text;
  if (!left.empty() && (!streaming_ || reader_is_gone(STDOUT_FILENO, errno))) alive_ = false;
  if (left.size() < text.size()) {
    in_line_ = text[text.size() - left.size() - 1] != '\n';
  } else if (begun && !goes_on) {
    in_line_ = false;
  }
  show_progress();
  if (left.empty()) return Written::kAll;
  return alive_ ? Written::kCut : Written::kNot;
}

Written Output::write_patiently(std::string_view text, const std::function<bool()>& give_up) {
  Written written = alive_ ? Written::kAll : Written::kNot;
  for (bool goes_on = false; !text.empty() && written == Written::kAll; goes_on = true) {
    if (!takes_more(STDOUT_FILENO, give_up)) return Written::kNot;
    const std::string_view part = text.substr(0, PIPE_BUF);
    written = write(part, goes_on);
    text.remove_prefix(part.size());
  }
  return written;
}

void Output::write_stderr(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  turn_over();
  hide_progress();
  write_all(STDERR_FILENO, text);
  show_progress();
}

void Output::hide_progress() {
  if (!progress_.empty()) write_all(STDERR_FILENO, "\r\x1b[K");
}

// The cursor goes back to the beginning: a line that comes past this class, of the log for instance, starts there.
void Output::show_progress() {
  if (progress_.empty()) return;
  const std::size_t columns = terminal_columns(STDERR_FILENO);
  write_all(STDERR_FILENO, "\r\x1b[K" + (columns > 1 ? cut_to(progress_, columns - 1) : progress_) + "\r");
}

void Output::progress(std::string_view text) {
  if (!shows_progress_) return;
  const std::scoped_lock lock(mutex_);
  if (text.empty()) hide_progress();
  progress_ = text;
  show_progress();
}

void Output::write_json(const boost::json::object& object) {
  write(json_line(object));
}

void Output::result(const boost::json::object& object) {
  if (json_) write_json(object);
}

void Output::event(std::string_view type, boost::json::object members, std::string_view line) {
  if (json_) {
    boost::json::object object{{"type", type}};
    for (auto& [key, value] : members) object[key] = std::move(value);
    object["ts"] = unix_ms();
    write_json(object);
  } else if (!line.empty()) {
    this->line(line);
  }
}

void Output::line(std::string_view text) {
  if (!json_) write(std::string(text) + "\n");
}

void Output::remark(std::string_view text) {
  if (!json_ && !quiet_) write_stderr(lines_of(text));
}

bool Output::remark_patiently(std::string_view text, const std::function<bool()>& give_up) {
  if (json_ || quiet_) return true;
  const std::string lines = lines_of(text);
  for (std::string_view rest = lines; !rest.empty();) {
    if (!takes_more(STDERR_FILENO, give_up)) return false;
    const std::string_view part = rest.substr(0, PIPE_BUF);
    write_stderr(part);
    rest.remove_prefix(part.size());
  }
  return true;
}

std::string Output::lines_of(std::string_view text) {
  const std::size_t columns = terminal_columns(STDERR_FILENO);
  if (columns == 0) return std::string(text) + "\n";
  std::string lines;
  for (const auto line : std::views::split(text, '\n')) {
    const std::string_view whole(line.begin(), line.end());
    const std::size_t indent = std::min(whole.find_first_not_of(' '), whole.size());
    if (whole.size() <= columns || indent + kNarrowest > columns) {
      lines += std::string(whole) + "\n";
      continue;
    }
    for (const std::string& part : wrapped(whole.substr(indent), columns - indent)) {
      lines += std::string(indent, ' ') + part + "\n";
    }
  }
  return lines;
}

void Output::warning(std::string_view text) {
  if (json_) {
    // As a line of the log, whose reader may be a program.
    return write_stderr(
        json_line({{"ts", unix_ms()}, {"level", "warning"}, {"component", "agentroom"}, {"message", printable(text)}}));
  }
  write_stderr(labelled("warning:", Style::kNotice, printable(text)) + "\n");
}

int Output::error(const Error& error) {
  const std::string message = printable(error.message);
  const std::string hint = printable(error.hint);
  if (json_) {
    boost::json::object object{{"ok", false}, {"error", message}, {"code", code_name(error.code)}, {"hint", hint}};
    if (streaming_) {
      event("error", std::move(object), {});
    } else {
      write_json(object);
    }
  } else {
    // A hint may be a command to copy: it stays one line.
    write_stderr(labelled("error:", Style::kBad, message) + "\n" + (hint.empty() ? "" : "  " + hint + "\n"));
  }
  return exit_code(error.code);
}

std::string Output::paint(bool colour, Style style, std::string_view text) const {
  constexpr std::array<std::string_view, 6> kCodes{"", "1", "2", "32", "31", "33"};
  const std::string_view code = kCodes.at(static_cast<std::size_t>(style));
  if (!colour || code.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string Output::labelled(std::string_view label, Style style, std::string_view text) const {
  const std::size_t columns = terminal_columns(STDERR_FILENO);
  const std::string begin = paint(colour_err_, style, label) + " ";
  if (columns <= label.size() + kNarrowest) return begin + std::string(text);
  std::string out;
  for (const std::string& line : wrapped(text, columns - label.size() - 1)) {
    out += (out.empty() ? begin : "\n" + std::string(label.size() + 1, ' ')) + line;
  }
  return out;
}

std::string Output::styled(Style style, std::string_view text) const {
  return paint(colour_out_, style, text);
}

std::int64_t unix_ms() {
  return SystemClock().now().unix_ms;
}

std::string clock_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return "--:--:--";
  std::array<char, 16> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  return {text.data(), size};
}

std::string relative_text(std::int64_t unix_ms, std::int64_t now) {
  const std::int64_t distance = (now > unix_ms ? now - unix_ms : unix_ms - now) / 1000;
  if (distance < 2) return "just now";
  std::string text;
  if (distance < 120) {
    text = count(distance, "second");
  } else if (distance < 7200) {
    text = count(distance / 60, "minute");
  } else if (distance < 172'800) {
    text = count(distance / 3600, "hour");
  } else {
    text = count(distance / 86'400, "day");
  }
  return now > unix_ms ? text + " ago" : "in " + text;
}

}  // namespace agentroom::cli
