// An agent that answers with a handler: `serve` and `room open`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context.hpp"
#include "event_stream.hpp"
#include "events.hpp"
#include "running_agent.hpp"
#include "standing_invite.hpp"
#include "turn_limit.hpp"

namespace agentroom::cli {

/// `--on-message`, `--handler-timeout` and `--max-turns` as the configuration they stand for.
std::vector<config::Override> overrides_of(const ServeCommand& command);

/// The handler of the configuration, behind the limit of turns.
class AnsweringHandler {
 public:
  /// Something is said of a handler. Errors: kUsage; `who` is the command.
  static Result<void> check(Context& context, const std::string& who);
  /// Errors: kPlugin, kConfig.
  static Result<std::unique_ptr<AnsweringHandler>> open(Context& context, runtime::Process& process,
                                                        const ServeCommand& command);
  Handler* get() { return limited_ ? limited_.get() : handler_.get(); }

 private:
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<Handler> limited_;
};

/// Something beside the agent that may have to be looked at between turns.
struct ServingNews {
  std::function<bool()> pending = [] { return false; };
  std::function<void()> take = [] {};
  /// The link to the server is up, perhaps of an engine that was made anew.
  std::function<void()> connected = [] {};
  /// Why the command cannot go on; null while it can.
  std::function<const Error*()> failure = []() -> const Error* { return nullptr; };
};

/// What `serve` and `room open` do from the first connection on, until a signal or the last turn.
class Serving {
 public:
  /// All outlive it.
  Serving(const ServeCommand& command, EventStream& stream, RunningAgent& agent);

  StandingInvite& invite() { return invite_; }

  /// The first word of `--seed`, in the outbox before anything is connected. Errors: kNoSession, kAmbiguous,
  /// kQueueFull.
  Result<void> seed();
  /// The agent has stopped when it returns. Errors: why it could not go on.
  Result<void> run(const ServingNews& news = {});

 private:
  bool turns_over() const { return command_.max_turns && turns_ >= *command_.max_turns; }
  void see(const AgentEvent& event);
  Result<RunningAgent::End> go_on(const ServingNews& news);

  const ServeCommand& command_;
  EventStream& stream_;
  Output& out_;
  RunningAgent& agent_;
  AgentEventTeller events_{stream_};
  StandingInvite invite_;
  std::uint64_t turns_ = 0;
};

}  // namespace agentroom::cli
