// A server of its own for a run: on loopback, in a temporary folder, ended and removed with its object.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "options.hpp"

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

/// Ends with its object, and with this process.
class ChildProcess {
 public:
  /// Its output goes to the file `output`. `environment`: "NAME=value" each, and nothing else but PATH.
  ChildProcess(const std::vector<std::string>& command, const std::vector<std::string>& environment,
               const std::filesystem::path& output);
  /// SIGTERM; SIGKILL after 5 s.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  pid_t pid() const { return pid_; }
  bool has_ended() const;

 private:
  pid_t pid_ = -1;
};

class Server {
 public:
  /// Limits that hold strangers back are out of the way for `connections` of them. std::runtime_error, with what the
  /// server said, when it does not listen within 10 s.
  Server(const Options& options, std::uint64_t connections);

  pid_t pid() const { return process_.pid(); }
  std::uint16_t port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  /// A sample of the relay's /metrics.
  double metric(const std::string& name) const;

 private:
  std::vector<std::string> prepare(const Options& options, std::uint64_t connections) const;
  void wait_until_it_listens() const;

  TemporaryFolder folder_;
  std::uint16_t port_;
  ChildProcess process_;
};

}  // namespace agentroom::bench
