#include "session_checks.hpp"

#include "crypto/handshake.hpp"
#include "crypto/primitives.hpp"
#include "crypto/ratchet/chain_key.hpp"
#include "crypto/ratchet/header.hpp"
#include "crypto/ratchet/message_key.hpp"
#include "crypto/ratchet/padding.hpp"
#include "crypto/ratchet/root_key.hpp"
#include "crypto/signing_pair.hpp"
#include "replay_random.hpp"

namespace agentroom::vectors {

using namespace crypto;

namespace {

Identity identity(const Fields& f, json::string_view seed, json::string_view x_secret) {
  return {signing_pair_from_seed<AgentId>(f.as<SigningSeed>(seed)),
          AgreementPair::from_secret(f.as<AgreementSecret>(x_secret))};
}

Bytes joined(std::initializer_list<ByteView> pieces) {
  Bytes all;
  for (ByteView piece : pieces) append(all, piece);
  return all;
}

}  // namespace

bool check_session(const Fields& f) {
  const Identity inviter = identity(f, "inviter_ed_seed", "inviter_x_secret");
  const Identity invitee = identity(f, "invitee_ed_seed", "invitee_x_secret");
  const auto prekey = AgreementPair::from_secret(f.as<AgreementSecret>("prekey_secret"));
  const auto e = AgreementPair::from_secret(f.as<AgreementSecret>("e_secret"));
  const auto nonce = f.as<InviteNonce>("nonce");
  const HandshakeInvite invite{f.as<InviteId>("invite_id"), inviter.id(), inviter.x25519.pk, prekey.pk};
  const HandshakeInvitee accepted{invitee.id(), invitee.x25519.pk, e.pk};
  const SessionSecrets started = start_session(invitee, invite, nonce, e).value();
  const SessionSecrets answered = answer_session(inviter, invite, nonce, prekey, accepted).value();

  const Bytes transcribed =
      joined({invite.invite_id.view(), invite.inviter_ed.view(), invite.inviter_x.view(), invite.prekey.view(),
              accepted.invitee_ed.view(), accepted.invitee_x.view(), accepted.e_pk.view()});
  const auto dh1 = dh(invitee.x25519.secret, prekey.pk).value();
  const auto dh2 = dh(e.secret, inviter.x25519.pk).value();
  const auto dh3 = dh(e.secret, prekey.pk).value();
  const Bytes ikm = joined({dh1.view(), dh2.view(), dh3.view()});
  Bytes prk(32);
  bh(prk, nonce.view(), {ikm, started.session_id.view()}, "ar3.prk");

  Check check(f);
  check.equal("inviter_ed", inviter.id().view())
      .equal("inviter_x", inviter.x25519.pk.view())
      .equal("prekey", prekey.pk.view())
      .equal("invitee_ed", invitee.id().view())
      .equal("invitee_x", invitee.x25519.pk.view())
      .equal("e_pk", e.pk.view())
      .equal("transcript", transcribed)
      .equal("T", transcript(invite, accepted).view())
      .equal("dh_invitee_x_prekey", dh1.view())
      .equal("dh_e_inviter_x", dh2.view())
      .equal("dh_e_prekey", dh3.view())
      .equal("ikm", ikm)
      .equal("prk", prk)
      .equal("sig", sign_transcript(invitee, started.session_id).view())
      .that(verify_transcript(invitee.id(), f.as<SessionId>("T"), f.as<Signature>("sig")));
  for (const SessionSecrets* secrets : {&started, &answered}) {
    check.equal("T", secrets->session_id.view())
        .equal("root", secrets->root.view())
        .equal("hk_a", secrets->hk_a.view())
        .equal("hk_b", secrets->hk_b.view());
  }
  return check.holds();
}

bool check_kdf_rk(const Fields& f) {
  const RootStep step = advance_root(f.as<RootKey>("rk"), f.as<SharedSecret>("d"));
  return Check(f)
      .equal("rk_next", step.root.view())
      .equal("ck", step.chain.view())
      .equal("nhk", step.next_header_key.view())
      .holds();
}

bool check_kdf_ck(const Fields& f) {
  const auto ck = f.as<ChainKey>("ck");
  return Check(f).equal("mk", message_key(ck).view()).equal("ck_next", next_chain_key(ck).view()).holds();
}

bool check_sealed_header(const Fields& f) {
  const auto hk = f.as<HeaderKey>("hk");
  const Header header{f.as<AgreementKey>("ratchet_pk"), f.number<std::uint32_t>("pn"), f.number<std::uint32_t>("n")};
  ReplayRandom random;
  random.expect(f.bytes("nonce"));
  const auto sealed = seal_header(hk, header, random);
  const auto opened = open_header(hk, f.as<SealedHeader>("sealed_header"));
  const Bytes plain = unbox(hk.view(), f.as<Nonce>("nonce"), sealed.view().subspan(kNonceBytes)).value();
  return Check(f)
      .equal("header", plain)
      .equal("sealed_header", sealed.view())
      .that(opened && opened->ratchet_pk == header.ratchet_pk && opened->pn == header.pn && opened->n == header.n)
      .holds();
}

bool check_body(const Fields& f) {
  const auto mk = f.as<MessageKey>("mk");
  const MessageContext context{f.as<AgentId>("from_ed"), f.as<AgentId>("to_ed"), f.as<MsgId>("msg_id")};
  const auto ad = associated_data(f.as<SessionId>("session_id"), context, f.as<SealedHeader>("sealed_header"));
  std::array<std::byte, 56> both{};
  bh(both, mk.view(), ad.view(), "ar3.message");
  Bytes padded = f.bytes("plaintext");
  pad(padded);
  return Check(f)
      .equal("ad", ad.view())
      .equal("ek", std::span(both).first<32>())
      .equal("nonce", std::span(both).last<24>())
      .equal("padded", padded)
      .equal("body", seal_body(mk, ad, f.bytes("plaintext")))
      .that(open_body(mk, ad, f.bytes("body")) == f.bytes("plaintext"))
      .holds();
}

bool check_padding_class(const Fields& f) {
  const auto smallest = f.number<std::size_t>("smallest");
  const auto largest = f.number<std::size_t>("largest");
  const auto padded = f.number<std::size_t>("padded");
  Bytes text(largest);
  pad(text);
  return padded_size(smallest) == padded && padded_size(largest) == padded && padded_size(largest + 1) > padded &&
         (smallest == 0 || padded_size(smallest - 1) < padded) && text.size() == padded &&
         unpadded_size(text) == largest;
}

}  // namespace agentroom::vectors
