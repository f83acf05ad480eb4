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
#include "restoration.hpp"
#include "weather.hpp"

namespace agentroom::sim {

struct Outcome {
  std::string violation;  ///< empty: every promise held
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  Coverage coverage;
  Promises::Counts messages;
};

/// Three to six agents become friends through one relay and write to each other, while links, disks, clocks and parties
/// fail as the seed's plan says. Then the faults stop, everything comes to rest, and what was promised is counted:
///
///   storm (faults strike) -> calm (what began goes on to its end) -> rest: nothing waits anywhere -> aftermath
///
/// In the aftermath of some runs the relay moves to another secret, or the store of a party is put back as it was once.
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
  bool running(const AgentId& agent) const override { return of(agent).running(); }
  bool nothing_expired() const override { return !something_was_given_up(); }
  UnixMs clock(const AgentId& agent) const override { return of(agent).now().unix_ms; }
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
  // The aftermath; see plan.hpp.
  void plan_a_backup();
  void face_the_aftermath();
  void relay_changes();
  void relay_keeps_no_order();
  void agent_is_restored();
  void write_around_restored();
  /// What still waits; empty when nothing does.
  std::string unrest() const;
  void come_to_rest();
  /// What was promised is kept, and what is no longer needed is gone.
  void settle();

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
  Restoration restoration_;
  RelayParty relay_;
  std::vector<std::unique_ptr<AgentParty>> agents_;
  std::map<AgentId, std::size_t> numbers_;
  People people_;
  Weather weather_;
  std::uint64_t events_ = 0;
  std::size_t restored_ = 0;  // the agent whose store is
  bool renewed_ = false;      // there are new invites since
  std::map<Bytes, Bytes> backup_;
};

}  // namespace agentroom::sim
