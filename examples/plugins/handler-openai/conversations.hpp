// What was said with each peer, and how much of its budget it has used.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace openai {

/// A message of a peer, as the model was given it, and the answer.
struct Turn {
  std::string asked;
  std::string answered;
};

/// Holds kMaxPeers peers and of each at most kMaxBytes; beyond, who was heard last the longest ago is forgotten.
/// Nothing is kept beyond the process. Thread: any.
class Conversations {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMaxPeers = 1'000;
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;

  Conversations(std::size_t history, std::size_t turns, std::chrono::milliseconds period)
      : history_(history), turns_(turns), period_(period) {}

  enum class Budget : std::uint8_t {
    kGranted,
    kUsedUp,  ///< the first message beyond it
    kSilent   ///< a later one
  };

  /// Takes a turn of the peer's budget.
  Budget take_turn(std::string_view peer, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    Peer& known = find(peer, now);
    if (now - known.period_began >= period_) {
      known.period_began = now;
      known.used = 0;
      known.told = false;
    }
    if (known.used < turns_) {
      ++known.used;
      return Budget::kGranted;
    }
    return std::exchange(known.told, true) ? Budget::kSilent : Budget::kUsedUp;
  }

  /// For a message that will come again.
  void give_turn_back(std::string_view peer) {
    const std::scoped_lock lock(mutex_);
    const auto found = peers_.find(peer);
    if (found != peers_.end() && found->second.used > 0) --found->second.used;
  }

  std::vector<Turn> history(std::string_view peer) const {
    const std::scoped_lock lock(mutex_);
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return {};
    return {found->second.turns.begin(), found->second.turns.end()};
  }

  void add(std::string_view peer, Turn turn, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    Peer& known = find(peer, now);
    known.bytes += size_of(turn);
    known.turns.push_back(std::move(turn));
    while (known.turns.size() > history_ || known.bytes > kMaxBytes) {
      known.bytes -= size_of(known.turns.front());
      known.turns.pop_front();
    }
  }

 private:
  struct Peer {
    std::deque<Turn> turns;
    std::size_t bytes = 0;  ///< of the turns
    Clock::time_point heard;
    Clock::time_point period_began;
    std::size_t used = 0;
    bool told = false;
  };

  static std::size_t size_of(const Turn& turn) { return turn.asked.size() + turn.answered.size(); }

  Peer& find(std::string_view name, Clock::time_point now) {
    auto found = peers_.find(name);
    if (found == peers_.end()) {
      if (peers_.size() == kMaxPeers) {
        peers_.erase(std::ranges::min_element(peers_, {}, [](const auto& each) { return each.second.heard; }));
      }
      found = peers_.emplace(name, Peer{}).first;
      found->second.period_began = now;
    }
    found->second.heard = now;
    return found->second;
  }

  const std::size_t history_;
  const std::size_t turns_;
  const std::chrono::milliseconds period_;
  mutable std::mutex mutex_;
  std::map<std::string, Peer, std::less<>> peers_;  // guarded by mutex_
};

}  // namespace openai
