// Where each record lies: keys that tell a kind, an order or a time, and no identity.
#pragma once

#include <cstdint>
#include <optional>

#include "agentroom/bytes.hpp"
#include "agentroom/ids.hpp"
#include "crypto/sealed_record.hpp"

namespace agentroom::agent {

/// The first byte of a record key.
enum class RecordKind : char {
  kClaim = 'c',
  kSeen = 'd',
  kIncoming = 'i',
  kKeptKey = 'k',
  kMeta = 'm',
  kOutgoing = 'o',
  kPeer = 'n',
  kPin = 'p',
  kSession = 's',
  kUnreadable = 'u',
  kInvite = 'v',
};

/// The kind alone: the prefix of all its records, and the whole key of `kMeta`.
Bytes record_prefix(RecordKind kind);

/// kind ‖ u64 big-endian: records that are appended and read in order.
Bytes sequence_key(RecordKind kind, std::uint64_t sequence);
std::optional<std::uint64_t> sequence_of(ByteView key);

/// kind ‖ 16 bytes of what the record is about, under the store's key: records that are found by it.
Bytes blinded_key(RecordKind kind, const crypto::RecordSealer& sealer, ByteView about);

/// 'd' ‖ the hour of the UUIDv7 (u32 big-endian) ‖ 2 blinded bytes of the 8 ms of the hour ‖ 16 blinded bytes of sender
/// and msg_id. What was sent together lies together, so that few pages change; whoever reads the file learns the hour,
/// and what was sent together with what. A wrong time does no harm.
using SeenKey = FixedBytes<struct SeenKeyTag, 1 + 4 + 2 + 16>;
SeenKey seen_key(const crypto::RecordSealer& sealer, const AgentId& from, const MsgId& msg_id);

/// 'k' ‖ 16 blinded bytes of the session ‖ 16 blinded bytes of (hk, n).
using KeptKeyKey = FixedBytes<struct KeptKeyKeyTag, 1 + 16 + 16>;
KeptKeyKey kept_key_key(const crypto::RecordSealer& sealer, const SessionId& session, ByteView header_key,
                        std::uint32_t n);

}  // namespace agentroom::agent
