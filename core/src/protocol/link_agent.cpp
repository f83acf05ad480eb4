#include "crypto/primitives.hpp"
#include "protocol/link.hpp"
#include "protocol/link_messages.hpp"

namespace agentroom::protocol {

Result<AgentHandshake> AgentHandshake::start(ByteView challenge) {
  const auto outer = decode_challenge(challenge);
  if (!outer) return std::unexpected(outer.error());
  const auto body = decode_challenge_body(outer->body);
  if (!body) return std::unexpected(body.error());
  if (!crypto::is_valid_signing_key(body->relay_pk.view()) || !crypto::is_valid_agreement_key(body->relay_e)) {
    return fail(ErrorCode::kInvalid, "malformed challenge: not a valid key");
  }
  if (!crypto::verify(body->relay_pk.view(), kChallengeContext, {outer->body}, outer->sig)) {
    return fail(ErrorCode::kBadSignature, "the relay's challenge is not signed by the key that it names");
  }

  AgentHandshake handshake;
  handshake.proof_ = {.relay_pk = body->relay_pk, .successor_of = {}, .terms = body->terms};
  // One that does not hold proves nothing and harms nothing: whoever pinned the new key goes on.
  if (body->previous_pk && crypto::is_valid_signing_key(body->previous_pk->view()) &&
      crypto::verify(body->previous_pk->view(), kSuccessorContext, {body->relay_pk.view()}, *body->successor_sig)) {
    handshake.proof_.successor_of = body->previous_pk;
  }
  handshake.relay_e_ = body->relay_e;
  handshake.challenge_ = to_bytes(challenge);
  return handshake;
}

Result<Bytes> AgentHandshake::hello(const crypto::Identity& self, Random& random) {
  if (keys_) return fail(ErrorCode::kInternal, "a hello was made already");
  const auto ephemeral = crypto::AgreementPair::generate(random);
  auto shared = crypto::dh(ephemeral.secret, relay_e_);
  if (!shared) return pass(shared);
  keys_ = crypto::derive_link_keys(*shared, proof_.relay_pk, relay_e_, ephemeral.pk, challenge_);

  const auto sig = crypto::sign(self.ed25519.secret, kHelloContext,
                                {proof_.relay_pk.view(), relay_e_.view(), ephemeral.pk.view(), self.id().view()});
  Bytes message = to_bytes(ephemeral.pk.view());
  append(message, crypto::box(keys_->agent_to_relay.view(), kHandshakeNonce, encode_hello({self.id(), sig})));
  return message;
}

Result<AgentHandshake::Done> AgentHandshake::finish(MutableByteView hello_ack) {
  if (!keys_) return fail(ErrorCode::kInternal, "no hello was made");
  const auto opened = crypto::unbox_in_place(keys_->relay_to_agent.view(), kHandshakeNonce, hello_ack);
  if (!opened) {
    return fail(ErrorCode::kUnreadable, "the relay's answer does not open: it does not hold the key of its challenge");
  }
  const auto welcome = decode_hello_ack(*opened);
  if (!welcome) return std::unexpected(welcome.error());
  crypto::LinkKeys keys = std::move(*keys_);
  keys_.reset();
  return Done{*welcome, crypto::LinkCipher(std::move(keys.agent_to_relay), std::move(keys.relay_to_agent))};
}

}  // namespace agentroom::protocol
