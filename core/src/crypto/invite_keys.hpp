// What both ends derive from an invite's secret (protocol section 2).
#pragma once

#include "crypto/keys.hpp"

namespace agentroom::crypto {

/// Ed25519 pair with the seed `bh(32, nonce, invite_id, "ar3.claim")`.
SigningPair<ClaimKey> derive_claim_pair(const InviteNonce& nonce, const InviteId& invite_id);

/// `bh(16, nonce, invite_id, "ar3.invitetoken")`: what the invitee presents to write to the inviter's mailbox.
MailboxToken derive_invite_token(const InviteNonce& nonce, const InviteId& invite_id);

}  // namespace agentroom::crypto
