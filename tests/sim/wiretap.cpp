#include "wiretap.hpp"

#include "protocol/link_messages.hpp"

namespace agentroom::sim {

void Wiretap::learn(std::uint64_t id, const RelayId& relay_pk, ByteView secret) {
  Link& link = links_[id];
  link.relay_pk = relay_pk;
  link.relay_e = crypto::AgreementPair::from_secret(*crypto::AgreementSecret::from(secret));
}

void Wiretap::greet(Link& link, ByteView hello) {
  const auto agent_e = AgreementKey::from(hello.first(std::min(hello.size(), AgreementKey::kSize)));
  if (!agent_e || !link.relay_e) return;
  const auto shared = crypto::dh(link.relay_e->secret, *agent_e);
  if (!shared) return;
  auto keys = crypto::derive_link_keys(*shared, link.relay_pk, link.relay_e->pk, *agent_e, link.challenge);
  const auto opened =
      crypto::unbox(keys.agent_to_relay.view(), protocol::kHandshakeNonce, hello.subspan(AgreementKey::kSize));
  if (!opened) return;
  const auto said = protocol::decode_hello(*opened);
  if (!said) return;
  link.agent = said->agent_pk;
  link.from_agent.emplace(crypto::LinkKey(), std::move(keys.agent_to_relay));
  link.from_relay.emplace(crypto::LinkKey(), std::move(keys.relay_to_agent));
}

void Wiretap::sent(std::uint64_t id, bool by_agent, ByteView message) {
  Link& link = links_[id];
  if (!by_agent && link.challenge.empty()) {
    link.challenge = to_bytes(message);
    return;
  }
  if (by_agent && !link.agent) return greet(link, message);
  if (!link.agent) return;
  if (!by_agent && !std::exchange(link.welcomed, true)) return;  // the HelloAck
  Bytes copy = to_bytes(message);
  const auto plaintext = (by_agent ? link.from_agent : link.from_relay)->open(copy);
  if (!plaintext || !on_frame) return;
  const auto frames = protocol::decode_frames(*plaintext);
  if (!frames) return;
  for (const protocol::Frame& frame : *frames) {
    on_frame({.link = id, .agent = *link.agent, .by_agent = by_agent, .frame = frame});
  }
}

void Wiretap::ended(std::uint64_t id) {
  if (links_.erase(id) > 0 && on_ended) on_ended(id);
}

}  // namespace agentroom::sim
