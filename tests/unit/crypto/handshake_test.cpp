#include "crypto/handshake.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

bool same(const SessionSecrets& a, const SessionSecrets& b) {
  return a.session_id == b.session_id && a.root.equals(b.root) && a.hk_a.equals(b.hk_a) && a.hk_b.equals(b.hk_b);
}

/// True when nothing secret is shared.
bool apart(const SessionSecrets& a, const SessionSecrets& b) {
  return !a.root.equals(b.root) && !a.hk_a.equals(b.hk_a) && !a.hk_b.equals(b.hk_b);
}

class Handshake : public testing::Test {
 protected:
  Handshake() {
    random.fill(nonce.mutable_view());
    random.fill(invite.invite_id.mutable_view());
    invite.inviter_ed = inviter.id();
    invite.inviter_x = inviter.x25519.pk;
    invite.prekey = prekey.pk;
    accepted = {invitee.id(), invitee.x25519.pk, e.pk};
  }
  SessionSecrets started() { return start_session(invitee, invite, nonce, e).value(); }
  SessionSecrets answered() { return answer_session(inviter, invite, nonce, prekey, accepted).value(); }

  SeededRandom random{1};
  Identity invitee = Identity::generate(random);
  Identity inviter = Identity::generate(random);
  AgreementPair prekey = AgreementPair::generate(random);
  AgreementPair e = AgreementPair::generate(random);
  InviteNonce nonce;
  HandshakeInvite invite;
  HandshakeInvitee accepted;
};

TEST_F(Handshake, GivesBothSidesTheSameSecrets) {
  EXPECT_TRUE(same(started(), answered()));
}

TEST_F(Handshake, NamesTheSessionByTheTranscript) {
  EXPECT_EQ(started().session_id, transcript(invite, accepted));
}

TEST_F(Handshake, GivesThreeDifferentKeys) {
  const auto secrets = started();
  EXPECT_NE(hex(secrets.root.view()), hex(secrets.hk_a.view()));
  EXPECT_NE(hex(secrets.root.view()), hex(secrets.hk_b.view()));
  EXPECT_FALSE(secrets.hk_a.equals(secrets.hk_b));
}

TEST_F(Handshake, CannotBeCompletedWithoutTheInvitesSecret) {
  InviteNonce guess = nonce.clone();
  guess.data()[0] ^= 1;
  EXPECT_TRUE(apart(start_session(invitee, invite, guess, e).value(), answered()));
}

TEST_F(Handshake, CannotBeCompletedWithoutThePrekey) {
  const auto other = AgreementPair::generate(random);
  auto own_record = invite;
  own_record.prekey = other.pk;
  EXPECT_TRUE(apart(started(), answer_session(inviter, own_record, nonce, other, accepted).value()));
}

TEST_F(Handshake, CannotBeCompletedWithoutTheInvitersKey) {
  Identity thief = inviter.clone();
  thief.x25519 = AgreementPair::generate(random);
  auto swapped = invite;
  swapped.inviter_x = thief.x25519.pk;
  EXPECT_TRUE(apart(started(), answer_session(thief, swapped, nonce, prekey, accepted).value()));
}

TEST_F(Handshake, CannotBeCompletedWithoutTheInviteesKeys) {
  Identity thief = invitee.clone();
  thief.x25519 = AgreementPair::generate(random);
  EXPECT_TRUE(apart(start_session(thief, invite, nonce, e).value(), answered()));
  EXPECT_TRUE(apart(start_session(invitee, invite, nonce, AgreementPair::generate(random)).value(), answered()));
}

TEST_F(Handshake, TranscriptCoversEveryKey) {
  const SessionId t = transcript(invite, accepted);
  const auto changed = [&](auto change) {
    auto other_invite = invite;
    auto other_accepted = accepted;
    change(other_invite, other_accepted);
    return transcript(other_invite, other_accepted);
  };
  EXPECT_NE(t, changed([](auto& i, auto&) { i.invite_id.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto& i, auto&) { i.inviter_ed.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto& i, auto&) { i.inviter_x.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto& i, auto&) { i.prekey.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto&, auto& a) { a.invitee_ed.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto&, auto& a) { a.invitee_x.data()[0] ^= 1; }));
  EXPECT_NE(t, changed([](auto&, auto& a) { a.e_pk.data()[0] ^= 1; }));
}

TEST_F(Handshake, SecretsDependOnTheWholeTranscript) {
  // A relay that swaps the signing key keeps every X25519 key: the secrets part all the same.
  accepted.invitee_ed = Identity::generate(random).id();
  EXPECT_TRUE(apart(started(), answered()));
}

TEST_F(Handshake, OwnInviteIsRefused) {
  EXPECT_EQ(start_session(inviter, invite, nonce, e).error().code, ErrorCode::kInvalid);
  accepted.invitee_ed = inviter.id();
  EXPECT_EQ(answer_session(inviter, invite, nonce, prekey, accepted).error().code, ErrorCode::kInvalid);
}

TEST_F(Handshake, InviterAnswersOnlyItsOwnRecord) {
  auto foreign = invite;
  foreign.inviter_ed = invitee.id();
  EXPECT_FALSE(answer_session(inviter, foreign, nonce, prekey, accepted));
  foreign = invite;
  foreign.inviter_x = invitee.x25519.pk;
  EXPECT_FALSE(answer_session(inviter, foreign, nonce, prekey, accepted));
  EXPECT_FALSE(answer_session(inviter, invite, nonce, AgreementPair::generate(random), accepted));
}

TEST_F(Handshake, LowOrderAndMalformedKeysAreRefused) {
  AgreementKey malformed = e.pk;
  malformed.data()[31] |= 0x80;
  for (const AgreementKey& bad : {AgreementKey{}, malformed}) {
    auto bad_invite = invite;
    bad_invite.prekey = bad;
    EXPECT_EQ(start_session(invitee, bad_invite, nonce, e).error().code, ErrorCode::kInvalid);
    bad_invite = invite;
    bad_invite.inviter_x = bad;
    EXPECT_EQ(start_session(invitee, bad_invite, nonce, e).error().code, ErrorCode::kInvalid);
    auto bad_accepted = accepted;
    bad_accepted.invitee_x = bad;
    EXPECT_EQ(answer_session(inviter, invite, nonce, prekey, bad_accepted).error().code, ErrorCode::kInvalid);
    bad_accepted = accepted;
    bad_accepted.e_pk = bad;
    EXPECT_EQ(answer_session(inviter, invite, nonce, prekey, bad_accepted).error().code, ErrorCode::kInvalid);
  }
}

TEST_F(Handshake, TranscriptIsSignedByTheInvitee) {
  const SessionId t = transcript(invite, accepted);
  const Signature sig = sign_transcript(invitee, t);
  EXPECT_TRUE(verify_transcript(invitee.id(), t, sig));
  EXPECT_FALSE(verify_transcript(inviter.id(), t, sig));
  SessionId other = t;
  other.data()[0] ^= 1;
  EXPECT_FALSE(verify_transcript(invitee.id(), other, sig));
  Signature forged = sig;
  forged.data()[0] ^= 1;
  EXPECT_FALSE(verify_transcript(invitee.id(), t, forged));
}

}  // namespace
}  // namespace agentroom::crypto::test
