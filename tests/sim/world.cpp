#include "world.hpp"

#include "protocol/limits.hpp"

namespace agentroom::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t kMostEvents = 2'000'000;
constexpr Duration kCalm = minutes(30);  // longer than every timeout, backoff and retry together
constexpr Duration kRest = seconds(30);  // what comes late in spite of it

constexpr std::array kNames = {"Alice", "Bob", "Carol", "Dave", "Erin", "Frank"};

}  // namespace

World::World(std::uint64_t seed, bool traced)
    : dice_(seed),
      plan_(dice_),
      chronicle_(scheduler_, traced),
      network_(scheduler_, dice_, chronicle_, plan_.latency, tap_),
      around_{scheduler_, network_, dice_, chronicle_},
      promises_(*this, plan_.limits, chronicle_),
      key_use_(chronicle_),
      link_bounds_(chronicle_),
      restoration_(chronicle_),
      relay_(around_, plan_, tap_),
      people_(plan_, dice_, chronicle_, promises_, agents_),
      weather_(plan_, around_, relay_, agents_, people_) {
  make_agents();
  tap_.on_frame = [this](const Wiretap::Overheard& overheard) {
    const AgentId& agent = overheard.agent;
    if (const auto* send = std::get_if<protocol::Send>(&overheard.frame)) {
      key_use_.sent(agent, send->msg_id, send->envelope);
    } else if (const auto* claim = std::get_if<protocol::InviteClaim>(&overheard.frame)) {
      key_use_.sent(agent, claim->msg_id, claim->envelope);
    }
    promises_.on_frame(overheard);
    if (!something_was_given_up()) link_bounds_.see(overheard);
  };
  tap_.on_ended = [this](std::uint64_t link) { link_bounds_.forget(link); };
  people_.on_written = [this](std::size_t from, std::size_t to, const MsgId& msg_id) {
    restoration_.on_written(agents_[from]->id(), agents_[to]->id(), msg_id);
  };
  chronicle_.tell("", plan_.summary());
}

void World::make_agents() {
  for (std::uint32_t i = 0; i < plan_.agents; ++i) {
    agents_.push_back(std::make_unique<AgentParty>(kNames[i], i + 1, around_, plan_, tap_, promises_));
    AgentParty& agent = *agents_.back();
    numbers_[agent.id()] = i;
    agent.records().on_commit = [this, &agent](const Transaction& changes) {
      promises_.on_commit(agent.id(), changes);
      restoration_.on_commit(agent.id(), changes);
    };
    agent.on_report = [this](const AgentEvent& event) { restoration_.on_report(event); };
    agent.records().on_header_key = [this, &agent](const SessionId& session, ByteView key) {
      key_use_.learn(agent.id(), session, key);
    };
  }
}

bool World::something_was_given_up() const {
  constexpr std::int64_t kLife = protocol::kMessageLifeMs;
  return promises_.somebody_parted() || relay_.has_lived(kLife) ||
         std::ranges::any_of(agents_, [](const auto& agent) { return agent->has_lived(kLife); });
}

const AgentParty& World::of(const AgentId& agent) const {
  return *agents_[numbers_.at(agent)];
}

void World::let_owners_act(std::size_t agent) {
  people_.act(agent);
  const Duration sleep = std::max(Duration(0), weather_.awake_at() - scheduler_.steady());
  scheduler_.after(sleep + dice_.up_to(plan_.pause), [this, agent] { let_owners_act(agent); });
}

void World::step() {
  if (++events_ > kMostEvents) return chronicle_.violate("the run does not end: too many events");
  scheduler_.step();
  weather_.tend();
}

void World::go_on_for(Duration time) {
  const Duration until = scheduler_.steady() + time;
  while (scheduler_.steady() < until && chronicle_.violation().empty()) step();
}

void World::weeks_unheard() {
  const Friendship& friendship = people_.friendships().front();
  AgentParty& writer = *agents_[friendship.inviter];
  relay_.crash();
  for (int week = 0; week < 5 && chronicle_.violation().empty(); ++week) {
    for (std::size_t i = 0; i <= protocol::kOutboxPerPeer; ++i) {  // one more than there is room for
      if (!people_.write(friendship.inviter, friendship.invitee)) break;
    }
    writer.set_clock(writer.clock_offset() + protocol::kMessageLifeMs + 1);
    go_on_for(seconds(130));
  }
  relay_.boot();
  go_on_for(seconds(40));
  people_.write(friendship.inviter, friendship.invitee);
}

std::string World::unrest() const {
  if (!relay_.running()) return "the relay is not up";
  const RelayStatus status = relay_.status();
  if (!status.store_ok) return "the relay's store does not work";
  if (status.pending > 0) return "the relay still keeps " + std::to_string(status.pending) + " messages";
  for (const auto& agent : agents_) {
    if (!agent->running()) return agent->name() + " is not up";
    AgentDisk& records = agent->records();
    if (records.outbox() > 0) return agent->name() + " has " + std::to_string(records.outbox()) + " messages to send";
    if (records.inbox() > 0) return agent->name() + " has " + std::to_string(records.inbox()) + " messages to handle";
    if (records.claims() > 0) return agent->name() + " has an invite whose acceptance nobody answers";
    if (!agent->engine().idle()) return agent->name() + " is busy";
  }
  if (status.agents != agents_.size()) return "not all links are ready";
  return people_.content() ? "" : "somebody waits for an answer to an invite";
}

void World::come_to_rest() {
  const Duration until = scheduler_.steady() + kCalm;
  std::string waits = unrest();
  while (chronicle_.violation().empty() && !waits.empty()) {
    if (scheduler_.steady() > until) return chronicle_.violate("wedged half an hour after the last fault: " + waits);
    // Asked seldom: the answer costs more than a step.
    go_on_for(milliseconds(500));
    waits = unrest();
  }
  go_on_for(kRest);
}

void World::settle() {
  if (!chronicle_.violation().empty()) return;
  promises_.settle();
  if (something_was_given_up() || !promises_.all_came()) return;
  for (const auto& agent : agents_) {
    if (agent->records().kept_keys() > 0) chronicle_.violate(agent->name() + " keeps keys of messages that all came");
  }
}

Outcome World::run() {
  weather_.begin();
  plan_a_backup();
  for (std::size_t agent = 0; agent < agents_.size(); ++agent) let_owners_act(agent);
  const Duration begin = scheduler_.steady();
  while (chronicle_.violation().empty() && scheduler_.steady() - begin - weather_.slept() < plan_.storm) step();
  if (chronicle_.violation().empty()) {
    chronicle_.tell("", "the faults stop");
    weather_.calm();
    people_.rest();
    if (plan_.weeks_unheard) {
      go_on_for(minutes(2));
      weeks_unheard();
    }
    come_to_rest();
  }
  settle();
  const Promises::Counts counts = promises_.counts();
  if (chronicle_.violation().empty()) face_the_aftermath();
  relay_.crash();  // and tell what it counted
  return {.violation = chronicle_.violation(),
          .hash = chronicle_.hash(),
          .events = events_,
          .coverage = chronicle_.coverage(),
          .messages = counts};
}

}  // namespace agentroom::sim
