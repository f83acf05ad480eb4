#include "agent/pins.hpp"

#include "agent/records.hpp"
#include "agent/words.hpp"

namespace agentroom::agent {

Result<void> Pins::load() {
  return context_.journal.read_all(RecordKind::kPin, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_pin(value);
    if (!record) return pass(record);
    pins_[record->url] = record->relay_pk;
    return {};
  });
}

std::optional<RelayId> Pins::find(const std::string& url) const {
  const auto pin = pins_.find(url);
  if (pin == pins_.end()) return std::nullopt;
  return pin->second;
}

bool Pins::matches(const protocol::RelayProof& proof, const RelayId& expected) const {
  return context_.config.trust_relay || proof.relay_pk == expected || proof.successor_of == expected;
}

Result<void> Pins::judge(const std::string& url, const protocol::RelayProof& proof,
                         std::span<const RelayId> expected) const {
  const auto fits = [&](const RelayId& key) { return matches(proof, key); };
  const auto pin = find(url);
  const bool good = pin ? fits(*pin) : expected.empty() || std::ranges::any_of(expected, fits);
  if (!good) return std::unexpected(words::identity_changed(url));
  return {};
}

void Pins::confirm(const std::string& url, const protocol::RelayProof& proof) {
  const auto pin = pins_.find(url);
  if (pin != pins_.end() && pin->second == proof.relay_pk) return;
  pins_[url] = proof.relay_pk;
  context_.journal.put(blinded_key(RecordKind::kPin, context_.journal.sealer(), {as_bytes(url)}),
                       encode(PinRecord{.url = url, .relay_pk = proof.relay_pk}));
}

}  // namespace agentroom::agent
