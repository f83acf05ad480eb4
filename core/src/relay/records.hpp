// What the relay keeps, as plain values, and their codec. Protobuf stays behind records.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"

namespace agentroom::relay {

/// `bh(32, "", envelope, "ar3.envelope")`.
using EnvelopeHash = FixedBytes<struct EnvelopeHashTag, 32>;

/// A segment in columns; see records.proto.
struct SegmentRecord {
  UnixMs stored_at = 0;
  std::string from;
  std::string to;
  std::string msg_id;
  std::string token;
  std::vector<std::uint32_t> size;
  std::vector<std::uint32_t> claims;
  std::string envelopes;
};

struct MailboxRecord {
  AgentId agent;
  std::vector<TokenHash> allowed;
  bool claimed_here = false;
  bool known = false;  ///< it took part in a claim at this relay, on either side
};

struct InviteRecord {
  enum class State : std::uint8_t { kOpen = 1, kRevoked, kClaimed };

  InviteId invite_id;
  AgentId inviter;
  ClaimKey claim_pk;
  UnixMs expires_at = 0;
  TokenHash token;
  State state = State::kOpen;
  AgentId claimant;
  MsgId claim_msg_id;
  EnvelopeHash envelope_hash;
  bool receipted = false;
  bool listed = false;
};

inline constexpr std::uint32_t kFormatVersion = 1;

Bytes encode_format();
Bytes encode_segment(const SegmentRecord& record);
Bytes encode_receipts(const std::vector<bool>& done);
Bytes encode_mailbox(const MailboxRecord& record);
Bytes encode_invite(const InviteRecord& record);

// Errors: kCorrupt; decode_format also kUnsupportedVersion.
Result<void> decode_format(ByteView bytes);
/// The columns agree with each other.
Result<SegmentRecord> decode_segment(ByteView bytes);
/// The envelopes alone.
Result<std::string> decode_segment_envelopes(ByteView bytes);
Result<std::vector<bool>> decode_receipts(ByteView bytes);
Result<MailboxRecord> decode_mailbox(ByteView bytes);
Result<InviteRecord> decode_invite(ByteView bytes);

}  // namespace agentroom::relay
