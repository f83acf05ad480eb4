#include "key_use.hpp"

#include <string_view>

#include "crypto/ratchet/header.hpp"

namespace agentroom::sim {

void KeyUse::learn(const AgentId& sender, const SessionId& session, ByteView header_key) {
  header_keys_[{sender, session}].push_back(to_bytes(header_key));
}

void KeyUse::sent(const AgentId& sender, const MsgId& msg_id, ByteView envelope) {
  const std::size_t hash = std::hash<std::string_view>()(as_text(envelope));
  const auto [known, fresh] = envelopes_.try_emplace(msg_id, hash);
  if (!fresh) {
    if (known->second != hash) chronicle_.violate("message " + short_name(msg_id.view()) + " left with other bytes");
    return;
  }
  const auto decoded = protocol::decode_envelope(envelope);
  if (!decoded) return chronicle_.violate("a malformed envelope was sent");
  const auto* init = std::get_if<protocol::SessionInit>(&*decoded);
  const auto& message = init != nullptr ? init->first : std::get<crypto::RatchetMessage>(*decoded);

  const std::vector<Bytes>& keys = header_keys_[{sender, message.session_id}];
  std::optional<crypto::Header> header;
  for (auto key = keys.rbegin(); key != keys.rend() && !header; ++key) {
    header = crypto::open_header(*crypto::HeaderKey::from(*key), message.sealed_header);
  }
  if (!header) {
    return chronicle_.violate("message " + short_name(msg_id.view()) +
                              " left before the state that sealed it was durable");
  }
  const Slot slot{.sender = sender, .session = message.session_id, .chain = header->ratchet_pk, .n = header->n};
  const std::size_t sealed = std::hash<std::string_view>()(as_text(message.sealed_header.view()));
  const auto [user, first] = slots_.try_emplace(slot, User{.msg_id = msg_id, .sealed_header = sealed});
  if (!first && (!forks_ || user->second.sealed_header == sealed)) {
    chronicle_.violate("one message key sealed two texts: " + short_name(user->second.msg_id.view()) + " and " +
                       short_name(msg_id.view()));
  }
}

}  // namespace agentroom::sim
