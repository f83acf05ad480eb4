// Processes that this one starts and ends, and folders for what they leave.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "loop.hpp"

namespace agentroom::bench {

/// A folder, for this user alone, that goes with what is in it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Command {
  std::vector<std::string> words;        ///< the program by its whole path, then its arguments
  std::vector<std::string> environment;  ///< "NAME=value" each; nothing else but PATH
  std::filesystem::path output;          ///< the file that gets what it says
};

/// Ends with its object, and with this process.
class ChildProcess {
 public:
  explicit ChildProcess(const Command& command);
  /// A copy of this process that runs `body` and nothing else; what that returns is its exit code.
  explicit ChildProcess(const std::function<int()>& body);
  /// SIGTERM; SIGKILL after 5 s.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  pid_t pid() const { return pid_; }
  bool has_ended() const;

 private:
  pid_t pid_ = -1;
};

/// What a process used that ran to its end.
struct Used {
  Nanoseconds time{};  ///< from before its start until after its end
  Nanoseconds cpu{};   // of user and system
  std::uint64_t most_resident = 0;
  std::string output;
};

/// std::runtime_error, with what it said, when it fails.
Used run_to_end(const Command& command);

/// All of a file; empty when there is none.
std::string text_of(const std::filesystem::path& file);

}  // namespace agentroom::bench
