#include "people.hpp"

namespace agentroom::sim {
namespace {

using Stage = Friendship::Stage;

constexpr std::uint32_t kTries = 12;

bool is_over(ErrorCode code) {
  return code == ErrorCode::kInviteExpired || code == ErrorCode::kInviteUsed || code == ErrorCode::kInviteRevoked ||
         code == ErrorCode::kNotFound;
}

}  // namespace

People::People(const Plan& plan, Dice& dice, Chronicle& chronicle, Promises& promises,
               std::vector<std::unique_ptr<AgentParty>>& agents)
    : plan_(plan), dice_(dice), chronicle_(chronicle), promises_(promises), agents_(agents) {
  left_.assign(plan.agents, std::vector<std::uint32_t>(plan.agents, 0));
  for (const auto& [inviter, invitee] : plan.friendships) {
    friendships_.push_back({.inviter = inviter, .invitee = invitee, .url = {}, .invite_id = {}});
    left_[inviter][invitee] = left_[invitee][inviter] = plan.texts;
  }
  left_[friendships_.front().inviter][friendships_.front().invitee] += plan.flood;
}

void People::wake(std::uint32_t texts) {
  resting_ = false;
  for (Friendship& friendship : friendships_) {
    friendship = {.inviter = friendship.inviter, .invitee = friendship.invitee, .url = {}, .invite_id = {}};
    left_[friendship.inviter][friendship.invitee] = left_[friendship.invitee][friendship.inviter] = texts;
  }
}

bool People::knows(std::size_t number, std::size_t peer) const {
  const auto peers = agent(number).engine().peers();
  return std::ranges::any_of(peers, [&](const PeerSummary& known) { return known.id == agent(peer).id(); });
}

void People::act(std::size_t number) {
  for (Friendship& friendship : friendships_) {
    if (!agent(number).running()) return;  // it may die of what its owner does
    if (friendship.inviter == number) invite(friendship);
    if (!agent(number).running()) return;
    if (friendship.invitee == number) accept(friendship);
  }
  if (!resting_ && agent(number).running()) write_some(number);
}

// ---- invites ----

void People::try_anew(Friendship& friendship) {
  friendship.url.clear();
  friendship.revoked = false;
  friendship.stage = ++friendship.tries < kTries && !resting_ ? Stage::kWanted : Stage::kGivenUp;
}

void People::invite(Friendship& friendship) {
  AgentParty& inviter = agent(friendship.inviter);
  if (friendship.stage == Stage::kAsked && friendship.life != inviter.life()) try_anew(friendship);
  if (friendship.stage == Stage::kMade && !friendship.revoked && dice_.happens(plan_.revoked)) revoke(friendship);
  if (friendship.stage != Stage::kWanted) return;
  if (resting_) return try_anew(friendship);
  friendship.stage = Stage::kAsked;
  friendship.life = inviter.life();
  inviter.engine().create_invite(plan_.invite_ttl, inviter.now(), [this, &friendship](Result<CreatedInvite> made) {
    if (chronicle_.traced()) {
      chronicle_.tell(agent(friendship.inviter).name(),
                      made ? "has an invite" : "has no invite: " + made.error().message);
    }
    if (!made) return try_anew(friendship);
    chronicle_.met(Way::kInvited);
    friendship.url = made->url;
    friendship.invite_id = made->invite_id;
    friendship.stage = Stage::kMade;
  });
  inviter.poke();
}

void People::revoke(Friendship& friendship) {
  AgentParty& inviter = agent(friendship.inviter);
  friendship.revoked = true;
  chronicle_.tell(inviter.name(), "revokes an invite");
  chronicle_.met(Way::kRevoked);
  inviter.engine().revoke_invite(friendship.invite_id, inviter.now(), [](const Result<void>&) {});
  inviter.poke();
}

void People::accept(Friendship& friendship) {
  AgentParty& invitee = agent(friendship.invitee);
  if (friendship.stage == Stage::kAccepting && friendship.life != invitee.life()) friendship.stage = Stage::kMade;
  if (friendship.stage != Stage::kMade) return;
  if (!resting_ && dice_.happens(plan_.shared)) compete(friendship);
  if (!invitee.running()) return;
  friendship.stage = Stage::kAccepting;
  friendship.life = invitee.life();
  invitee.engine().accept_invite(
      friendship.url, std::nullopt, invitee.now(), [this, &friendship](Result<AcceptedInvite> accepted) {
        const AgentParty& who = agent(friendship.invitee);
        if (chronicle_.traced()) {
          chronicle_.tell(who.name(), accepted ? "has accepted" : "has not accepted: " + accepted.error().message);
        }
        if (accepted) {
          chronicle_.met(Way::kAccepted);
          if (invited_each_other(friendship)) chronicle_.met(Way::kBothInvited);
          friendship.stage = Stage::kAccepted;
        } else if (is_over(accepted.error().code)) {
          // Perhaps by itself, in a life whose answer was lost.
          knows(friendship.invitee, friendship.inviter) ? void(friendship.stage = Stage::kAccepted)
                                                        : try_anew(friendship);
        } else {
          friendship.stage = resting_ && ++friendship.tries > 3 * kTries ? Stage::kGivenUp : Stage::kMade;
        }
      });
  invitee.poke();
}

void People::compete(const Friendship& friendship) {
  const std::size_t number = dice_.below(plan_.agents);
  AgentParty& rival = agent(number);
  if (number == friendship.inviter || number == friendship.invitee || !rival.running()) return;
  chronicle_.tell(rival.name(), "accepts somebody else's invite");
  rival.engine().accept_invite(friendship.url, std::nullopt, rival.now(), [](const Result<AcceptedInvite>&) {});
  rival.poke();
}

bool People::invited_each_other(const Friendship& friendship) const {
  return std::ranges::any_of(friendships_, [&](const Friendship& other) {
    return other.inviter == friendship.invitee && other.invitee == friendship.inviter &&
           other.stage == Stage::kAccepted;
  });
}

bool People::content() const {
  return std::ranges::all_of(friendships_, [](const Friendship& friendship) {
    return friendship.stage == Stage::kAccepted || friendship.stage == Stage::kGivenUp;
  });
}

// ---- texts ----

bool People::write(std::size_t from, std::size_t to) {
  AgentParty& writer = agent(from);
  if (!writer.running() || !knows(from, to)) return false;
  const bool large = plan_.largest_text > 1'000 && dice_.one_in(4);
  const std::size_t size = dice_.below(large ? plan_.largest_text + 1 : 200);
  const std::uint32_t replies = dice_.between(0, plan_.replies);
  writer.engine().send(agent(to).id(), text_asking(++numbers_, replies, size), writer.now(),
                       [this, &writer, from, to](const Result<SentMessage>& sent) {
                         if (sent) {
                           if (on_written) on_written(from, to, sent->msg_id);
                           return;
                         }
                         if (sent.error().code == ErrorCode::kQueueFull) chronicle_.met(Way::kOutboxFull);
                         if (chronicle_.traced()) {
                           chronicle_.tell(writer.name(), "could not send: " + sent.error().message);
                         }
                       });
  writer.poke();
  return true;
}

void People::write_some(std::size_t from) {
  const std::size_t to = dice_.below(plan_.agents);
  const std::uint32_t burst = left_[from][to] > plan_.texts ? plan_.flood : plan_.burst;
  for (std::uint32_t i = 0; i < burst && left_[from][to] > 0; ++i) {
    if (!write(from, to)) return;
    --left_[from][to];
  }
}

void People::part() {
  Friendship& friendship = friendships_[dice_.below(friendships_.size())];
  const bool by_inviter = dice_.one_in(2);
  const std::size_t who = by_inviter ? friendship.inviter : friendship.invitee;
  const AgentId& peer = agent(by_inviter ? friendship.invitee : friendship.inviter).id();
  if (friendship.stage != Stage::kAccepted || !agent(who).running()) return;
  chronicle_.tell(agent(who).name(), "forgets a peer");
  chronicle_.met(Way::kRemovedPeer);
  promises_.on_removal(agent(who).id(), peer);
  agent(who).engine().remove_peer(peer, agent(who).now(), [](const Result<void>&) {});
  agent(who).poke();
  for (Friendship& other : friendships_) {
    const bool same = (other.inviter == friendship.inviter && other.invitee == friendship.invitee) ||
                      (other.inviter == friendship.invitee && other.invitee == friendship.inviter);
    if (same && other.stage == Stage::kAccepted) try_anew(other);
  }
}

}  // namespace agentroom::sim
