#include "weather.hpp"

#include <numeric>

namespace agentroom::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kHourMs = 3600 * 1000;
constexpr std::int64_t kFarthestMs = 9 * 24 * kHourMs;  // below what dedupe keys live

}  // namespace

Weather::Weather(const Plan& plan, const Surroundings& around, RelayParty& relay,
                 std::vector<std::unique_ptr<AgentParty>>& agents, People& people)
    : plan_(plan),
      scheduler_(around.scheduler),
      network_(around.network),
      dice_(around.dice),
      chronicle_(around.chronicle),
      relay_(relay),
      agents_(agents),
      people_(people),
      total_weight_(std::accumulate(plan.weights.begin(), plan.weights.end(), 0U)) {}

std::vector<Party*> Weather::everybody() const {
  std::vector<Party*> all{&relay_};
  for (const auto& agent : agents_) all.push_back(agent.get());
  return all;
}

Party& Weather::anybody() {
  // The relay as often as all agents together.
  if (dice_.one_in(2)) return relay_;
  return any_agent();
}

void Weather::begin() {
  for (Party* party : everybody()) {
    party->disk().faults = true;
    party->on_death = [this, party] {
      chronicle_.tell(party->name(), "dies between two effects");
      chronicle_.met(Way::kDeathBetweenEffects);
      boot_later(*party, seconds(2));
    };
    if (!party->boot()) boot_later(*party, seconds(2));
  }
  for (const auto& agent : agents_) agent->troubled = true;
  strike();
}

void Weather::strike() {
  if (!storm_ || total_weight_ == 0) return;
  std::uint64_t roll = dice_.below(total_weight_);
  std::size_t fault = 0;
  while (roll >= plan_.weights[fault]) roll -= plan_.weights[fault++];
  strike(static_cast<Fault>(fault));
  const Duration sleep = std::max(Duration(0), awake_at_ - scheduler_.steady());
  scheduler_.after(sleep + dice_.up_to(2 * plan_.between_strikes), [this] { strike(); });
}

void Weather::strike(Fault fault) {
  bool struck = false;
  switch (fault) {
    case Fault::kCut:
      struck = network_.cut(milliseconds(30));
      if (struck) chronicle_.met(Way::kCut);
      break;
    case Fault::kHalfOpen:
      struck = network_.cut(dice_.one_of<Duration>({seconds(2), seconds(60), minutes(5)}));
      if (struck) chronicle_.met(Way::kHalfOpen);
      break;
    case Fault::kStall:
      if (network_.stall(dice_.one_of<Duration>({seconds(1), seconds(10), seconds(70)}))) {
        chronicle_.met(Way::kStall);
        chronicle_.tell("", "a link stalls");
      }
      break;
    case Fault::kTamper:
      if (network_.tamper()) {
        chronicle_.met(Way::kTamper);
        chronicle_.tell("", "a link message is tampered with");
      }
      break;
    case Fault::kCrash:
      crash(anybody());
      break;
    case Fault::kRestart:
      restart(anybody());
      break;
    case Fault::kSecondOwner:
      if (dice_.one_in(3)) replace(any_agent());
      break;
    case Fault::kClock:
      if (dice_.one_in(3)) set_a_clock();
      break;
    case Fault::kSleep:
      if (dice_.one_in(10)) sleep();
      break;
    case Fault::kAway:
      if (dice_.one_in(10)) away(any_agent());
      break;
    case Fault::kRemovedPeer:
      if (dice_.one_in(10)) people_.part();
      break;
    case Fault::kCount:
      break;
  }
  if (struck) chronicle_.tell("", "a link is cut");
}

void Weather::boot_later(Party& party, Duration most) {
  scheduler_.after(dice_.up_to(most), [this, &party, life = party.life()] {
    if (party.running() || party.life() != life || sleeping_) return;
    chronicle_.tell(party.name(), "starts");
    if (!party.boot()) boot_later(party, seconds(2));
  });
}

void Weather::crash(Party& party) {
  if (!party.running()) return;
  if (dice_.one_in(2)) return party.die_at(1 + dice_.below(12));
  chronicle_.tell(party.name(), "crashes");
  chronicle_.met(&party == &relay_ ? Way::kRelayCrash : Way::kAgentCrash);
  party.crash();
  boot_later(party, dice_.one_in(4) ? seconds(20) : seconds(2));
}

