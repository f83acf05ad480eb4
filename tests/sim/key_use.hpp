// Watches that no message key ever seals two texts.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chronicle.hpp"
#include "protocol/content.hpp"

namespace agentroom::sim {

/// A message key is named by its session, its chain (the sender's ratchet key) and its number in the chain. To read
/// chain and number the header keys are taken from the senders' disks: a correct agent sends nothing before the state
/// that sealed it is durable, so the key is there when the message is seen.
class KeyUse {
 public:
  explicit KeyUse(Chronicle& chronicle) : chronicle_(chronicle) {}

  /// `sender` seals headers of this session with this key from now on.
  void learn(const AgentId& sender, const SessionId& session, ByteView header_key);
  /// From now on an agent may go on from a state that it had before. It seals other texts at the same place of a chain
  /// then, under keys that are others, because each is bound to its message's id and sealed header.
  void expect_forks() { forks_ = true; }
  /// An envelope on its way from an agent to the relay; the same one may come often.
  void sent(const AgentId& sender, const MsgId& msg_id, ByteView envelope);

 private:
  struct Slot {
    AgentId sender;
    SessionId session;
    AgreementKey chain;
    std::uint32_t n = 0;
    auto operator<=>(const Slot&) const = default;
  };

  struct User {
    MsgId msg_id;
    std::size_t sealed_header = 0;  // its hash
  };

  Chronicle& chronicle_;
  std::map<std::pair<AgentId, SessionId>, std::vector<Bytes>> header_keys_;
  bool forks_ = false;
  std::map<Slot, User> slots_;
  std::unordered_map<MsgId, std::size_t> envelopes_;  // hash of the one envelope of each message
};

}  // namespace agentroom::sim
