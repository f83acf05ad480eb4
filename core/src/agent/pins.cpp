#include "agent/pins.hpp"

#include "agent/records.hpp"
#include "agent/words.hpp"

namespace agentroom::agent {

Result<void> Pins::load() {
  auto read = context_.journal.read_all(RecordKind::kPin, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_pin(value);
    if (!record) return pass(record);
    pins_[record->url] = record->relay_pk;
    return {};
  });
  const AgentConfig& config = context_.config;
  if (read && config.server && config.relay) pin(*config.server, *config.relay);
  return read;
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

bool Pins::holds(const std::string& url, const protocol::RelayProof& proof) const {
  const auto pin = find(url);
  return pin && (proof.relay_pk == *pin || proof.successor_of == *pin);
}

void Pins::confirm(const std::string& url, const protocol::RelayProof& proof) {
  pin(url, proof.relay_pk);
  if (!proof.successor_of) return;
  for (const auto& [other, key] : std::map(pins_)) {
    if (key == *proof.successor_of) pin(other, proof.relay_pk);
  }
}

void Pins::pin(const std::string& url, const RelayId& key) {
  const auto [place, fresh] = pins_.try_emplace(url, key);
  if (!fresh && place->second == key) return;
  place->second = key;
  context_.journal.put(blinded_key(RecordKind::kPin, context_.journal.sealer(), {as_bytes(url)}),
                       encode(PinRecord{.url = url, .relay_pk = key}));
}

}  // namespace agentroom::agent
