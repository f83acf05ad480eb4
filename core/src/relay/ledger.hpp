// What the relay knows, for all of its parts.
#pragma once

#include "agentroom/relay_engine.hpp"
#include "relay/agents.hpp"
#include "relay/held_envelopes.hpp"
#include "relay/invites.hpp"
#include "relay/rows.hpp"

namespace agentroom::relay {

struct Ledger {
  Ledger(const RelayLimits& relay_limits, Random& random)
      : limits(relay_limits),
        hash(random),
        agents(limits, hash),
        rows(hash),
        invites(limits, hash, agents),
        bytes(limits.queued_bytes, limits.mailboxes, limits.newcomer_percent),
        flight_bytes(limits.queued_bytes, limits.connections, limits.newcomer_percent),
        connected(limits.connections, 0, limits.newcomer_percent) {}

  void count_rejected(protocol::Code code) {
    ++counters.rejected;
    ++counters.rejected_by_code[static_cast<std::size_t>(code)];
  }

  /// The agent took part in a claim, or is named in `publishers`: what newcomers have together binds it no longer.
  void know(AgentRef ref) {
    const Agent& agent = agents[ref];
    if (agent.known) return;
    bytes.know(agent.queued_bytes());
    flight_bytes.know(agent.flight_bytes);
    if (agent.connection != nullptr) connected.know(1);
    invites.know(agent);
    agents.know(ref);
  }

  const RelayLimits limits;
  const KeyedHash hash;
  Now now;  ///< of the event that is being handled
  Agents agents;
  Rows rows;
  HeldEnvelopes held;
  Invites invites;
  Budget bytes;  ///< of envelopes that are queued; held by recipients
  /// Of envelopes in flight, as much again. They stay a few seconds: who wants to keep others out has to send that much
  /// again and again, while a queue that is full stays so for days.
  Budget flight_bytes;
  Budget connected;          ///< agents that are
  std::uint64_t queued = 0;  ///< messages that are being stored or stored
  std::uint64_t queued_bytes = 0;
  RelayStatus counters;  ///< only what grows
};

}  // namespace agentroom::relay
