// What a command says: JSON for programs, short lines for people.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "agentroom/result.hpp"
#include "terminal.hpp"

namespace agentroom::cli {

enum class Style : std::uint8_t { kPlain, kBold, kDim, kGood, kBad, kNotice };

/// What became of a text for stdout: kCut where a file took only the beginning of it, or nothing, as on a full disk;
/// kNot when it was given up or the reader is gone.
enum class Written : std::uint8_t { kAll, kCut, kNot };

/// With `--json` stdout carries JSON and nothing else: one object for a one-shot command, one a line, each with `type`
/// and `ts`, for a streaming one. Without it stdout has lines for people. Remarks go to stderr. Text from outside is
/// escaped by whoever puts it into a line for people; JSON takes it as it is and escapes whatever a terminal could act
/// on. What a streaming command says begins on a line of its own, also after one that was cut.
///
/// Thread: any.
class Output {
 public:
  static constexpr std::uint64_t kLargestLog = std::uint64_t{16} * 1024 * 1024;

  Output(bool json, bool quiet);

  bool json() const { return json_; }

  /// From now on stdout and stderr are no terminal, whatever they were: no colours, no progress. Where stdout is a
  /// file, it is the log of this process: once it has `most` bytes it is renamed, ".1" behind its name, in place of the
  /// one before, and another begins under its name.
  void leave_terminal(std::uint64_t most = kLargestLog);

  /// From now on every object of this command has `type` and `ts`.
  void stream() { streaming_ = true; }

  /// The one object of a one-shot command; nothing without `--json`.
  void result(const boost::json::object& object);
  /// An event of a streaming command; `line` is what people see of it, nothing when it is empty.
  void event(std::string_view type, boost::json::object members, std::string_view line);
  /// Text for stdout, whose reader may stand still: `give_up` is asked several times a second while it does, and nobody
  /// else is held up meanwhile.
  Written write_patiently(std::string_view text, const std::function<bool()>& give_up);
  /// A line for people on stdout; nothing with `--json`.
  void line(std::string_view text = {});
  /// A remark for people on stderr; nothing with `--json` or `-q`.
  void remark(std::string_view text);
  /// The same, written as `write_patiently` does. False when it was given up.
  bool remark_patiently(std::string_view text, const std::function<bool()>& give_up);
  /// Something is wrong that does not stop the command: told with `-q` too, and with `--json` as a line of the log.
  void warning(std::string_view text);
  /// Whether `progress` shows anything: stderr is a terminal, and neither `--json` nor `-q` was given.
  bool shows_progress() const { return shows_progress_; }
  /// What is going on right now, on one line of stderr: replaces the last one, is cut to the terminal, and stays below
  /// all other lines until it is emptied. `text` is printable.
  void progress(std::string_view text);
  /// Tells an error in the form asked for, and gives its exit code.
  int error(const Error& error);

  /// `text` in a colour or weight when stdout is a terminal and NO_COLOR is not set.
  std::string styled(Style style, std::string_view text) const;

  /// False once whoever read stdout is gone, or what a one-shot command had to say could not be written.
  bool alive() const { return alive_; }

 private:
  /// `goes_on`: a line that the last text left open.
  Written write(std::string_view text, bool goes_on = false);
  void write_stderr(std::string_view text);
  /// `text` as lines for stderr, broken at spaces on a terminal.
  static std::string lines_of(std::string_view text);
  void turn_over();  // mutex_ held
  void hide_progress();
  void show_progress();
  void write_json(const boost::json::object& object);
  /// `error: text`; on a terminal broken at spaces, the text below itself.
  std::string labelled(std::string_view label, Style style, std::string_view text) const;
  std::string paint(bool colour, Style style, std::string_view text) const;

  const bool json_;
  const bool quiet_;
  std::atomic<bool> colour_out_;
  std::atomic<bool> colour_err_;
  std::atomic<bool> shows_progress_;
  std::string progress_;
  std::string log_;  // its path; empty: stdout is none
  std::uint64_t most_ = 0;
  bool streaming_ = false;
  std::atomic<bool> alive_ = true;
  bool in_line_ = false;  // stdout has the beginning of a line
  std::recursive_mutex mutex_;
};

/// One line of JSON. Control characters, also those beyond ASCII, and characters that change the direction of text are
/// written as \uNNNN, so that a terminal shows them and does not obey them.
std::string json_line(const boost::json::object& object);

/// Milliseconds since the Unix epoch by the system's clock.
std::int64_t unix_ms();

/// Local time of day, "14:05:09".
std::string clock_text(std::int64_t unix_ms);
/// "3 minutes ago", "in 23 hours", "just now".
std::string relative_text(std::int64_t unix_ms, std::int64_t now);

}  // namespace agentroom::cli
