// SIGINT, SIGTERM and SIGHUP as calls.
#pragma once

#include <functional>
#include <memory>

namespace agentroom::runtime {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP calls `on_stop(signal)` from a thread of its own; a second one
/// ends the process at once. SIGHUP is first offered to `on_hangup`, and is no stop when that returns true, nor when it
/// was ignored from the start (nohup). SIGPIPE is ignored. One instance a process.
class Signals {
 public:
  struct Calls {
    std::function<void(int signal)> on_stop;
    std::function<bool()> on_hangup{};  ///< empty: a hangup is a stop
  };

  explicit Signals(Calls calls);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::runtime
