// The keys of the relay's records. They begin with 'r' and a letter for the kind and reveal no id.
#pragma once

#include <optional>

#include "agentroom/result.hpp"
#include "crypto/sealed_record.hpp"

namespace agentroom::relay {

/// Segments and receipts are ordered by a number that grows: rows append.
Bytes segment_key(std::uint64_t sequence);
Bytes receipts_key(std::uint64_t sequence);
/// The number of a segment's or receipts' key.
std::optional<std::uint64_t> sequence_of(ByteView key);

Bytes invite_key(const crypto::RecordSealer& sealer, const InviteId& invite_id);
Bytes mailbox_key(const crypto::RecordSealer& sealer, const AgentId& agent);
Bytes format_key();
/// Stands there while a change of the relay's secret is under way.
Bytes reseal_key();
/// What is said of such a store to whoever lacks the other secret.
Error reseal_under_way();

inline constexpr std::string_view kRelayPrefix = "r";
inline constexpr std::string_view kSegmentPrefix = "rs";
inline constexpr std::string_view kReceiptsPrefix = "rr";
inline constexpr std::string_view kInvitePrefix = "ri";
inline constexpr std::string_view kMailboxPrefix = "rm";

}  // namespace agentroom::relay
