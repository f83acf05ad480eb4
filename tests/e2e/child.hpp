// A child process of a test: its output by lines, its end, its death. Everything has a deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentroom::e2e {

/// Long enough for a loaded machine and sanitizers; a test that meets it has failed.
inline constexpr std::chrono::seconds kDeadline{40};

using Environment = std::map<std::string, std::string>;

class Child {
 public:
  /// Starts `program` with a clean environment but PATH, TMPDIR and `environment`; stderr goes to `stderr_file`.
  Child(const std::string& program, const std::vector<std::string>& arguments, const Environment& environment,
        const std::filesystem::path& stderr_file, const std::filesystem::path& directory);
  /// Kills what still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line of stdout without its end, or nothing at the end of the output or the deadline.
  std::optional<std::string> read_line(std::chrono::milliseconds deadline = kDeadline);
  /// All the rest of stdout.
  std::string read_all();
  void write(std::string_view text);
  void close_input();

  void signal(int number) const;
  /// The exit code, or 128 + the signal; kills the child at the deadline and gives -1.
  int wait(std::chrono::milliseconds deadline = kDeadline);
  pid_t pid() const { return pid_; }
  std::string errors() const;

 private:
  bool fill(std::chrono::steady_clock::time_point until);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool ended_ = false;
  std::string buffer_;
  std::filesystem::path stderr_file_;
};

}  // namespace agentroom::e2e
