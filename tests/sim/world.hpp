// One run: a relay, its agents, their owners, and everything that goes wrong around them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent_party.hpp"
#include "key_use.hpp"
#include "link_bounds.hpp"
#include "people.hpp"
#include "relay_party.hpp"
#include "weather.hpp"

namespace agentroom::sim {

struct Outcome {
  std::string violation;  ///< empty: every promise held
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  std::uint64_t cuts = 0;
  std::uint64_t crashes = 0;
  std::uint64_t failed_commits = 0;
  Promises::Counts messages;
};

/// Three to six agents become friends through one relay and write to each other, while links, disks, clocks and parties
/// fail as the seed's plan says. Then the faults stop, everything comes to rest, and what was promised is counted:
///
///   storm (faults strike) -> calm (what began goes on to its end) -> rest: nothing waits anywhere
///
/// What is checked at each step is told in promises.hpp, key_use.hpp, link_bounds.hpp and by each party's bounds.
class World final : private Circumstances {
 public:
  World(std::uint64_t seed, bool traced);

  Outcome run();

 private:
  std::string name(const AgentId& agent) const override { return of(agent).name(); }
  bool has_seen(const AgentId& agent, const AgentId& from, const MsgId& msg_id) const override {
    return of(agent).has_seen(from, msg_id);
  }
  std::uint64_t life(const AgentId& agent) const override { return of(agent).life(); }
  UnixMs latest(const AgentId& agent) const override { return of(agent).latest(); }
  UnixMs relay_clock() const override { return relay_.now().unix_ms; }
  std::int64_t relay_time_since(UnixMs at) const override { return relay_.latest() - at + relay_.set_back(); }

  const AgentParty& of(const AgentId& agent) const;
  void make_agents();
  /// A message may have expired, or gone with a peer.
  bool something_was_given_up() const;
  void let_owners_act(std::size_t agent);
  void go_on_for(Duration time);
  void step();
  /// Writes for weeks with no relay to take it: much is skipped when the next message arrives.
  void weeks_unheard();
  /// What still waits; empty when nothing does.
  std::string unrest() const;
  void come_to_rest();

  Dice dice_;
  const Plan plan_;
  Scheduler scheduler_;
  Chronicle chronicle_;
  Wiretap tap_;
  Network network_;
  const Surroundings around_;
  Promises promises_;
  KeyUse key_use_;
  LinkBounds link_bounds_;
  RelayParty relay_;
  std::vector<std::unique_ptr<AgentParty>> agents_;
  std::map<AgentId, std::size_t> numbers_;
  People people_;
  Weather weather_;
  const UnixMs begin_ = scheduler_.unix_ms();
  std::uint64_t events_ = 0;
};

}  // namespace agentroom::sim
