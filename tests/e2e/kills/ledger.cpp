#include "ledger.hpp"

#include <set>
#include <tuple>

namespace agentroom::e2e::kills {
namespace {

constexpr int kMostAttempts = 3;

/// The process that was asked went away, or stood still: the command does not know what came of it.
bool leaves_open(const std::string& error) {
  return error.empty() || error == "cancelled" || error == "timeout";
}

std::string describe(const Pair& pair, int number, bool answer) {
  return std::string(answer ? "the answer to " : "") +
         (answer ? pair.to + ">" + pair.from : pair.from + ">" + pair.to) + " " + std::to_string(number);
}

std::string describe(const Arrival& arrival) {
  return describe(arrival.pair, arrival.number, arrival.answer) + " (" + arrival.msg_id + ", attempt " +
         std::to_string(arrival.attempt) + " of process " + std::to_string(arrival.generation) + ")";
}

class Judge {
 public:
  explicit Judge(const Ledger& ledger) : ledger_(ledger) {}

  Verdict judge() {
    for (const auto& [party, sight] : ledger_.sights) {
      look_at(sight);
      for (const std::string& complaint : sight.complaints) lose(party + " told: " + complaint);
    }
    for (const auto& [party, sight] : ledger_.sights) count_given_up(party, sight);
    for (const Sending& sending : ledger_.sendings) check(sending);
    return std::move(verdict_);
  }

 private:
  /// A message of a pair, by its number, or the answer to that.
  using Key = std::tuple<Pair, bool, int>;

  void lose(const std::string& what) { ++verdict_.lost, verdict_.findings.push_back("lost: " + what); }
  void repeat(const std::string& what) { ++verdict_.twice, verdict_.findings.push_back("twice: " + what); }
  void misplace(const std::string& what) { ++verdict_.out_of_order, verdict_.findings.push_back("order: " + what); }

  /// The messages of a pair, or the answers to them.
  struct Line {
    const Arrival* latest = nullptr;
    std::map<int, const Arrival*> owed{};  ///< what came after one that came again, and so has to come again, too
  };

  void look_at(const Sight& sight) {
    std::map<std::pair<Pair, bool>, Line> lines;
    for (const Arrival& arrival : sight.arrivals) {
      Line& line = lines[{arrival.pair, arrival.answer}];
      const Arrival* const before = line.latest;
      auto& seen = arrived_[{arrival.pair, arrival.answer, arrival.number}];
      if (seen.empty()) {
        ++verdict_.handled;
        if (arrival.answer) ++verdict_.replies;
      } else {
        check_again(sight, *seen.back(), arrival);
      }
      line.owed.erase(arrival.number);
      if (before != nullptr && arrival.number < before->number) {
        if (seen.empty()) {
          misplace(describe(arrival) + " came after " + describe(*before));
        } else {
          for (int later = arrival.number + 1; later <= before->number; ++later) {
            const auto& other = arrived_[{arrival.pair, arrival.answer, later}];
            if (!other.empty()) line.owed[later] = other.back();
          }
        }
      }
      if (arrival.attempt > kMostAttempts) repeat(describe(arrival) + ": more than 3 attempts");
      if (before == nullptr || arrival.number > before->number || !seen.empty()) line.latest = &arrival;
      seen.push_back(&arrival);
    }
    for (const auto& [what, line] : lines) {
      for (const auto& [number, arrival] : line.owed) {
        if (sight.cut_short.contains(arrival->msg_id)) continue;
        misplace(describe(*arrival) + " was done with before an earlier one");
      }
    }
  }

  /// A handler that never came to write anything down was given up on a message whose id nobody else knows when it is
  /// an answer: each such excuses one answer that did not arrive.
  void count_given_up(const std::string& party, const Sight& sight) {
    verdict_.given_up += sight.cut_short.size();
    std::set<std::string> unknown = sight.cut_short;
    for (const Arrival& arrival : sight.arrivals) unknown.erase(arrival.msg_id);
    for (const Sending& sending : ledger_.sendings) unknown.erase(sending.msg_id);
    answers_given_up_[party] = unknown.size();
  }

  /// The same message came once more: it must be the very same, cut short before by the end of its process.
  void check_again(const Sight& sight, const Arrival& before, const Arrival& again) {
    const std::string what = describe(again) + " after " + describe(before);
    if (again.msg_id != before.msg_id) return repeat(what + ": sent twice");
    bool killed = false;
    bool stopped = false;
    for (int process = before.generation; process < again.generation; ++process) {
      const End end = sight.generations.at(static_cast<std::size_t>(process));
      killed = killed || end == End::kKilled;
      stopped = stopped || end == End::kStopped;
    }
    if (!killed && !stopped) return repeat(what + ": nothing had cut it short");
    if (sight.handles && again.attempt <= before.attempt && !stopped) return repeat(what + ": not marked");
    if (!sight.handles && !killed) return repeat(what + ": only a kill excuses it");
    ++verdict_.handled_again;
  }

  void check(const Sending& sending) {
    ++verdict_.sent;
    const bool told = !sending.status.empty();
    ++(sending.status == "delivered" ? verdict_.delivered
       : sending.status == "queued"  ? verdict_.queued
       : told                        ? verdict_.pending
                                     : verdict_.untold);
    if (!sending.error.empty()) ++verdict_.errors[sending.error];
    const auto sight = ledger_.sights.find(sending.pair.to);
    const bool handles = sight != ledger_.sights.end() && sight->second.handles;
    const auto given_up = [&](const std::string& msg_id) {
      return sight != ledger_.sights.end() && sight->second.cut_short.contains(msg_id);
    };
    const std::string what = describe(sending.pair, sending.number, false) + " (" + sending.msg_id + ", " +
                             (told ? sending.status : "untold") + ")";
    const auto found = arrived_.find({sending.pair, false, sending.number});
    if (found == arrived_.end()) {
      if (told && !given_up(sending.msg_id)) lose(what + " was not handled");
      return;
    }
    const std::string& arrived_as = found->second.front()->msg_id;
    if (!sending.msg_id.empty() && sending.msg_id != arrived_as) repeat(what + " came as " + arrived_as);
    if (!leaves_open(sending.error)) repeat(what + " was refused (" + sending.error + "), and handled all the same");
    const Key answer{Pair{sending.pair.to, sending.pair.from}, true, sending.number};
    if (!handles || arrived_.contains(answer) || given_up(arrived_as)) return;
    if (std::size_t& excused = answers_given_up_[sending.pair.from]; excused > 0) {
      --excused;
    } else {
      lose(what + " was handled, not answered");
    }
  }

  const Ledger& ledger_;
  Verdict verdict_;
  std::map<Key, std::vector<const Arrival*>> arrived_;
  std::map<std::string, std::size_t> answers_given_up_;  ///< by the party that they came to
};

}  // namespace

Verdict judge(const Ledger& ledger) {
  return Judge(ledger).judge();
}

}  // namespace agentroom::e2e::kills
