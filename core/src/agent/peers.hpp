// The other agents by name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/context.hpp"
#include "agent/records.hpp"

namespace agentroom::agent {

/// Names and generations of peers. A peer is known as long as there is a session with it or its owner named it.
class Peers {
 public:
  explicit Peers(Context& context) : context_(context) {}
  Result<void> load();

  const PeerRecord* find(const AgentId& peer) const;
  /// Known from now on.
  PeerRecord& add(const AgentId& peer);
  void forget(AgentId peer);

  /// The name the peer gives itself; cleaned here.
  void set_own_name(const AgentId& peer, std::string_view name);
  void raise_generation(const AgentId& peer, std::uint32_t generation);
  /// Errors: kInvalid, kExists.
  Result<void> rename(const AgentId& peer, std::string_view name);

  /// The owner's name for it, else its own, else empty.
  std::string name(const AgentId& peer) const;
  /// The same, or the beginning of its key: for messages to people.
  std::string label(const AgentId& peer) const;

  /// Key, owner's name, then peers' own names and key prefixes together: what a peer calls itself can make a text
  /// ambiguous but never take it over. Errors: kNoSession, kAmbiguous.
  Result<AgentId> resolve(std::string_view text) const;

  const std::unordered_map<AgentId, PeerRecord>& all() const { return peers_; }

 private:
  void save(const PeerRecord& peer);
  Bytes key_of(const AgentId& peer) const;

  Context& context_;
  std::unordered_map<AgentId, PeerRecord> peers_;
};

}  // namespace agentroom::agent
