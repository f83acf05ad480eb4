// An invitee that holds the session's keys and writes any header that it likes.
#pragma once

#include "crypto/primitives.hpp"
#include "crypto/ratchet/chain_key.hpp"
#include "crypto/ratchet/header.hpp"
#include "crypto/ratchet/message_key.hpp"
#include "crypto/ratchet/root_key.hpp"
#include "pair_of_ratchets.hpp"
#include "state_layout.hpp"

namespace agentroom::crypto::test {

class HostileInvitee {
 public:
  explicit HostileInvitee(PairOfRatchets& pair) : pair_(pair), own_(AgreementPair::generate(pair.random)) {
    SessionSecrets secrets = pair.secrets();
    begin_chain(secrets.root, pair.prekey.pk, std::move(secrets.hk_a));
  }

  const AgreementKey& ratchet_pk() const { return own_.pk; }

  /// A true message with this pn and n.
  Mail write(std::uint32_t n, std::uint32_t pn = 0) { return write({own_.pk, pn, n}, n); }

  /// A true header whose body does not authenticate.
  Mail write_false(std::uint32_t n, std::uint32_t pn = 0) {
    Mail mail = write({own_.pk, pn, n}, 0);
    mail.message.body[20] ^= std::byte{1};
    return mail;
  }

  /// Any header, over a body under the key `steps` into the chain.
  Mail write(const Header& header, std::uint32_t steps) {
    ChainKey key = chain_.clone();
    for (std::uint32_t i = 0; i < steps; ++i) key = next_chain_key(key);
    return seal(header_key_, header, message_key(key));
  }

  Mail seal(const HeaderKey& header_key, const Header& header, const MessageKey& key) {
    Mail mail{{pair_.invitee_identity.id(), pair_.inviter_identity.id(), {}}, {}};
    pair_.random.fill(mail.context.msg_id.mutable_view());
    mail.message.session_id = pair_.inviter.session_id();
    mail.message.sealed_header = seal_header(header_key, header, pair_.random);
    const auto ad = associated_data(mail.message.session_id, mail.context, mail.message.sealed_header);
    mail.message.body = seal_body(key, ad, as_bytes("text"));
    return mail;
  }

  /// Begins the next chain, once the inviter has opened a message of this one.
  void turn() {
    const auto peer = *AgreementKey::from(read_field(pair_.inviter, kOwnPublic));
    const RootStep received = advance_root(root_, dh(own_.secret, peer).value());
    own_ = AgreementPair::generate(pair_.random);
    begin_chain(received.root, peer, std::move(next_header_key_));
  }

 private:
  void begin_chain(const RootKey& root, const AgreementKey& peer, HeaderKey header_key) {
    RootStep step = advance_root(root, dh(own_.secret, peer).value());
    root_ = std::move(step.root);
    chain_ = std::move(step.chain);
    header_key_ = std::move(header_key);
    next_header_key_ = std::move(step.next_header_key);
  }

  PairOfRatchets& pair_;
  AgreementPair own_;
  RootKey root_;
  ChainKey chain_;
  HeaderKey header_key_;
  HeaderKey next_header_key_;
};

}  // namespace agentroom::crypto::test
