// A crash run: a relay, two agents that answer, one that listens, all writing to each other, and kills among them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "ledger.hpp"
#include "party.hpp"
#include "room.hpp"
#include "sender.hpp"

namespace agentroom::e2e::kills {

struct Tally {
  std::map<std::string, std::size_t> kills;  ///< by victim
  std::size_t freezes = 0;                   ///< SIGSTOP, then SIGCONT
  std::size_t restarts = 0;                  ///< SIGTERM, then a new process
  Verdict verdict;
  std::vector<std::string> trouble;  ///< processes that died by themselves or did not end when told to

  std::size_t killed() const;
};

class Run {
 public:
  /// Makes the homes, the sessions between all agents, and starts everything. Throws when that does not work.
  explicit Run(std::uint64_t seed);
  ~Run();

  /// Kills until `kills` processes died, then waits until all is quiet, and judges.
  Tally run(std::size_t kills);
  /// Where the homes are; from now on they stay.
  std::vector<fs::path> keep();

 private:
  using Clock = std::chrono::steady_clock;

  /// A party, and when it is to be woken or started again.
  struct Post {
    std::unique_ptr<Party> party;
    Clock::time_point back{};  ///< while it is down or frozen
  };

  void make_sessions();
  void post_agent(const std::string& name, Home& home, bool handles);
  void see(const std::string& name, const boost::json::object& event, int generation);
  void wait_for(const std::string& what, const std::function<bool()>& fact, std::chrono::seconds time);

  void strike();
  void bring_back(bool all);
  void look_for_deaths();
  Ledger ledger() const;
  std::chrono::microseconds up_to(std::chrono::microseconds most);

  std::mt19937_64 random_;
  Home host_;
  std::map<std::string, Home> homes_;
  std::map<std::string, std::string> names_;  ///< of agents, by key
  std::map<std::string, Post> posts_;
  std::map<std::string, std::unique_ptr<Sender>> senders_;
  Tally tally_;

  mutable std::mutex mutex_;  ///< of what readers write
  unsigned port_ = 0;
  std::map<std::string, Sight> sights_;
};

}  // namespace agentroom::e2e::kills
