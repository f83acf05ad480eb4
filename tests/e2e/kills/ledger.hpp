// What a crash run wrote down, and what has to hold for it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace agentroom::e2e::kills {

/// Who writes to whom: names of parties.
struct Pair {
  std::string from;
  std::string to;
  auto operator<=>(const Pair&) const = default;
};

/// One `agentroom send`. Those of one pair are made one after another, numbered from 1.
struct Sending {
  Pair pair;
  int number = 0;
  std::string msg_id;   ///< as it was told; empty when nothing was
  std::string status;   ///< "delivered", "queued", "pending"; empty when the command died or failed before it told one
  std::string error{};  ///< the code of what it failed with
};

/// A message that came to where it is handled: a run of the handler, or a line of `listen`.
struct Arrival {
  Pair pair;            ///< of the message that came
  int number = 0;       ///< its own, or that of the question it answers
  bool answer = false;  ///< a handler's reply
  std::string msg_id;
  int attempt = 1;     ///< AGENTROOM_ATTEMPT; a `listen` tells none and has 1
  int generation = 0;  ///< of the process that it came to
};

/// How a process of a party ended.
enum class End { kStillRuns, kKilled, kStopped };

/// What a party saw, in the order in which it saw it.
struct Sight {
  bool handles = false;  ///< it answers with a handler; otherwise it listens
  std::vector<Arrival> arrivals;
  std::vector<End> generations;           ///< of its processes
  std::set<std::string> cut_short{};      ///< msg_id: told by `handler_error` to have been cut short 3 times
  std::vector<std::string> complaints{};  ///< other errors that it told of messages
};

struct Ledger {
  std::vector<Sending> sendings;
  std::map<std::string, Sight> sights;  ///< by party
};

struct Verdict {
  std::size_t sent = 0;
  std::size_t delivered = 0;
  std::size_t queued = 0;
  std::size_t pending = 0;
  std::size_t untold = 0;         ///< the command died or failed
  std::size_t handled = 0;        ///< messages and answers that arrived, each once
  std::size_t handled_again = 0;  ///< runs that came after one that was cut short
  std::size_t replies = 0;        ///< answers that arrived
  std::size_t given_up = 0;       ///< told by `handler_error` to have been cut short 3 times, as is promised
  std::size_t lost = 0;
  std::size_t twice = 0;
  std::size_t out_of_order = 0;
  std::map<std::string, std::size_t> errors;  ///< commands by the code that they failed with
  std::vector<std::string> findings;          ///< one for each that is counted in lost, twice and out_of_order

  bool held() const { return lost == 0 && twice == 0 && out_of_order == 0; }
};

/// Holds the ledger of a run that has become quiet against the promises (protocol section 7): what was acknowledged, as
/// `pending` too, was handled; what was refused was not; nothing was handled again but after a process that was cut
/// short, marked so, and at most 3 times; each question was answered once; and all in the order of their sending: what
/// is handled again brings all that was handled after it along.
Verdict judge(const Ledger& ledger);

}  // namespace agentroom::e2e::kills
