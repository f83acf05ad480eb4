// An agent that stays connected and hands messages on: `listen`, `serve` and the ends of the demo.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent_requests.hpp"
#include "context.hpp"
#include "events.hpp"
#include "owner_control.hpp"
#include "runtime/home_lock.hpp"

namespace agentroom::cli {

class RunningAgent {
 public:
  struct Options {
    std::string first_event;     ///< how the first connection is told: "serving"; also what the owner is called
    Handler* handler = nullptr;  ///< outlives the agent
    std::uint32_t concurrency = 4;
    std::string server{};            ///< in place of that of the configuration, and then
    std::optional<RelayId> relay{};  ///< the key of who answers there
  };

  /// Runs the identity of the home (a new one if there is none), which `lock` gives to this process, on the server of
  /// `context`; answers the control socket. `process` and `stream` outlive it. Errors: kPlugin, kConfig, kUsage,
  /// kCorrupt, kPermission, kIo.
  static Result<std::unique_ptr<RunningAgent>> open(Context& context, runtime::Process& process, runtime::HomeLock lock,
                                                    EventStream& stream, Options options);
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
  /// Runs until `done()`, a signal or the timeout. Errors: another connection of this identity took over; the relay's
  /// identity changed, while it was never connected. Once it was, whoever stands in for the relay gets nothing and it
  /// goes on trying: a moment of theirs must not end a service.
  Result<End> run_until(const std::function<bool()>& done, std::optional<Duration> timeout = std::nullopt);

  /// Answers what other commands asked, ends handlers and links. Once, before it goes.
  void stop();

 private:
  RunningAgent(runtime::Process& process, EventStream& stream, std::string server, std::string first_event,
               const AgentId& self);
  void see(const AgentEvent& event);
  void see_down(agent_events::Disconnected event);

  runtime::Process& process_;
  std::string server_;
  LinkTeller link_;
  std::optional<Error> over_;
  bool was_connected_ = false;
  std::function<void(const AgentEvent&)> see_;
  std::function<void()> see_connected_;
  std::unique_ptr<runtime::AgentService> agent_;
  std::unique_ptr<AgentRequests> requests_;
  std::unique_ptr<OwnerControl> control_;
};

}  // namespace agentroom::cli
