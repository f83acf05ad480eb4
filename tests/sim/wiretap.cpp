#include "wiretap.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "protocol/content.hpp"
#include "protocol/limits.hpp"
#include "protocol/link_messages.hpp"

namespace agentroom::sim {
namespace {

constexpr std::size_t kReceiptBytes = 128;  // of a frame with one receipt, at most

Bytes seal_again(const std::vector<protocol::Frame>& frames, crypto::LinkCipher& cipher) {
  Bytes sealed(crypto::kMacBytes);
  for (const protocol::Frame& frame : frames) protocol::encode_frame(frame, sealed);
  cipher.seal(sealed);
  return sealed;
}

}  // namespace

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
  link.again_from_agent.emplace(keys.agent_to_relay.clone(), keys.agent_to_relay.clone());
  link.from_agent.emplace(crypto::LinkKey(), std::move(keys.agent_to_relay));
  link.again_from_relay.emplace(keys.relay_to_agent.clone(), keys.relay_to_agent.clone());
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

Bytes Wiretap::disorder(std::uint64_t id, Bytes message, Dice& dice, Chronicle& chronicle) {
  Link& link = links_[id];
  if (!link.agent || !link.welcomed) return message;
  Bytes plain = to_bytes(*link.again_from_relay->open(message));
  auto frames = protocol::decode_frames(plain);
  std::vector<std::size_t> deliveries;
  bool starts = false;  // what follows the start of its session cannot be read before it
  for (std::size_t i = 0; i < frames->size(); ++i) {
    const auto* delivery = std::get_if<protocol::Delivery>(&(*frames)[i]);
    if (delivery == nullptr) continue;
    const auto envelope = protocol::decode_envelope(delivery->envelope);
    starts = starts || !envelope || std::holds_alternative<protocol::SessionInit>(*envelope);
    deliveries.push_back(i);
  }
  if (deliveries.size() > 1 && !starts) {
    const std::size_t one = deliveries[dice.below(deliveries.size())];
    const std::size_t other = deliveries[dice.below(deliveries.size())];
    if (one != other) chronicle.met(Way::kDisorder);
    std::swap((*frames)[one], (*frames)[other]);
  }
  return seal_again(*frames, *link.again_from_relay);
}

Bytes Wiretap::receipt_late(std::uint64_t id, Bytes message, bool hold, Chronicle& chronicle) {
  Link& link = links_[id];
  if (!link.agent) return message;  // the Hello
  const Bytes plain = to_bytes(*link.again_from_agent->open(message));
  std::vector<protocol::Frame> frames = *protocol::decode_frames(plain);
  const bool allows = std::ranges::any_of(
      frames, [](const protocol::Frame& frame) { return std::holds_alternative<protocol::Allow>(frame); });
  if (link.held && message.size() + kReceiptBytes <= protocol::kLinkMessageBytes) {
    // An Allow counts for what was receipted before it.
    frames.insert(allows ? frames.begin() : frames.end(), protocol::Receipt{{*std::exchange(link.held, {})}});
  } else if (!link.held && hold && !allows) {
    const auto first = std::ranges::find_if(
        frames, [](const protocol::Frame& frame) { return std::holds_alternative<protocol::Receipt>(frame); });
    if (first != frames.end()) {
      auto& items = std::get<protocol::Receipt>(*first).items;
      link.held = items.front();
      items.erase(items.begin());
      if (items.empty()) frames.erase(first);
      chronicle.met(Way::kLateReceipt);
    }
  }
  return frames.empty() ? Bytes() : seal_again(frames, *link.again_from_agent);
}

void Wiretap::ended(std::uint64_t id) {
  if (links_.erase(id) > 0 && on_ended) on_ended(id);
}

}  // namespace agentroom::sim
