// SIGINT, SIGTERM and SIGHUP as calls.
#pragma once

#include <functional>
#include <memory>

namespace agentroom::runtime {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP calls `on_stop(signal)` from a thread of its own; a second one
/// ends the process at once. SIGPIPE is ignored. One instance a process.
class Signals {
 public:
  explicit Signals(std::function<void(int signal)> on_stop);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::runtime
