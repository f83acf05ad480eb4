// Everything that goes wrong around the parties.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent_party.hpp"
#include "people.hpp"
#include "relay_party.hpp"
#include "second_owner.hpp"

namespace agentroom::sim {

/// Strikes while the storm lasts; sees to it that what ended is started again, in the storm and after it.
class Weather {
 public:
  Weather(const Plan& plan, const Surroundings& around, RelayParty& relay,
          std::vector<std::unique_ptr<AgentParty>>& agents, People& people);

  void begin();
  /// No fault strikes any more, and what is still wrong heals: everybody runs, links move, other owners are gone.
  void calm();
  /// Some crash once more; after `calm()`, and to be followed by it.
  void gust();
  /// Starts again who needs it. After every event.
  void tend();
  /// How long everybody slept, and until when.
  Duration slept() const { return slept_; }
  Duration awake_at() const { return awake_at_; }

 private:
  void strike();
  void strike(Fault fault);
  void crash(Party& party);
  void restart(Party& party);
  void boot_later(Party& party, Duration most);
  void replace(AgentParty& agent);
  void set_a_clock();
  /// False when they sleep already, or slept enough.
  bool sleep();
  void away(AgentParty& agent);
  Party& anybody();
  AgentParty& any_agent() { return *agents_[dice_.below(agents_.size())]; }
  std::vector<Party*> everybody() const;

  const Plan& plan_;
  Scheduler& scheduler_;
  Network& network_;
  Dice& dice_;
  Chronicle& chronicle_;
  RelayParty& relay_;
  std::vector<std::unique_ptr<AgentParty>>& agents_;
  People& people_;
  std::vector<std::unique_ptr<SecondOwner>> second_owners_;
  std::uint32_t total_weight_ = 0;
  bool storm_ = true;
  bool sleeping_ = false;
  Duration slept_{};
  Duration awake_at_{};
};

}  // namespace agentroom::sim
