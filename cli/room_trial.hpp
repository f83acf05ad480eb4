// A room that is opened for a moment to see whether it works.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agentroom/tunnel.hpp"
#include "base/clock.hpp"
#include "context.hpp"
#include "runtime/process.hpp"
#include "stage.hpp"

namespace agentroom::cli {

/// A relay, the configured tunnel, the configured handler behind an agent, and a peer that says something to it: all in
/// this process and a temporary folder, so that nothing of the home is touched. Steps: `listen`, `tunnel`, `echo`. The
/// first that fails is the last. With a tunnel the relay listens where the home's own would, for that may be where the
/// tunnel leads; where that one runs, the tunnel may lead there, and the echo does not go through it. Thread: the
/// engine's.
class RoomTrial {
 public:
  struct Options {
    bool tunnel = true;
    bool echo = true;
  };

  /// Both outlive it.
  RoomTrial(Context& context, runtime::Process& process);
  ~RoomTrial();
  RoomTrial(const RoomTrial&) = delete;
  RoomTrial& operator=(const RoomTrial&) = delete;

  /// Told of each step when it is over: how long it took, and what was found.
  std::function<void(const std::string& step, Duration took, const Result<std::string>& found)> on_step;

  void run(const Options& options);

 private:
  class Watch;

  bool step(const std::string& name, const std::function<Result<std::string>()>& take);
  Result<std::string> listen(bool tunnel);
  Result<std::unique_ptr<Stage>> open_stage(bool tunnel, const std::string& listen);
  Result<std::string> open_tunnel();
  /// A relay of the home, which runs.
  bool is_of_the_home(const RelayId& relay);
  Result<std::string> echo();
  /// What answers; `name` says what it is.
  Result<std::unique_ptr<Handler>> handler(std::string& name);
  Result<void> meet(Actor& host, Actor& peer);
  Result<std::string> answer(Actor& host, Actor& peer);

  Context& context_;
  runtime::Process& process_;
  SystemClock clock_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<Tunnel> tunnel_;
  crypto::Identity host_;
  std::string public_url_;   // empty: the echo goes through no tunnel
  bool leads_home_ = false;  // the tunnel, to the relay of the home
};

}  // namespace agentroom::cli
