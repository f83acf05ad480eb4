// The owners of the agents: they invite each other, accept, write, and try again as people do.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent_party.hpp"

namespace agentroom::sim {

/// One invite from being wanted to being accepted. Its owners remember it whatever happens to their agents.
struct Friendship {
  enum class Stage : std::uint8_t { kWanted, kAsked, kMade, kAccepting, kAccepted, kGivenUp };

  std::size_t inviter = 0;
  std::size_t invitee = 0;
  Stage stage = Stage::kWanted;
  std::uint64_t life = 0;  ///< kAsked, kAccepting: of the agent that was asked; a later one knows nothing of it
  std::string url;
  InviteId invite_id;
  bool revoked = false;
  std::uint32_t tries = 0;
};

class People {
 public:
  People(const Plan& plan, Dice& dice, Chronicle& chronicle, Promises& promises,
         std::vector<std::unique_ptr<AgentParty>>& agents);

  /// Does what the owner of this agent feels like. After `rest()` only what was begun is brought to its end.
  void act(std::size_t agent);
  void rest() { resting_ = true; }
  /// They go on as at the beginning: invite again whom they invited, and write `texts` to each friend.
  void wake(std::uint32_t texts);
  /// Forgets a peer of one of the agents.
  void part();
  /// Nobody waits for an answer to an invite.
  bool content() const;

  /// A text now, whatever the plan says; true when there is a session to send it in.
  bool write(std::size_t from, std::size_t to);
  /// Told of each text that is durable in the outbox of its sender.
  std::function<void(std::size_t from, std::size_t to, const MsgId& msg_id)> on_written;
  const std::vector<Friendship>& friendships() const { return friendships_; }

 private:
  void invite(Friendship& friendship);
  void accept(Friendship& friendship);
  void revoke(Friendship& friendship);
  /// Somebody else accepts the same invite.
  void compete(const Friendship& friendship);
  void try_anew(Friendship& friendship);
  void write_some(std::size_t from);
  /// The invitee of `friendship` was also its inviter's inviter.
  bool invited_each_other(const Friendship& friendship) const;
  bool knows(std::size_t agent, std::size_t peer) const;
  AgentParty& agent(std::size_t number) const { return *agents_[number]; }

  const Plan& plan_;
  Dice& dice_;
  Chronicle& chronicle_;
  Promises& promises_;
  std::vector<std::unique_ptr<AgentParty>>& agents_;
  std::vector<Friendship> friendships_;
  std::vector<std::vector<std::uint32_t>> left_;  // texts to write, by sender and recipient
  std::uint64_t numbers_ = 0;
  bool resting_ = false;
};

}  // namespace agentroom::sim
