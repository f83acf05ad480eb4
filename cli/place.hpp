// Where the relay of a room is found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hosted_relay.hpp"
#include "running_agent.hpp"
#include "runtime/event_loop.hpp"
#include "standing_invite.hpp"

namespace agentroom::cli {

/// Keeps what peers, the invite and the record say of the relay's place up to date.
///
///   no place yet --first URL--> an invite is offered --another URL--> peers are told; the invite is replaced when it
///   is still open, or when peers could not know the URL
///
/// The addresses of this machine are looked at once a minute. What peers are told waits in the mailbox of each who is
/// away, so a place that changes without end is told ever more slowly. Thread: the engine's.
class Place : private runtime::LoopMember {
 public:
  /// All outlive it.
  Place(EventStream& stream, RunningAgent& agent, HostedRelay& relay, StandingInvite& invite);
  ~Place() override;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// `urls`: of the tunnels, the one in use first; empty where there is none.
  void moved_to(std::vector<std::string> urls);
  /// An engine that was made anew knows nothing of it.
  void repeat();
  /// The tunnel is gone for now; peers and invites have nothing better.
  void lost() { note({}); }

 private:
  void settle();
  void note(const std::string& tunnel);
  void announce();

  void on_time(const Now& now) override;
  std::optional<Duration> next_deadline() const override;
  void flush(const Now& /*now*/) override {}

  EventStream& stream_;
  RunningAgent& agent_;
  HostedRelay& relay_;
  StandingInvite& invite_;
  std::vector<std::string> tunnels_;
  std::string url_;
  std::vector<std::string> urls_;  // all of them, in the order in which peers shall try them
  std::optional<Duration> look_at_;
  std::optional<Duration> announce_at_;
  Duration paid_until_{};
};

}  // namespace agentroom::cli
