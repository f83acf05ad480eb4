// How a session begins, on both sides (protocol section 3). Pure: state comes in and goes out by value.
#pragma once

#include "agent/records.hpp"
#include "agentroom/random.hpp"
#include "agentroom/result.hpp"
#include "crypto/identity.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "protocol/content.hpp"
#include "protocol/invite.hpp"

namespace agentroom::agent {

/// What an agent says of itself in its first message.
struct Introduction {
  std::uint32_t generation = 0;  ///< the highest known with that peer
  std::string name;
  UnixMs now = 0;
};

struct StartedSession {
  SessionFacts facts;  ///< claim_pending
  crypto::Ratchet ratchet;
  ClaimRecord claim;  ///< the claim as it will be sent, byte for byte
};

/// The invitee's side. `url`: where the session will be kept. Errors: kInvalid.
Result<StartedSession> start_session(const crypto::Identity& self, const protocol::Invite& invite, std::string url,
                                     const Introduction& introduction, Random& random);

struct AnsweredSession {
  SessionFacts facts;  ///< confirmed; its generation is 1 + the greater of both sides
  crypto::Ratchet ratchet;
  std::vector<crypto::KeptKeyChange> changes;
  std::string peer_name;
};

/// The inviter's side: everything that section 3 asks is checked here, from the invite's own record.
/// `generation`: the highest this side knows with that peer. Errors: kUnreadable, with the reason.
Result<AnsweredSession> answer_session(const crypto::Identity& self, const InviteRecord& invite, const AgentId& from,
                                       const MsgId& msg_id, const protocol::SessionInit& init, std::uint32_t generation,
                                       UnixMs now, Random& random);

}  // namespace agentroom::agent
