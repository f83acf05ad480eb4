// A server of its own for a run: on loopback, in a temporary folder, ended and removed with its object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "options.hpp"

namespace agentroom::bench {

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
  void wait_until_it_listens();

  TemporaryFolder folder_;
  std::uint16_t port_;
  ChildProcess process_;
};

}  // namespace agentroom::bench
