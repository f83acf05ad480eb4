// The number by which two people make sure that their agents talk to each other and to nobody between them
// (protocol section 3).
#pragma once

#include <string>

#include "agentroom/ids.hpp"

namespace agentroom::crypto {

/// 60 decimal digits as 12 groups of 5, a space between: the same whichever agent asks. Each key gives 30 digits, about
/// 99 bits: who stands between two agents needs, for each of them, a key of its own with that agent's half.
///
/// Only the Ed25519 keys are in it. They name the agents, and all else that a session begins with is signed by them:
/// the inviter's X25519 key and prekey in the invite, the invitee's X25519 and ephemeral key in the transcript. Another
/// X25519 key under the same name is a signature by that very agent, and the number of a peer stays what it was.
std::string safety_number(const AgentId& one, const AgentId& other);

}  // namespace agentroom::crypto
