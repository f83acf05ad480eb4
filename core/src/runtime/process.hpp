// What every command that connects or listens stands on: plugins, a transport, the loop, signals.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agentroom/transport.hpp"
#include "base/clock.hpp"
#include "host/plugin_host.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/pooled_random.hpp"
#include "runtime/signals.hpp"

namespace agentroom::runtime {

struct ProcessOptions {
  std::vector<std::filesystem::path> plugin_path;  ///< searched in order
  std::string transport = "ws";                    ///< plugin of kind transport
  std::string transport_config;                    ///< its table, as TOML
  bool signals = true;                             ///< SIGINT, SIGTERM and SIGHUP are this process's to take
};

/// Owns, in order of construction: clock, loop, plugin host, transport, signals. Services (relay, agent) are made on
/// top and must go first. The thread that made it is the engine thread.
class Process {
 public:
  /// Errors: kPlugin, kConfig.
  static Result<std::unique_ptr<Process>> open(const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  EventLoop& loop() { return loop_; }
  host::PluginHost& plugins() { return plugins_; }
  Transport& transport() { return *transport_; }
  Random& random() { return random_; }
  Now now() const { return clock_.now(); }

  /// Set by SIGINT, SIGTERM or a SIGHUP that nobody else takes: the signal's number, 0 while none came. Thread: any.
  int stop_signal() const { return stop_signal_; }

  /// From now on SIGHUP runs `hook` from the loop and stops nothing; it stops again when `hook` is empty.
  void on_hangup(std::function<void()> hook);

  enum class End { kDone, kTimeout, kSignal };
  /// Runs turns until `done()`, the timeout or a signal, whichever is first.
  End run_until(const std::function<bool()>& done, std::optional<Duration> timeout = std::nullopt);

 private:
  explicit Process(const ProcessOptions& options);

  SystemClock clock_;
  PooledRandom random_;
  EventLoop loop_;
  host::PluginHost plugins_;
  std::unique_ptr<Transport> transport_;
  std::atomic<int> stop_signal_ = 0;
  std::function<void()> hangup_;
  std::atomic<bool> takes_hangup_ = false;
  std::unique_ptr<Signals> signals_;
};

}  // namespace agentroom::runtime
