// The invite that `serve --invite` and `room open` print.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "event_stream.hpp"
#include "running_agent.hpp"
#include "runtime/event_loop.hpp"

namespace agentroom::cli {

inline constexpr const char* kInviteRemark =
    "Give it to one peer, where nobody else reads. Good once; it expires in 24 hours.";

/// Asks the relay for an invite until it has one, and prints it:
///
///   idle -> wanted -> asked -> printed (open until somebody accepts it, or it expires)
///            ^ link lost, or   |         | replace()
///            | refused for now |         |
///            +-----------------+---------+
///
/// Thread: the engine's.
class StandingInvite : private runtime::LoopMember {
 public:
  /// Both outlive it.
  StandingInvite(EventStream& stream, RunningAgent& agent);
  ~StandingInvite() override;
  StandingInvite(const StandingInvite&) = delete;
  StandingInvite& operator=(const StandingInvite&) = delete;

  /// Wants one, now or as soon as the server is there.
  void offer();
  /// Takes back the one that was printed, if nobody has accepted it, and wants another.
  void replace();
  /// Invites that are made from now on name this URL.
  void name(std::string url);
  /// To be called each time the link to the server is up.
  void on_connected();
  /// To be shown every event.
  void see(const AgentEvent& event);
  /// From now on one that expired unused is replaced, and a relay that has no room for another is asked again.
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
  void refused(Error why);
  void set_name();
  void take_back();
  bool take_back_useless();

  void on_time(const Now& now) override;
  std::optional<Duration> next_deadline() const override { return again_at_; }
  void flush(const Now& /*now*/) override {}

  EventStream& stream_;
  RunningAgent& agent_;
  bool keep_ = false;
  bool wanted_ = false;
  bool asked_ = false;
  std::string name_;
  std::optional<Duration> again_at_;
  std::string warned_;  // of what, last
  std::optional<InviteId> printed_;
  std::vector<InviteId> stale_;  // to be taken back, until that is done
  std::optional<Error> failure_;
};

}  // namespace agentroom::cli
