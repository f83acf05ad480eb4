// Session establishment (protocol section 3), X3DH-shaped.
#pragma once

#include "crypto/identity.hpp"
#include "crypto/keys.hpp"

namespace agentroom::crypto {

/// What a ratchet starts from.
struct SessionSecrets {
  SessionId session_id;  ///< the transcript hash T
  RootKey root;
  HeaderKey hk_a;  ///< first header key, invitee to inviter
  HeaderKey hk_b;  ///< first header key, inviter to invitee
};

/// The invite's public part as both ends know it.
struct HandshakeInvite {
  InviteId invite_id;
  AgentId inviter_ed;
  AgreementKey inviter_x;
  AgreementKey prekey;
};

/// The invitee's public part of the transcript.
struct HandshakeInvitee {
  AgentId invitee_ed;
  AgreementKey invitee_x;
  AgreementKey e_pk;
};

/// T of protocol section 3.
SessionId transcript(const HandshakeInvite& invite, const HandshakeInvitee& invitee);

/// The invitee's side. `ephemeral` is fresh for this acceptance and wiped by its owner afterwards.
/// Errors: kInvalid (a malformed or low-order key).
Result<SessionSecrets> start_session(const Identity& invitee, const HandshakeInvite& invite, const InviteNonce& nonce,
                                     const AgreementPair& ephemeral);

/// The inviter's side, from its own record of the invite and the invitee's three keys.
/// Errors: kInvalid.
Result<SessionSecrets> answer_session(const Identity& inviter, const HandshakeInvite& invite, const InviteNonce& nonce,
                                      const AgreementPair& prekey, const HandshakeInvitee& invitee);

/// `sign("session", T)` by the invitee, and its check.
Signature sign_transcript(const Identity& invitee, const SessionId& transcript);
bool verify_transcript(const AgentId& invitee, const SessionId& transcript, const Signature& sig);

}  // namespace agentroom::crypto
