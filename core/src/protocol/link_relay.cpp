#include "crypto/primitives.hpp"
#include "protocol/link.hpp"
#include "protocol/link_messages.hpp"

namespace agentroom::protocol {

RelayHandshake::RelayHandshake(const crypto::RelayIdentity& relay, const RelayTerms& terms, Random& random)
    : ephemeral_(crypto::AgreementPair::generate(random)), relay_pk_(relay.pair.pk) {
  ChallengeBody body{
      .relay_pk = relay_pk_, .relay_e = ephemeral_.pk, .terms = terms, .previous_pk = {}, .successor_sig = {}};
  if (relay.succession) {
    body.previous_pk = relay.succession->previous_pk;
    body.successor_sig = relay.succession->sig;
  }
  const Bytes bytes = encode_challenge_body(body);
  challenge_ = encode_challenge({bytes, crypto::sign(relay.pair.secret, kChallengeContext, {bytes})});
}

Result<AgentId> RelayHandshake::open_hello(ByteView hello) {
  // Moved out, so that a second message finds none and every way out wipes it.
  const crypto::AgreementPair ephemeral = std::move(ephemeral_);
  ephemeral_.pk = {};
  if (ephemeral.pk.is_zero()) return fail(ErrorCode::kInvalid, "malformed hello: a second one on the same connection");
  if (hello.size() < AgreementKey::kSize + crypto::kMacBytes || hello.size() > kHelloBytes) {
    return fail(ErrorCode::kInvalid, "malformed hello: it has a wrong size");
  }
  const auto agent_e = *AgreementKey::from(hello.first(AgreementKey::kSize));
  auto shared = crypto::dh(ephemeral.secret, agent_e);
  if (!shared) return pass(shared);
  auto keys = crypto::derive_link_keys(*shared, relay_pk_, ephemeral.pk, agent_e, challenge_);

  const auto opened = crypto::unbox(keys.agent_to_relay.view(), kHandshakeNonce, hello.subspan(AgreementKey::kSize));
  if (!opened) return fail(ErrorCode::kUnreadable, "the hello does not open: it was made for another challenge");
  const auto message = decode_hello(*opened);
  if (!message) return std::unexpected(message.error());
  if (!crypto::is_valid_signing_key(message->agent_pk.view())) {
    return fail(ErrorCode::kInvalid, "malformed hello: not a valid key");
  }
  if (!crypto::verify(message->agent_pk.view(), kHelloContext,
                      {relay_pk_.view(), ephemeral.pk.view(), agent_e.view(), message->agent_pk.view()},
                      message->sig)) {
    return fail(ErrorCode::kBadSignature, "the hello's signature does not hold");
  }
  keys_ = std::move(keys);
  return message->agent_pk;
}

Result<RelayHandshake::Accepted> RelayHandshake::finish(const AgentId& agent, const Welcome& welcome) {
  crypto::LinkKeys keys = std::move(*keys_);
  keys_.reset();
  Bytes boxed = crypto::box(keys.relay_to_agent.view(), kHandshakeNonce, encode_hello_ack(welcome));
  return Accepted{agent, crypto::LinkCipher(std::move(keys.relay_to_agent), std::move(keys.agent_to_relay)),
                  std::move(boxed)};
}

}  // namespace agentroom::protocol
