#include "crypto/handshake.hpp"

#include "crypto/primitives.hpp"
#include "crypto/wiped.hpp"

namespace agentroom::crypto {
namespace {

/// The three shared secrets, in the order of the specification.
struct Agreed {
  Result<SharedSecret> invitee_prekey;
  Result<SharedSecret> e_inviter;
  Result<SharedSecret> e_prekey;
};

template <class Key>
Key expand(ByteView prk, std::uint8_t index) {
  Key key;
  const std::array<std::byte, 1> input{std::byte{index}};
  bh(key.mutable_view(), prk, input, "ar3.session");
  return key;
}

Result<SessionSecrets> derive(Agreed agreed, const InviteNonce& nonce, const SessionId& t) {
  WipedBytes ikm(3 * SharedSecret::kSize + SessionId::kSize);
  for (auto* shared : {&agreed.invitee_prekey, &agreed.e_inviter, &agreed.e_prekey}) {
    if (!*shared) return pass(*shared);
    ikm.append((*shared)->view());
  }
  ikm.append(t.view());
  WipedArray<32> prk;
  bh(prk.view(), nonce.view(), ikm.view(), "ar3.prk");
  return SessionSecrets{.session_id = t,
                        .root = expand<RootKey>(prk.view(), 1),
                        .hk_a = expand<HeaderKey>(prk.view(), 2),
                        .hk_b = expand<HeaderKey>(prk.view(), 3)};
}

}  // namespace

SessionId transcript(const HandshakeInvite& invite, const HandshakeInvitee& invitee) {
  SessionId t;
  bh(t.mutable_view(), {},
     {invite.invite_id.view(), invite.inviter_ed.view(), invite.inviter_x.view(), invite.prekey.view(),
      invitee.invitee_ed.view(), invitee.invitee_x.view(), invitee.e_pk.view()},
     "ar3.transcript");
  return t;
}

Result<SessionSecrets> start_session(const Identity& invitee, const HandshakeInvite& invite, const InviteNonce& nonce,
                                     const AgreementPair& ephemeral) {
  if (invite.inviter_ed == invitee.id()) return fail(ErrorCode::kInvalid, "an invite cannot be accepted by its maker");
  Agreed agreed{.invitee_prekey = dh(invitee.x25519.secret, invite.prekey),
                .e_inviter = dh(ephemeral.secret, invite.inviter_x),
                .e_prekey = dh(ephemeral.secret, invite.prekey)};
  return derive(std::move(agreed), nonce, transcript(invite, {invitee.id(), invitee.x25519.pk, ephemeral.pk}));
}

Result<SessionSecrets> answer_session(const Identity& inviter, const HandshakeInvite& invite, const InviteNonce& nonce,
                                      const AgreementPair& prekey, const HandshakeInvitee& invitee) {
  if (invite.inviter_ed != inviter.id() || invite.inviter_x != inviter.x25519.pk || invite.prekey != prekey.pk) {
    return fail(ErrorCode::kInvalid, "the invite is not one that this identity made");
  }
  if (invitee.invitee_ed == inviter.id()) return fail(ErrorCode::kInvalid, "an invite cannot be accepted by its maker");
  Agreed agreed{.invitee_prekey = dh(prekey.secret, invitee.invitee_x),
                .e_inviter = dh(inviter.x25519.secret, invitee.e_pk),
                .e_prekey = dh(prekey.secret, invitee.e_pk)};
  return derive(std::move(agreed), nonce, transcript(invite, invitee));
}

Signature sign_transcript(const Identity& invitee, const SessionId& transcript) {
  return sign(invitee.ed25519.secret, "session", {transcript.view()});
}

bool verify_transcript(const AgentId& invitee, const SessionId& transcript, const Signature& sig) {
  return verify(invitee.view(), "session", {transcript.view()}, sig);
}

}  // namespace agentroom::crypto
