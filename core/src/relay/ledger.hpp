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
      : limits(relay_limits), hash(random), agents(hash), rows(hash), invites(limits, hash, agents) {}

  const RelayLimits limits;
  const KeyedHash hash;
  Now now;  ///< of the event that is being handled
  Agents agents;
  Rows rows;
  HeldEnvelopes held;
  Invites invites;
  std::uint64_t bytes = 0;   ///< of envelopes, in flight and queued
  std::uint64_t queued = 0;  ///< messages that are being stored or stored
  std::uint64_t queued_bytes = 0;
  RelayStatus counters;  ///< only what grows
};

}  // namespace agentroom::relay
