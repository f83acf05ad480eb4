#include "crypto/invite_keys.hpp"

#include <gtest/gtest.h>

#include "crypto/primitives.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

class InviteKeys : public testing::Test {
 protected:
  InviteKeys() {
    SeededRandom random(1);
    random.fill(nonce.mutable_view());
    random.fill(invite_id.mutable_view());
    other_nonce = nonce.clone();
    other_nonce.data()[31] ^= 1;
    other_id = invite_id;
    other_id.data()[0] ^= 1;
  }
  InviteNonce nonce;
  InviteNonce other_nonce;
  InviteId invite_id;
  InviteId other_id;
};

TEST_F(InviteKeys, AreTheSameAtBothEnds) {
  EXPECT_EQ(derive_claim_pair(nonce, invite_id).pk, derive_claim_pair(nonce.clone(), invite_id).pk);
  EXPECT_TRUE(derive_invite_token(nonce, invite_id).equals(derive_invite_token(nonce.clone(), invite_id)));
}

TEST_F(InviteKeys, CannotBeHadWithoutTheSecret) {
  EXPECT_NE(derive_claim_pair(nonce, invite_id).pk, derive_claim_pair(other_nonce, invite_id).pk);
  EXPECT_FALSE(derive_invite_token(nonce, invite_id).equals(derive_invite_token(other_nonce, invite_id)));
}

TEST_F(InviteKeys, BelongToOneInvite) {
  EXPECT_NE(derive_claim_pair(nonce, invite_id).pk, derive_claim_pair(nonce, other_id).pk);
  EXPECT_FALSE(derive_invite_token(nonce, invite_id).equals(derive_invite_token(nonce, other_id)));
}

TEST_F(InviteKeys, ClaimPairSignsClaims) {
  const auto pair = derive_claim_pair(nonce, invite_id);
  const auto sig = sign(pair.secret, "claim", {as_bytes("claim")});
  EXPECT_TRUE(verify(pair.pk.view(), "claim", {as_bytes("claim")}, sig));
  const auto other = sign(derive_claim_pair(other_nonce, invite_id).secret, "claim", {as_bytes("claim")});
  EXPECT_FALSE(verify(pair.pk.view(), "claim", {as_bytes("claim")}, other));
}

}  // namespace
}  // namespace agentroom::crypto::test
