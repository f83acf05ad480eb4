#include <agentroom.pb.h>

#include "protocol/frames.hpp"
#include "protocol/limits.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace pb = agentroom::v3;
using wire::FieldReader;

constexpr std::size_t kMacBytes = 16;

/// Nothing wrong, or what is wrong; of static lifetime.
using Why = const char*;

// ---- enumerations: a value that this version does not know makes the frame malformed ----

void read_code(FieldReader& fields, Code& out) {
  std::uint32_t value = 0;
  fields.u32(value);
  if (value > pb::CODE_INTERNAL) return fields.refuse("an unknown code");
  out = static_cast<Code>(value);
}

template <class Enum>
void read_enum(FieldReader& fields, Enum& out, Enum last) {
  std::uint32_t value = 0;
  fields.u32(value);
  if (value == 0 || value > static_cast<std::uint32_t>(last)) return fields.refuse("an unknown status or reason");
  out = static_cast<Enum>(value);
}

static_assert(static_cast<int>(Code::kInternal) == pb::CODE_INTERNAL && pb::Code_MAX == pb::CODE_INTERNAL);
static_assert(static_cast<int>(AckStatus::kRejected) == pb::STATUS_REJECTED && pb::Status_MAX == pb::STATUS_REJECTED);
static_assert(static_cast<int>(ReceiptStatus::kRefused) == pb::RECEIPT_STATUS_REFUSED &&
              pb::ReceiptStatus_MAX == pb::RECEIPT_STATUS_REFUSED);
static_assert(static_cast<int>(ClosingReason::kShuttingDown) == pb::Closing::REASON_SHUTTING_DOWN &&
              pb::Closing::Reason_MAX == pb::Closing::REASON_SHUTTING_DOWN);

// ---- one reader a kind ----

void read_envelope(FieldReader& fields, ByteView& out) {
  fields.view(out);
  if (out.empty()) fields.refuse("the envelope is empty");
}

Why decode(ByteView bytes, Allow& allow) {
  FieldReader fields(bytes);
  ByteView hashes;
  while (fields.next()) {
    if (fields.number() == pb::Allow::kHashesFieldNumber) fields.view(hashes);
  }
  if (!fields.complete({})) return fields.why();
  if (hashes.size() % TokenHash::kSize != 0) return "the hashes have a wrong size";
  const std::size_t count = hashes.size() / TokenHash::kSize;
  if (count > kAllowHashes) return "too many hashes";
  allow.hashes.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::ranges::copy(hashes.subspan(i * TokenHash::kSize, TokenHash::kSize), allow.hashes[i].mutable_view().begin());
    if (i > 0 && !(allow.hashes[i - 1] < allow.hashes[i])) return "the hashes are not ascending and distinct";
  }
  return nullptr;
}

