#include "world.hpp"

#include <cstdio>

#include "base/text.hpp"

namespace agentroom::sim {
namespace {

constexpr std::uint64_t kQuestions = 40;
constexpr std::uint64_t kMaxEvents = 400'000;
constexpr Duration kStorm = std::chrono::seconds(40);
constexpr Duration kCalm = std::chrono::minutes(10);  // long enough for every timeout and the longest backoff

std::uint64_t number_of(const std::string& text) {
  return std::stoull(text.substr(2));
}

}  // namespace

World::World(std::uint64_t seed, const Faults& faults, bool trace)
    : seed_(seed),
      faults_(faults),
      trace_(trace),
      dice_(seed),
      network_(scheduler_, dice_),
      relay_("relay", scheduler_, network_, dice_),
      alice_("Alice", scheduler_, network_, dice_, [this](const HandlerMessage& m) { return alice_reads(m); }),
      bob_("Bob", scheduler_, network_, dice_, [this](const HandlerMessage& m) { return bob_answers(m); }) {}

World::~World() = default;

void World::violate(const std::string& what) {
  if (outcome_.violation.empty()) outcome_.violation = what;
  trace("VIOLATION " + what);
}

void World::trace(const std::string& line) {
  if (!trace_) return;
  std::printf("%12.6f %s\n", static_cast<double>(scheduler_.now().steady.count()) / 1e6, line.c_str());
}

HandlerOutcome World::bob_answers(const HandlerMessage& message) {
  const std::uint64_t number = number_of(message.text);
  trace("Bob hears question " + std::to_string(number) + ", attempt " + std::to_string(message.attempt));
  std::uint32_t& attempt = heard_[number];
  if (message.attempt <= attempt) {
    violate("question " + std::to_string(number) + " was handed to the handler twice as attempt " +
            std::to_string(message.attempt));
  }
  attempt = message.attempt;
  if (number < last_heard_)
    violate("question " + std::to_string(number) + " came after " + std::to_string(last_heard_));
  last_heard_ = number;
  return "A " + std::to_string(number);
}

HandlerOutcome World::alice_reads(const HandlerMessage& message) {
  const std::uint64_t number = number_of(message.text);
  trace("Alice reads answer " + std::to_string(number) + ", attempt " + std::to_string(message.attempt));
  answers_[number].insert(message.msg_id);
  if (answers_[number].size() > 1) violate("question " + std::to_string(number) + " was answered twice");
  if (number < last_answer_)
    violate("answer " + std::to_string(number) + " came after " + std::to_string(last_answer_));
  last_answer_ = number;
  return std::nullopt;
}

void World::crash(Party& party) {
  trace(party.name() + " crashes");
  ++outcome_.crashes;
  party.crash();
  if (&party == &alice_) invite_wanted_ = true;  // the request died with her
  scheduler_.after(dice_.up_to(std::chrono::seconds(2)), [this, &party] {
    if (party.running()) return;
    trace(party.name() + " starts again");
    party.boot();
  });
}

void World::strike() {
  Party* const parties[] = {&relay_, &alice_, &bob_};
  switch (dice_.below(3)) {
    case 0:
      if (faults_.cuts && network_.cut_one()) {
        trace("a link is cut");
        ++outcome_.cuts;
      }
      break;
    case 1:
      if (Party& victim = *parties[dice_.below(3)]; faults_.crashes && victim.running()) crash(victim);
      break;
    default:
      break;
  }
}

// The owners do what people do: try until it works, and look at what there is before they try again.
void World::act() {
  if (alice_.running() && invite_url_.empty() && invite_wanted_) {
    invite_wanted_ = false;
    alice_.engine().create_invite(24LL * 3600 * 1000, scheduler_.now(), [this](Result<CreatedInvite> made) {
      trace(made ? "Alice has an invite" : "no invite: " + made.error().message);
      if (made) invite_url_ = made->url;
      invite_wanted_ = !made;
    });
    alice_.used();
  }
  if (bob_.running() && !invite_url_.empty() && bob_.engine().peers().empty()) {
    bob_.engine().accept_invite(invite_url_, std::nullopt, scheduler_.now(), [this](Result<AcceptedInvite> accepted) {
      trace(accepted ? "Bob has accepted" : "Bob has not accepted: " + accepted.error().message);
    });
    bob_.used();
  }
  if (alice_.running() && asked_ < kQuestions && !alice_.engine().peers().empty()) {
    const std::uint64_t number = ++asked_;
    questions_[number] = false;
    alice_.engine().send(
        bob_.id(), "Q " + std::to_string(number), scheduler_.now(), [this, number](Result<SentMessage> sent) {
          trace("question " + std::to_string(number) + (sent ? " is in the outbox" : ": " + sent.error().message));
          if (sent) questions_[number] = true;
        });
    alice_.used();
  }
}

bool World::at_rest() const {
  for (const auto& [number, durable] : questions_) {
    if (durable && !answers_.contains(number)) return false;
  }
  return asked_ == kQuestions;
}

Outcome World::run() {
  const Duration begin = scheduler_.now().steady;
  for (Party* party : {static_cast<Party*>(&relay_), static_cast<Party*>(&alice_), static_cast<Party*>(&bob_)}) {
    party->disk().faults = faults_.disks;
    party->boot();
  }
  const std::function<void()> owners = [this, &owners] {
    act();
    scheduler_.after(dice_.up_to(std::chrono::milliseconds(1500)), owners);
  };
  owners();
  const std::function<void()> weather = [this, &weather] {
    if (!storm_) return;
    strike();
    scheduler_.after(dice_.up_to(std::chrono::milliseconds(600)), weather);
  };
  weather();

  while (outcome_.violation.empty()) {
    if (++outcome_.events > kMaxEvents) violate("the run does not end: too many events");
    const Duration age = scheduler_.now().steady - begin;
    if (storm_ && age > kStorm) {
      trace("the faults stop");
      storm_ = false;
      for (Party* party : {static_cast<Party*>(&relay_), static_cast<Party*>(&alice_), static_cast<Party*>(&bob_)}) {
        party->disk().faults = false;
        if (!party->running()) party->boot();
      }
    }
    for (AgentParty* agent : {&alice_, &bob_}) {
      if (agent->running() && agent->needs_restart()) crash(*agent);
    }
    if (!storm_ && at_rest()) break;
    if (age > kStorm + kCalm) violate("wedged: something durable never arrived");
    scheduler_.step();
  }
  for (const AgentParty* agent : {&alice_, &bob_}) {
    if (agent->unreadable != 0) violate(agent->name() + " met something unreadable: " + agent->last_failure);
    if (agent->failed_sends != 0) violate("a send of " + agent->name() + " failed: " + agent->last_failure);
  }
  for (const auto& [number, durable] : questions_) {
    if (durable) ++outcome_.sent;
  }
  outcome_.answered = answers_.size();
  return outcome_;
}

}  // namespace agentroom::sim
