// The invite that `serve --invite` and `room open` print.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "event_stream.hpp"
#include "running_agent.hpp"

namespace agentroom::cli {

inline constexpr const char* kInviteRemark =
    "Give it to one peer, where nobody else reads. Good once; it expires in 24 hours.";

/// Asks the relay for an invite until it has one, and prints it:
///
///   idle -> wanted -> asked -> printed (open until somebody accepts it, or it expires)
///            ^  link lost |         | replace()
///            +------------+---------+
///
/// Thread: the engine's.
class StandingInvite {
 public:
  /// Both outlive it.
  StandingInvite(EventStream& stream, RunningAgent& agent) : stream_(stream), agent_(agent) {}

  /// Wants one, now or as soon as the server is there.
  void offer();
  /// Takes back the one that was printed, if nobody has accepted it, and wants another.
  void replace();
  /// To be called each time the link to the server is up.
  void on_connected();
  /// To be shown every event. One that expired unused is replaced when `keep` was called.
  void see(const AgentEvent& event);
  void keep() { keep_ = true; }

  /// Called each time one was printed.
  std::function<void()> on_printed;
  /// What people are told below it.
  std::string remark = kInviteRemark;

  /// One was printed, and nobody has accepted it yet.
  bool open() const;
  /// The relay refused it for good.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  void ask();

  EventStream& stream_;
  RunningAgent& agent_;
  bool keep_ = false;
  bool wanted_ = false;
  bool asked_ = false;
  std::optional<InviteId> printed_;
  std::optional<Error> failure_;
};

}  // namespace agentroom::cli