Why decode(ByteView bytes, InvitePublish& publish) {
  using F = pb::InvitePublish;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kRequestIdFieldNumber:
        fields.fixed(publish.request_id);
        break;
      case F::kInviteIdFieldNumber:
        fields.fixed(publish.invite_id);
        break;
      case F::kClaimPkFieldNumber:
        fields.fixed(publish.claim_pk);
        break;
      case F::kExpiresAtFieldNumber:
        fields.integer(publish.expires_at);
        if (publish.expires_at == 0) fields.refuse("expires_at is 0");
        break;
      case F::kTokenHashFieldNumber:
        fields.fixed(publish.token_hash);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kRequestIdFieldNumber, F::kInviteIdFieldNumber, F::kClaimPkFieldNumber, F::kExpiresAtFieldNumber,
                   F::kTokenHashFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, InviteRevoke& revoke) {
  using F = pb::InviteRevoke;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kRequestIdFieldNumber:
        fields.fixed(revoke.request_id);
        break;
      case F::kInviteIdFieldNumber:
        fields.fixed(revoke.invite_id);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kRequestIdFieldNumber, F::kInviteIdFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, InviteClaim& claim) {
  using F = pb::InviteClaim;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kMsgIdFieldNumber:
        fields.fixed(claim.msg_id);
        break;
      case F::kInviteIdFieldNumber:
        fields.fixed(claim.invite_id);
        break;
      case F::kEnvelopeFieldNumber:
        read_envelope(fields, claim.envelope);
        break;
      case F::kClaimSigFieldNumber:
        fields.fixed(claim.claim_sig);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kMsgIdFieldNumber, F::kInviteIdFieldNumber, F::kEnvelopeFieldNumber, F::kClaimSigFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, Send& send) {
  using F = pb::Send;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kMsgIdFieldNumber:
        fields.fixed(send.msg_id);
        break;
      case F::kToFieldNumber:
        fields.fixed(send.to);
        break;
      case F::kTokenFieldNumber:
        fields.fixed(send.token);
        break;
      case F::kEnvelopeFieldNumber:
        read_envelope(fields, send.envelope);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kMsgIdFieldNumber, F::kToFieldNumber, F::kTokenFieldNumber, F::kEnvelopeFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, AckItem& item) {
  using F = pb::Ack::Item;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kIdFieldNumber:
        fields.fixed(item.id);
        break;
      case F::kStatusFieldNumber:
        read_enum(fields, item.status, AckStatus::kRejected);
        break;
      case F::kCodeFieldNumber:
        read_code(fields, item.code);
        break;
      case F::kRetryAfterMsFieldNumber:
        fields.u32(item.retry_after_ms);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({F::kIdFieldNumber, F::kStatusFieldNumber})) return fields.why();
  if ((item.status == AckStatus::kRejected) != (item.code != Code::kNone)) return "a code stands with REJECTED alone";
  return nullptr;
}

Why decode(ByteView bytes, Delivery& delivery) {
  using F = pb::Delivery;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kFromFieldNumber:
        fields.fixed(delivery.from);
        break;
      case F::kMsgIdFieldNumber:
        fields.fixed(delivery.msg_id);
        break;
      case F::kEnvelopeFieldNumber:
        read_envelope(fields, delivery.envelope);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kFromFieldNumber, F::kMsgIdFieldNumber, F::kEnvelopeFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, ReceiptItem& item) {
  using F = pb::Receipt::Item;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kFromFieldNumber:
        fields.fixed(item.from);
        break;
      case F::kMsgIdFieldNumber:
        fields.fixed(item.msg_id);
        break;
      case F::kStatusFieldNumber:
        read_enum(fields, item.status, ReceiptStatus::kRefused);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kFromFieldNumber, F::kMsgIdFieldNumber, F::kStatusFieldNumber});
  return fields.why();
}

/// Ack and Receipt. An item is checked before its place in the list is made, so a list takes about what it took on the
/// wire.
template <int kItems, class List>
Why decode_list(ByteView bytes, List& list) {
  FieldReader fields(bytes);
  while (fields.next()) {
    if (fields.number() != kItems) continue;
    ByteView element;
    fields.element(element);
    typename decltype(list.items)::value_type item;
    if (fields.why() == nullptr) {
      if (const Why why = decode(element, item)) return why;
      list.items.push_back(item);
    }
  }
  fields.complete({kItems});
  return fields.why();
}

Why decode(ByteView bytes, Ack& ack) {
  return decode_list<pb::Ack::kItemsFieldNumber>(bytes, ack);
}

Why decode(ByteView bytes, Receipt& receipt) {
  return decode_list<pb::Receipt::kItemsFieldNumber>(bytes, receipt);
}

Why decode_empty(ByteView bytes) {
  FieldReader fields(bytes);
  while (fields.next()) {
  }
  return fields.why();
}

Why decode(ByteView bytes, Ping&) {
  return decode_empty(bytes);
}

Why decode(ByteView bytes, Pong&) {
  return decode_empty(bytes);
}

