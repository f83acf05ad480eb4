// A server of its own for a run: on loopback, in a temporary folder, ended and removed with its object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "options.hpp"

namespace agentroom::bench {

/// What a server took from its start until it listened.
struct Start {
  Nanoseconds time{};
  Nanoseconds cpu{};           ///< of user and system
  std::uint64_t resident = 0;  ///< bytes, then
};

class Server {
 public:
  /// Limits that hold strangers back are out of the way for `connections` of them. std::runtime_error, with what the
  /// server said, when it does not listen within a minute, and when this process may not open that many files.
  Server(const Options& options, std::uint64_t connections);

  /// Ends the relay, and starts it again with what it has kept; on another port.
  Start restart();

  pid_t pid() const { return process_->pid(); }
  std::uint16_t port() const { return port_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  /// A sample of the relay's /metrics.
  double metric(const std::string& name) const;

 private:
  std::vector<std::string> prepare(const Options& options, std::uint64_t connections) const;
  void wait_until_it_listens();

  TemporaryFolder folder_;
  std::uint16_t port_;
  Command command_;
  std::optional<ChildProcess> process_;
};

}  // namespace agentroom::bench
