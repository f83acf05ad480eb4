#include "agent/pins.hpp"

#include <algorithm>

#include "agent/words.hpp"

namespace agentroom::agent {

Result<void> Pins::load() {
  auto read = context_.journal.read_all(RecordKind::kPin, [&](ByteView, ByteView value) -> Result<void> {
    auto record = decode_pin(value);
    if (!record) return pass(record);
    next_order_ = std::max(next_order_, record->order + 1);
    std::string url = record->url;
    pins_.insert_or_assign(std::move(url), std::move(*record));
    return {};
  });
  const AgentConfig& config = context_.config;
  if (read && config.server && config.relay) pin(*config.server, *config.relay);
  return read;
}

std::optional<RelayId> Pins::find(const std::string& url) const {
  const auto pin = pins_.find(url);
  if (pin == pins_.end()) return std::nullopt;
  return pin->second.relay_pk;
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
  for (const auto& [other, record] : std::map(pins_)) {
    if (record.relay_pk == *proof.successor_of) pin(other, proof.relay_pk);
  }
}

void Pins::pin(const std::string& url, const RelayId& key) {
  const auto [place, fresh] =
      pins_.try_emplace(url, PinRecord{.url = url, .relay_pk = key, .invited = true, .order = next_order_});
  PinRecord& record = place->second;
  const bool invited = record.invited && context_.config.server != url;
  if (!fresh && record.relay_pk == key && record.invited == invited) return;
  if (fresh) ++next_order_;
  record.relay_pk = key;
  record.invited = invited;
  context_.journal.put(key_of(url), encode(record));
}

void Pins::forget(const std::string& url) {
  context_.journal.remove(key_of(url));
  pins_.erase(url);
}

Bytes Pins::key_of(const std::string& url) const {
  return blinded_key(RecordKind::kPin, context_.journal.sealer(), as_bytes(url));
}

}  // namespace agentroom::agent
