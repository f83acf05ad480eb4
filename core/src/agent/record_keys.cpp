#include "agent/record_keys.hpp"

#include <array>

namespace agentroom::agent {
namespace {

std::byte kind_byte(RecordKind kind) {
  return static_cast<std::byte>(kind);
}

/// Blinds under the kind too, so that two kinds of record about one thing have unrelated keys.
auto blind(RecordKind kind, const crypto::RecordSealer& sealer, ByteView first, ByteView second = {}) {
  const std::byte label = kind_byte(kind);
  return sealer.blind({ByteView(&label, 1), first, second});
}

std::array<std::byte, 4> big_endian(std::uint32_t number) {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(number >> (24 - 8 * i));
  return bytes;
}

}  // namespace

Bytes record_prefix(RecordKind kind) {
  return {kind_byte(kind)};
}

Bytes sequence_key(RecordKind kind, std::uint64_t sequence) {
  Bytes key(9);
  key[0] = kind_byte(kind);
  for (std::size_t i = 0; i < 8; ++i) key[1 + i] = static_cast<std::byte>(sequence >> (56 - 8 * i));
  return key;
}

std::optional<std::uint64_t> sequence_of(ByteView key) {
  if (key.size() != 9) return std::nullopt;
  std::uint64_t sequence = 0;
  for (std::byte byte : key.subspan(1)) sequence = sequence << 8 | std::to_integer<std::uint64_t>(byte);
  return sequence;
}

Bytes blinded_key(RecordKind kind, const crypto::RecordSealer& sealer, ByteView about) {
  const auto blinded = blind(kind, sealer, about);
  Bytes key(1 + blinded.kSize);
  key[0] = kind_byte(kind);
  std::ranges::copy(blinded.view(), key.begin() + 1);
  return key;
}

SeenKey seen_key(const crypto::RecordSealer& sealer, const AgentId& from, const MsgId& msg_id) {
  constexpr std::uint64_t kMsPerHour = 3'600'000;
  constexpr std::uint64_t kMsPerSlot = 8;
  std::uint64_t ms = 0;
  for (std::byte byte : msg_id.view().first(6)) ms = ms << 8 | std::to_integer<std::uint64_t>(byte);
  const auto hour = big_endian(static_cast<std::uint32_t>(ms / kMsPerHour));
  const auto slot = big_endian(static_cast<std::uint32_t>(ms % kMsPerHour / kMsPerSlot));
  SeenKey key;
  auto out = key.mutable_view();
  out[0] = kind_byte(RecordKind::kSeen);
  std::ranges::copy(hour, out.subspan<1>().begin());
  std::ranges::copy(blind(RecordKind::kSeen, sealer, hour, slot).view().first<2>(), out.subspan<5>().begin());
  std::ranges::copy(blind(RecordKind::kSeen, sealer, from.view(), msg_id.view()).view(), out.subspan<7>().begin());
  return key;
}

KeptKeyKey kept_key_key(const crypto::RecordSealer& sealer, const SessionId& session, ByteView header_key,
                        std::uint32_t n) {
  KeptKeyKey key;
  auto out = key.mutable_view();
  out[0] = kind_byte(RecordKind::kKeptKey);
  std::ranges::copy(blind(RecordKind::kKeptKey, sealer, session.view()).view(), out.subspan<1, 16>().begin());
  std::array<std::byte, 4> number{};
  for (std::size_t i = 0; i < 4; ++i) number[i] = static_cast<std::byte>(n >> (8 * i));
  std::ranges::copy(blind(RecordKind::kKeptKey, sealer, header_key, number).view(), out.subspan<17>().begin());
  return key;
}

}  // namespace agentroom::agent
