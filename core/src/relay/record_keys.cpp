#include "relay/record_keys.hpp"

namespace agentroom::relay {
namespace {

Bytes numbered(std::string_view prefix, std::uint64_t number) {
  Bytes key = to_bytes(as_bytes(prefix));
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<std::byte>(number >> shift));
  return key;
}

Bytes blinded(std::string_view prefix, const crypto::RecordSealer& sealer, ByteView id) {
  Bytes key = to_bytes(as_bytes(prefix));
  append(key, sealer.blind({as_bytes(prefix), id}).view());
  return key;
}

}  // namespace

Bytes segment_key(std::uint64_t sequence) {
  return numbered(kSegmentPrefix, sequence);
}

Bytes receipts_key(std::uint64_t sequence) {
  return numbered(kReceiptsPrefix, sequence);
}

std::optional<std::uint64_t> sequence_of(ByteView key) {
  if (key.size() != 10) return std::nullopt;
  std::uint64_t number = 0;
  for (const std::byte b : key.subspan(2)) number = number << 8 | std::to_integer<std::uint64_t>(b);
  return number;
}

Bytes invite_key(const crypto::RecordSealer& sealer, const InviteId& invite_id) {
  return blinded(kInvitePrefix, sealer, invite_id.view());
}

Bytes mailbox_key(const crypto::RecordSealer& sealer, const AgentId& agent) {
  return blinded(kMailboxPrefix, sealer, agent.view());
}

Bytes format_key() {
  return to_bytes(as_bytes("rf"));
}

Bytes reseal_key() {
  return to_bytes(as_bytes("rx"));
}

Error reseal_under_way() {
  return {ErrorCode::kCorrupt, "the relay's store is in the middle of a change of the relay's secret",
          "start the relay once with both secrets of that change: one as its secret, the other as [relay] "
          "secret_previous"};
}

}  // namespace agentroom::relay
