// What a run ends with, when its plan says so: a relay that moves or keeps no order, or a store from a backup.
#include "world.hpp"

namespace agentroom::sim {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kTexts = 3;  // of each to each of its friends

}  // namespace

void World::plan_a_backup() {
  if (plan_.aftermath != Aftermath::kRelayRestored && plan_.aftermath != Aftermath::kAgentRestored) return;
  restored_ = dice_.below(plan_.agents);
  scheduler_.after(dice_.up_to(plan_.storm), [this] {
    chronicle_.tell("", "a backup is made");
    const bool of_relay = plan_.aftermath == Aftermath::kRelayRestored;
    backup_ = of_relay ? relay_.disk().records : agents_[restored_]->disk().records;
  });
}

// At rest nothing waits at the relay, so it can lose its store, or have an older one, and break no promise. An
// old list of tokens refuses a newer peer for good, so nobody writes before the agents have told a restored relay whom
// they allow.
void World::relay_changes() {
  relay_.crash();
  if (plan_.aftermath == Aftermath::kRelayMoved) {
    chronicle_.tell("", "the relay moves to a new secret");
    chronicle_.met(Way::kRelayMoved);
    relay_.move();
  } else {
    chronicle_.tell("", "the relay is restored from its backup");
    chronicle_.met(Way::kRelayRestored);
    promises_.expect_returns();
    relay_.disk().records = backup_;
  }
  while (!relay_.boot() && chronicle_.violation().empty()) chronicle_.tell("relay", "is killed while it starts");
  if (plan_.aftermath == Aftermath::kRelayRestored) come_to_rest();
  people_.wake(kTexts);
  weather_.gust();
  go_on_for(seconds(60));
  weather_.calm();
  people_.rest();
  come_to_rest();
  settle();
}

void World::write_around_restored() {
  for (const Friendship& friendship : people_.friendships()) {
    if (friendship.inviter != restored_ && friendship.invitee != restored_) continue;
    const AgentId& inviter = agents_[friendship.inviter]->id();
    const AgentId& invitee = agents_[friendship.invitee]->id();
    if (renewed_ && !restoration_.renewed(inviter, invitee)) continue;
    for (std::uint32_t i = 0; i < kTexts; ++i) {
      people_.write(friendship.inviter, friendship.invitee);
      people_.write(friendship.invitee, friendship.inviter);
    }
  }
  go_on_for(seconds(30));
  come_to_rest();
  if (chronicle_.violation().empty()) restoration_.settle(renewed_);
}

void World::agent_is_restored() {
  AgentParty& agent = *agents_[restored_];
  chronicle_.tell(agent.name(), "is restored from its backup");
  chronicle_.met(Way::kAgentRestored);
  promises_.retire();
  key_use_.expect_forks();
  restoration_.begin();
  agent.crash();
  agent.disk().records = backup_;
  agent.records().restored(backup_);
  agent.boot();
  go_on_for(seconds(5));
  write_around_restored();
  if (!chronicle_.violation().empty()) return;
  restoration_.renew();
  people_.wake(0);
  go_on_for(seconds(60));
  people_.rest();
  come_to_rest();
  renewed_ = true;
  if (chronicle_.violation().empty()) write_around_restored();
}

// Whatever the order, each is read, with a key that was kept where it was passed over, and each is handled once.
void World::relay_keeps_no_order() {
  chronicle_.tell("", "the relay keeps no order");
  promises_.expect_disorder();
  relay_.crash();
  relay_.keeps_order = false;
  relay_.boot();
  people_.wake(0);
  for (int round = 0; round < 10 && chronicle_.violation().empty(); ++round) {
    for (const Friendship& friendship : people_.friendships()) {
      for (std::uint32_t i = 0; i < 2 * kTexts; ++i) people_.write(friendship.inviter, friendship.invitee);
    }
    go_on_for(seconds(3));
  }
  people_.rest();
  come_to_rest();
  settle();
}

void World::face_the_aftermath() {
  switch (plan_.aftermath) {
    case Aftermath::kNone:
      return;
    case Aftermath::kRelayMoved:
    case Aftermath::kRelayRestored:
      return relay_changes();
    case Aftermath::kDisorder:
      return relay_keeps_no_order();
    case Aftermath::kAgentRestored:
      return agent_is_restored();
  }
}

}  // namespace agentroom::sim
