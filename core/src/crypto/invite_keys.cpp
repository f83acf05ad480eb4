#include "crypto/invite_keys.hpp"

#include "crypto/primitives.hpp"
#include "crypto/signing_pair.hpp"

namespace agentroom::crypto {

SigningPair<ClaimKey> derive_claim_pair(const InviteNonce& nonce, const InviteId& invite_id) {
  SigningSeed seed;
  bh(seed.mutable_view(), nonce.view(), invite_id.view(), "ar3.claim");
  return signing_pair_from_seed<ClaimKey>(seed);
}

MailboxToken derive_invite_token(const InviteNonce& nonce, const InviteId& invite_id) {
  MailboxToken token;
  bh(token.mutable_view(), nonce.view(), invite_id.view(), "ar3.invitetoken");
  return token;
}

}  // namespace agentroom::crypto
