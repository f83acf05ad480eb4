// The names of things on the wire (protocol sections 1, 2, 3 and 6).
#pragma once

#include "agentroom/bytes.hpp"

namespace agentroom {

/// An agent is named by its Ed25519 public key; as text 43 characters of base64url.
using AgentId = FixedBytes<struct AgentIdTag, 32>;
/// The relay's Ed25519 public key.
using RelayId = FixedBytes<struct RelayIdTag, 32>;
/// An X25519 public key, little-endian u-coordinate.
using AgreementKey = FixedBytes<struct AgreementKeyTag, 32>;
/// The public half of an invite's claim pair (Ed25519).
using ClaimKey = FixedBytes<struct ClaimKeyTag, 32>;
/// An Ed25519 signature.
using Signature = FixedBytes<struct SignatureTag, 64>;
/// UUID version 7 in RFC 4122 order; random bits are fresh, never derived from ratchet state.
using MsgId = FixedBytes<struct MsgIdTag, 16>;
/// UUID version 4 in RFC 4122 order.
using InviteId = FixedBytes<struct InviteIdTag, 16>;
/// Names a request to the relay within one connection; 16 random bytes.
using RequestId = FixedBytes<struct RequestIdTag, 16>;
/// UUID version 4; carried unchanged from a message to its reply.
using ConversationId = FixedBytes<struct ConversationIdTag, 16>;
/// The transcript hash T of protocol section 3.
using SessionId = FixedBytes<struct SessionIdTag, 32>;
/// `bh(16, "", token, "ar3.token")`: what the relay holds in place of a mailbox token. The token itself is a secret.
using TokenHash = FixedBytes<struct TokenHashTag, 16>;
/// Digest of the token hashes that a mailbox accepts (protocol section 6, `Allow`).
using AllowDigest = FixedBytes<struct AllowDigestTag, 32>;

}  // namespace agentroom
