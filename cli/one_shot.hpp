// An agent for one request: opens the home, connects where needed, and goes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "context.hpp"

namespace agentroom::cli {

/// What is told when a relay is there and does not answer.
Error ack_timeout();

/// Owns the home while it lives. What arrives meanwhile is kept in the inbox; nothing is handed on.
class OneShot {
 public:
  static constexpr Duration kAnswerTime = std::chrono::seconds(20);

  struct Options {
    std::optional<std::string> server;  ///< stay connected to this relay; nothing: only where work waits
    bool server_overrides = false;
  };

  /// Errors: kHomeInUse, kPlugin, kConfig, kCorrupt, kIo.
  static Result<std::unique_ptr<OneShot>> open(Context& context, Options options);
  ~OneShot();
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  AgentEngine& engine() { return agent_->engine(); }
  const AgentId& self() const { return agent_->identity().id(); }
  Now now() const { return process_->now(); }

  /// Sees every event; called between turns.
  void on_event(std::function<void(const AgentEvent&)> see) { see_ = std::move(see); }

  /// Runs until `done()`; false at the timeout. Errors: kCancelled (a signal came).
  Result<bool> run_until(const std::function<bool()>& done, Duration timeout);

  enum class Needs { kStore, kRelay };
  /// Makes a request of the engine and runs until its answer. When it needs a relay and none can be reached the reason
  /// is the error. Errors: the request's, kNetwork, kTimeout, kCancelled.
  template <class T>
  Result<T> ask(Needs needs, const std::function<void(AgentEngine::Done<T>)>& request);

  /// Why no relay could be reached, when the last attempt failed and none succeeded before it.
  const std::optional<Error>& unreachable() const { return unreachable_; }

 private:
  OneShot() = default;
  void see(const AgentEvent& event);

  std::unique_ptr<runtime::Process> process_;
  std::unique_ptr<runtime::AgentService> agent_;
  std::function<void(const AgentEvent&)> see_;
  std::optional<Error> unreachable_;
  bool connected_ = false;
};

template <class T>
Result<T> OneShot::ask(Needs needs, const std::function<void(AgentEngine::Done<T>)>& request) {
  // The engine may answer after this has given up.
  const auto answer = std::make_shared<std::optional<Result<T>>>();
  request([answer](Result<T> result) { *answer = std::move(result); });
  const auto hopeless = [&] { return needs == Needs::kRelay && unreachable_.has_value(); };
  auto ran = run_until([&] { return answer->has_value() || hopeless(); }, kAnswerTime);
  if (answer->has_value()) return std::move(**answer);
  if (!ran) return pass(ran);
  if (hopeless()) return std::unexpected(*unreachable_);
  return std::unexpected(ack_timeout());
}

}  // namespace agentroom::cli
