// What the core says, as a program hears it.
#pragma once

#include <string>

#include "agentroom/agent_engine.hpp"
#include "agentroom/client/client.hpp"

namespace agentroom::client {

Error error_of(const agentroom::Error& error);

std::string key_text(const AgentId& agent);

Message message_of(const HandlerMessage& message);
Peer peer_of(const PeerSummary& peer);

/// Nothing: it is no event of its own.
std::optional<Event> event_of(const AgentEvent& event);

}  // namespace agentroom::client
