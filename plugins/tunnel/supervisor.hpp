// Keeps a tunnel open: starts its program, and starts it again.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"
#include "agentroom/sdk/tunnel.hpp"
#include "guard.hpp"
#include "program.hpp"
#include "settings.hpp"
#include "stop_signal.hpp"

namespace agentroom::tunnel {

///   [preparing] --> [running] --it ended--> [waiting] --> [preparing] ...
///        |                                      ^
///        +--a failure worth another try---------+
///        +--any other: given up
///
/// Once it ran, every failure is worth another try but a program that is not the right one.
///
/// All of it on one thread of its own, which also is the one that the kernel ties the program to.
class Supervisor {
 public:
  static sdk::Result<std::unique_ptr<Supervisor>> start(sdk::Host host, const sdk::TunnelEvents& events,
                                                        std::unique_ptr<Program> program, Settings settings,
                                                        std::string health_path);

  /// Stops what is under way; the program has ended then.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

 private:
  Supervisor(sdk::Host host, const sdk::TunnelEvents& events, std::unique_ptr<Program> program, Settings settings,
             std::string health_path, std::unique_ptr<process::Guard> guard);

  void run();
  bool once();

  const sdk::Host host_;
  const sdk::TunnelEvents events_;
  const std::unique_ptr<Program> program_;
  const Settings settings_;
  const std::string health_path_;
  const std::unique_ptr<process::Guard> guard_;
  StopSignal stop_;
  bool ran_well_ = false;  ///< of the last run: it was ready for a while
  bool ever_ran_ = false;
  std::thread thread_;
};

}  // namespace agentroom::tunnel
