// One run: a relay, two agents that hold a conversation, and everything that goes wrong around them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent_party.hpp"
#include "network.hpp"
#include "relay_party.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

struct Faults {
  bool cuts = true;     ///< links break, what is under way is lost
  bool crashes = true;  ///< a party loses all but its disk, at any event
  bool disks = true;    ///< a commit fails, and all behind it
};

struct Outcome {
  std::string violation;  ///< empty: every promise held
  std::uint64_t events = 0;
  std::uint64_t sent = 0;  ///< questions that became durable
  std::uint64_t answered = 0;
  std::uint64_t cuts = 0;
  std::uint64_t crashes = 0;
};

/// "Alice" invites "Bob", sends numbered questions, and Bob's handler answers each. Faults strike for the first part of
/// the run, then stop. Promises checked (protocol section 7):
///
/// - every question that Alice's store had is answered, exactly once, and the answers come to her in the order of the
/// questions;
/// - a question reaches Bob's handler in order, and again only with a higher attempt;
/// - nothing is unreadable, no send fails;
/// - once the faults stop, everything comes to rest.
class World {
 public:
  World(std::uint64_t seed, const Faults& faults, bool trace);
  ~World();

  Outcome run();

 private:
  HandlerOutcome bob_answers(const HandlerMessage& message);
  HandlerOutcome alice_reads(const HandlerMessage& message);

  void act();     // Alice's and Bob's owners: invite, accept, ask
  void strike();  // one fault
  void crash(Party& party);
  bool at_rest() const;
  void violate(const std::string& what);
  void trace(const std::string& line);

  std::uint64_t seed_;
  Faults faults_;
  bool trace_;
  Dice dice_;
  Scheduler scheduler_;
  Network network_;
  RelayParty relay_;
  AgentParty alice_;
  AgentParty bob_;

  std::string invite_url_;
  bool invite_wanted_ = true;
  std::uint64_t asked_ = 0;                           // the number of the latest question
  std::map<std::uint64_t, bool> questions_;           // number -> known to be durable
  std::map<std::uint64_t, std::uint32_t> heard_;      // by Bob: number -> highest attempt
  std::map<std::uint64_t, std::set<MsgId>> answers_;  // to Alice: number -> the messages that answered it
  std::uint64_t last_heard_ = 0;
  std::uint64_t last_answer_ = 0;
  bool storm_ = true;  // faults strike
  Outcome outcome_;
};

}  // namespace agentroom::sim