void Weather::restart(Party& party) {
  if (!party.running()) return;
  chronicle_.tell(party.name(), "is asked to end");
  chronicle_.met(Way::kRestart);
  party.shut_down();
  scheduler_.after(dice_.up_to(seconds(3)), [this, &party, life = party.life()] {
    if (!party.running() || party.life() != life) return;
    chronicle_.tell(party.name(), party.ended() ? "has ended" : "is ended");
    party.crash();
    boot_later(party, seconds(2));
  });
}

void Weather::replace(AgentParty& agent) {
  chronicle_.tell(agent.name(), "gets a second owner");
  chronicle_.met(Way::kSecondOwner);
  second_owners_.push_back(std::make_unique<SecondOwner>(network_, dice_, agent.identity().clone(), agent.host()));
  scheduler_.after(dice_.up_to(seconds(20)), [this, gone = second_owners_.back().get()] {
    std::erase_if(second_owners_, [&](const auto& owner) { return owner.get() == gone; });
  });
}

void Weather::set_a_clock() {
  Party& party = anybody();
  const std::int64_t most = dice_.one_of<std::int64_t>({5'000, kHourMs, 8 * 24 * kHourMs});
  const std::int64_t offset =
      party.clock_offset() + static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(2 * most))) - most;
  chronicle_.met(offset < party.clock_offset() ? Way::kClockBack : Way::kClockForward);
  party.set_clock(std::clamp(offset, -kFarthestMs, kFarthestMs));
  if (chronicle_.traced()) {
    chronicle_.tell(party.name(),
                    "has its clock set to " + std::to_string(party.clock_offset()) + " ms from the true time");
  }
}

bool Weather::sleep() {
  const Duration nap = dice_.up_to(dice_.one_of<Duration>({hours(5), hours(30), hours(24 * 8)}));
  if (sleeping_ || slept_ + nap > hours(24 * 9)) return false;
  chronicle_.tell("", "everybody sleeps");
  chronicle_.met(Way::kSleep);
  slept_ += nap;
  awake_at_ = scheduler_.steady() + nap;
  sleeping_ = true;
  for (Party* party : everybody()) {
    if (party != &relay_ || dice_.one_in(2)) party->crash();
  }
  scheduler_.after(nap, [this] {
    sleeping_ = false;
    for (Party* party : everybody()) {
      if (!party->running()) boot_later(*party, minutes(1));
    }
  });
  return true;
}

// What others send it meanwhile waits for days, the start of a session too.
void Weather::away(AgentParty& agent) {
  if (!agent.running()) return;
  chronicle_.tell(agent.name(), "goes away");
  agent.crash();
  scheduler_.after(dice_.up_to(seconds(30)), [this, &agent] {
    if (!storm_ || sleeping_) return boot_later(agent, seconds(2));
    if (sleep()) chronicle_.met(Way::kAway);
    if (!sleeping_) boot_later(agent, seconds(2));
  });
}

void Weather::tend() {
  for (const auto& agent : agents_) {
    if (!agent->running() || !agent->needs_restart()) continue;
    agent->crash();
    boot_later(*agent, storm_ ? seconds(20) : seconds(2));
  }
}

void Weather::gust() {
  for (int i = 0; i < 6; ++i) {
    scheduler_.after(dice_.up_to(seconds(20)), [this] { crash(anybody()); });
  }
}

void Weather::calm() {
  storm_ = sleeping_ = false;
  second_owners_.clear();
  network_.calm();
  for (Party* party : everybody()) {
    party->disk().faults = false;
    party->die_at(0);  // never
  }
  // Those that ran without a handler, or were asked to end, run as they should now.
  for (const auto& agent : agents_) {
    agent->troubled = false;
    agent->crash();
    boot_later(*agent, seconds(2));
  }
  if (relay_.running() && dice_.one_in(2)) return;
  relay_.crash();
  boot_later(relay_, seconds(2));
}

}  // namespace agentroom::sim