Why decode(ByteView bytes, ErrorFrame& error) {
  using F = pb::Error;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kCodeFieldNumber:
        read_code(fields, error.code);
        if (error.code == Code::kNone) fields.refuse("an unknown code");
        break;
      case F::kMessageFieldNumber:
        fields.text(error.message, kErrorTextBytes);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kCodeFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, Closing& closing) {
  using F = pb::Closing;
  FieldReader fields(bytes);
  while (fields.next()) {
    if (fields.number() == F::kReasonFieldNumber) read_enum(fields, closing.reason, ClosingReason::kShuttingDown);
  }
  fields.complete({F::kReasonFieldNumber});
  return fields.why();
}

// ---- the frame around it ----

struct Refusal {
  const char* kind = "frame";
  Why why = nullptr;
};

/// Exactly one field, of the wire type of a message.
Refusal decode_frame(ByteView bytes, Frame& out) {
  FieldReader fields(bytes);
  if (!fields.next()) return {"frame", fields.why() != nullptr ? fields.why() : "it is empty"};
  ByteView payload;
  fields.element(payload);
  if (!fields.at_end()) fields.refuse("it holds more than one field");
  if (fields.why() != nullptr) return {"frame", fields.why()};

  switch (fields.number()) {
    case pb::Frame::kAllowFieldNumber:
      return {"Allow", decode(payload, out.emplace<Allow>())};
    case pb::Frame::kInvitePublishFieldNumber:
      return {"InvitePublish", decode(payload, out.emplace<InvitePublish>())};
    case pb::Frame::kInviteRevokeFieldNumber:
      return {"InviteRevoke", decode(payload, out.emplace<InviteRevoke>())};
    case pb::Frame::kInviteClaimFieldNumber:
      return {"InviteClaim", decode(payload, out.emplace<InviteClaim>())};
    case pb::Frame::kSendFieldNumber:
      return {"Send", decode(payload, out.emplace<Send>())};
    case pb::Frame::kAckFieldNumber:
      return {"Ack", decode(payload, out.emplace<Ack>())};
    case pb::Frame::kDeliveryFieldNumber:
      return {"Delivery", decode(payload, out.emplace<Delivery>())};
    case pb::Frame::kReceiptFieldNumber:
      return {"Receipt", decode(payload, out.emplace<Receipt>())};
    case pb::Frame::kPingFieldNumber:
      return {"Ping", decode(payload, out.emplace<Ping>())};
    case pb::Frame::kPongFieldNumber:
      return {"Pong", decode(payload, out.emplace<Pong>())};
    case pb::Frame::kErrorFieldNumber:
      return {"Error", decode(payload, out.emplace<ErrorFrame>())};
    case pb::Frame::kClosingFieldNumber:
      return {"Closing", decode(payload, out.emplace<Closing>())};
    default:
      return {};
  }
}

std::unexpected<Error> malformed(const char* kind, Why why) {
  return fail(ErrorCode::kInvalid, std::string("malformed ") + kind + ": " + why);
}

/// The number of frames, when their lengths fill the message exactly.
Result<std::size_t> count_frames(ByteView plaintext) {
  if (plaintext.size() > kLinkMessageBytes - kMacBytes) return malformed("link message", "it is too large");
  std::size_t count = 0;
  for (ByteView rest = plaintext; !rest.empty(); ++count) {
    std::uint64_t length = 0;
    if (!wire::read_varint(rest, length)) return malformed("link message", "a frame's length is not a minimal varint");
    if (length > rest.size()) return malformed("link message", "a frame reaches past the end");
    if (count == kLinkFrames) return malformed("link message", "too many frames");
    rest = rest.subspan(length);
  }
  if (count == 0) return malformed("link message", "it holds no frame");
  return count;
}

}  // namespace

Result<std::vector<Frame>> decode_frames(ByteView plaintext) {
  auto count = count_frames(plaintext);
  if (!count) return pass(count);
  std::vector<Frame> frames;
  frames.reserve(*count);
  for (ByteView rest = plaintext; !rest.empty();) {
    std::uint64_t length = 0;
    wire::read_varint(rest, length);
    const Refusal refusal = decode_frame(rest.first(length), frames.emplace_back());
    if (refusal.why != nullptr) return malformed(refusal.kind, refusal.why);
    rest = rest.subspan(length);
  }
  return frames;
}

}  // namespace agentroom::protocol
