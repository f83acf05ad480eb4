// The frames of a link as plain values, and their codec (protocol section 6). Protobuf stays behind wire.cpp,
// frame_encode.cpp and frame_decode.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"
#include "crypto/keys.hpp"

namespace agentroom::protocol {

/// Protocol section 9.
enum class Code : std::uint8_t {
  kNone = 0,
  kUnauth,
  kBadFrame,
  kBadSignature,
  kNotFound,
  kNotAllowed,
  kNoMailbox,
  kAlreadyClaimed,
  kExpired,
  kRevoked,
  kInviteQuota,
  kQueueFull,
  kUnreadable,
  kTooLarge,
  kUnsupportedVersion,
  kInternal,
};

/// "QUEUE_FULL" and so on.
std::string_view code_text(Code code);

enum class AckStatus : std::uint8_t { kDelivered = 1, kQueued, kOk, kRejected };
enum class ReceiptStatus : std::uint8_t { kStored = 1, kRefused };
enum class ClosingReason : std::uint8_t { kReplaced = 1, kShuttingDown };

/// Views of a decoded frame point into the bytes that were decoded; of a frame to encode, wherever the caller keeps
/// them until `encode` returned.
struct Allow {
  std::vector<TokenHash> hashes;  ///< ascending, distinct, at most kAllowHashes
};
struct InvitePublish {
  RequestId request_id;
  InviteId invite_id;
  ClaimKey claim_pk;
  UnixMs expires_at = 0;
  TokenHash token_hash;
};
struct InviteRevoke {
  RequestId request_id;
  InviteId invite_id;
};
struct InviteClaim {
  MsgId msg_id;
  InviteId invite_id;
  ByteView envelope;
  Signature claim_sig;
};
struct Send {
  MsgId msg_id;
  AgentId to;
  crypto::MailboxToken token;
  ByteView envelope;
};
struct AckItem {
  FixedBytes<struct AckedIdTag, 16> id;  ///< a MsgId or a RequestId; msg_ids and request_ids never collide
  AckStatus status = AckStatus::kOk;
  Code code = Code::kNone;           ///< with kRejected, and then never kNone
  std::uint32_t retry_after_ms = 0;  ///< with kQueueFull and kNoMailbox
};
struct Ack {
  std::vector<AckItem> items;  ///< one at least
};
struct Delivery {
  AgentId from;
  MsgId msg_id;
  ByteView envelope;
};
struct ReceiptItem {
  AgentId from;
  MsgId msg_id;
  ReceiptStatus status = ReceiptStatus::kStored;
};
struct Receipt {
  std::vector<ReceiptItem> items;  ///< one at least
};
struct Ping {};
struct Pong {};
struct ErrorFrame {
  Code code = Code::kInternal;
  std::string message;  ///< valid UTF-8, at most kErrorTextBytes
};
struct Closing {
  ClosingReason reason = ClosingReason::kShuttingDown;
};
/// A frame of a kind that this version does not know; ignored by both sides.
struct UnknownFrame {};

using Frame = std::variant<UnknownFrame, Allow, InvitePublish, InviteRevoke, InviteClaim, Send, Ack, Delivery, Receipt,
                           Ping, Pong, ErrorFrame, Closing>;

/// Appends the frame with its length prefix (a minimal varint) to `out`; returns the bytes appended, 0 for an
/// UnknownFrame. The frame keeps the bounds above, and its views do not point into `out`.
std::size_t encode_frame(const Frame& frame, Bytes& out);

/// Splits the plaintext of one link message into frames. Refused (kInvalid): no frame, more than kLinkFrames, a length
/// that is not a minimal varint or reaches past the end, trailing bytes, a frame that does not keep the rules of
/// docs/protocol.md
/// ("Encoding" in section 1). Frames before a bad one are not handed over. The views point into `plaintext`.
Result<std::vector<Frame>> decode_frames(ByteView plaintext);

}  // namespace agentroom::protocol
