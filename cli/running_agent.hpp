// An agent that stays connected and hands messages on: `listen`, `serve` and the ends of the demo.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "context.hpp"
#include "events.hpp"

namespace agentroom::cli {

class RunningAgent {
 public:
  struct Options {
    std::string first_event;     ///< how the first connection is told: "serving"
    Handler* handler = nullptr;  ///< outlives the agent
    std::uint32_t concurrency = 4;
  };

  /// Takes the home of `context`, with its identity (a new one if there is none) and its server. `process` outlives it.
  /// Errors: kHomeInUse, kPlugin, kConfig, kUsage, kCorrupt, kIo.
  static Result<std::unique_ptr<RunningAgent>> open(Context& context, runtime::Process& process, Options options);
  ~RunningAgent();
  RunningAgent(const RunningAgent&) = delete;
  RunningAgent& operator=(const RunningAgent&) = delete;

  runtime::Process& process() { return process_; }
  AgentEngine& engine() { return agent_->engine(); }
  const AgentId& self() const { return agent_->identity().id(); }
  const std::string& server() const { return server_; }
  Now now() const { return process_.now(); }

  /// Sees every event but those of the link, which is told by the agent itself. Called between turns; may call the
  /// engine.
  void on_event(std::function<void(const AgentEvent&)> see) { see_ = std::move(see); }
  /// Called each time the link to the server is up.
  void on_connected(std::function<void()> see) { see_connected_ = std::move(see); }

  enum class End { kDone, kSignal, kTimeout };
  /// Runs until `done()`, a signal or the timeout. Errors: the link ended for good (another connection of this identity
  /// took over, the relay's identity changed).
  Result<End> run_until(const std::function<bool()>& done, std::optional<Duration> timeout = std::nullopt);

  /// Ends handlers and links. Once, before it goes.
  void stop();

 private:
  RunningAgent(Context& context, runtime::Process& process, std::string server, std::string first_event,
               const AgentId& self);
  void see(const AgentEvent& event);

  runtime::Process& process_;
  std::string server_;
  LinkPrinter link_;
  std::optional<Error> over_;
  std::function<void(const AgentEvent&)> see_;
  std::function<void()> see_connected_;
  std::unique_ptr<runtime::AgentService> agent_;
};

}  // namespace agentroom::cli
