// Two agents with a session between them, and the mail that passes.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "crypto/handshake.hpp"
#include "crypto/ratchet/ratchet.hpp"
#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {

inline constexpr UnixMs kNow = 1'750'000'000'000;
inline constexpr std::int64_t kHour = 3600LL * 1000;

/// A message with what the envelope around it says.
struct Mail {
  MessageContext context;
  RatchetMessage message;
};

/// `invitee` accepted the invite of `inviter`; nothing was sent yet.
struct PairOfRatchets {
  explicit PairOfRatchets(unsigned char seed = 1)
      : random(seed),
        invitee_identity(Identity::generate(random)),
        inviter_identity(Identity::generate(random)),
        prekey(AgreementPair::generate(random)),
        ephemeral(AgreementPair::generate(random)),
        invitee(make_invitee()),
        inviter(make_inviter()) {}

  SeededRandom random;
  Identity invitee_identity;
  Identity inviter_identity;
  AgreementPair prekey;
  AgreementPair ephemeral;
  HandshakeInvite invite;
  HandshakeInvitee accepted;
  InviteNonce nonce;
  Ratchet invitee;
  Ratchet inviter;

  /// What the handshake gave both.
  SessionSecrets secrets() const { return start_session(invitee_identity, invite, nonce, ephemeral).value(); }

  /// Encrypts `text` from one side to the other, under a fresh msg_id.
  Mail from_invitee(std::string_view text) { return send(invitee, invitee_identity, inviter_identity, text); }
  Mail from_inviter(std::string_view text) { return send(inviter, inviter_identity, invitee_identity, text); }

  Result<Ratchet::Opened> to_inviter(const Mail& mail, UnixMs now = kNow) {
    return inviter.decrypt(mail.context, mail.message, now, random);
  }
  Result<Ratchet::Opened> to_invitee(const Mail& mail, UnixMs now = kNow) {
    return invitee.decrypt(mail.context, mail.message, now, random);
  }

  /// A message each way, so that both can send.
  void greet() {
    ASSERT_TRUE(to_inviter(from_invitee("hello")));
    ASSERT_TRUE(to_invitee(from_inviter("welcome")));
  }

 private:
  Mail send(Ratchet& ratchet, const Identity& from, const Identity& to, std::string_view text) {
    MessageContext context{from.id(), to.id(), {}};
    random.fill(context.msg_id.mutable_view());
    auto message = ratchet.encrypt(context, as_bytes(text), random);
    EXPECT_TRUE(message) << message.error().message;
    return {context, std::move(message.value())};
  }
  Ratchet make_invitee() {
    random.fill(nonce.mutable_view());
    random.fill(invite.invite_id.mutable_view());
    invite.inviter_ed = inviter_identity.id();
    invite.inviter_x = inviter_identity.x25519.pk;
    invite.prekey = prekey.pk;
    accepted = {invitee_identity.id(), invitee_identity.x25519.pk, ephemeral.pk};
    return Ratchet::initiate(secrets(), prekey.pk, random).value();
  }
  Ratchet make_inviter() {
    return Ratchet::respond(answer_session(inviter_identity, invite, nonce, prekey, accepted).value(), prekey.clone());
  }
};

/// All that a failure must leave as it was.
inline std::string state_of(const Ratchet& ratchet) {
  return hex(ratchet.serialize()) + " kept " + std::to_string(ratchet.kept_keys());
}

inline bool unreadable(const Result<Ratchet::Opened>& opened) {
  return !opened && opened.error().code == ErrorCode::kUnreadable;
}

/// The same, for the reason that the message names.
inline bool unreadable(const Result<Ratchet::Opened>& opened, std::string_view because) {
  return unreadable(opened) && opened.error().message.find(because) != std::string::npos;
}

inline std::string text_of(const Result<Ratchet::Opened>& opened) {
  return opened ? std::string(as_text(opened->plaintext)) : "(" + opened.error().message + ")";
}

}  // namespace agentroom::crypto::test
