#include <agentroom.pb.h>

#include "protocol/frames.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace pb = agentroom::v3;

// Each `put` is run twice: once over a `wire::Size`, once over a `wire::Writer`.

template <class Sink>
void put(Sink& sink, const Allow& allow) {
  static_assert(sizeof(TokenHash) == TokenHash::kSize);
  sink.bytes(pb::Allow::kHashesFieldNumber, std::as_bytes(std::span(allow.hashes)));
}

template <class Sink>
void put(Sink& sink, const InvitePublish& publish) {
  sink.bytes(pb::InvitePublish::kRequestIdFieldNumber, publish.request_id.view());
  sink.bytes(pb::InvitePublish::kInviteIdFieldNumber, publish.invite_id.view());
  sink.bytes(pb::InvitePublish::kClaimPkFieldNumber, publish.claim_pk.view());
  sink.number(pb::InvitePublish::kExpiresAtFieldNumber, static_cast<std::uint64_t>(publish.expires_at));
  sink.bytes(pb::InvitePublish::kTokenHashFieldNumber, publish.token_hash.view());
}

template <class Sink>
void put(Sink& sink, const InviteRevoke& revoke) {
  sink.bytes(pb::InviteRevoke::kRequestIdFieldNumber, revoke.request_id.view());
  sink.bytes(pb::InviteRevoke::kInviteIdFieldNumber, revoke.invite_id.view());
}

template <class Sink>
void put(Sink& sink, const InviteClaim& claim) {
  sink.bytes(pb::InviteClaim::kMsgIdFieldNumber, claim.msg_id.view());
  sink.bytes(pb::InviteClaim::kInviteIdFieldNumber, claim.invite_id.view());
  sink.bytes(pb::InviteClaim::kEnvelopeFieldNumber, claim.envelope);
  sink.bytes(pb::InviteClaim::kClaimSigFieldNumber, claim.claim_sig.view());
}

template <class Sink>
void put(Sink& sink, const Send& send) {
  sink.bytes(pb::Send::kMsgIdFieldNumber, send.msg_id.view());
  sink.bytes(pb::Send::kToFieldNumber, send.to.view());
  sink.bytes(pb::Send::kTokenFieldNumber, send.token.view());
  sink.bytes(pb::Send::kEnvelopeFieldNumber, send.envelope);
}

template <class Sink>
void put(Sink& sink, const Ack& ack) {
  for (const AckItem& item : ack.items) {
    sink.message(pb::Ack::kItemsFieldNumber, [&](auto& inner) {
      inner.bytes(pb::Ack::Item::kIdFieldNumber, item.id.view());
      inner.number(pb::Ack::Item::kStatusFieldNumber, static_cast<std::uint64_t>(item.status));
      inner.number(pb::Ack::Item::kCodeFieldNumber, static_cast<std::uint64_t>(item.code));
      inner.number(pb::Ack::Item::kRetryAfterMsFieldNumber, item.retry_after_ms);
    });
  }
}

template <class Sink>
void put(Sink& sink, const Delivery& delivery) {
  sink.bytes(pb::Delivery::kFromFieldNumber, delivery.from.view());
  sink.bytes(pb::Delivery::kMsgIdFieldNumber, delivery.msg_id.view());
  sink.bytes(pb::Delivery::kEnvelopeFieldNumber, delivery.envelope);
}

template <class Sink>
void put(Sink& sink, const Receipt& receipt) {
  for (const ReceiptItem& item : receipt.items) {
    sink.message(pb::Receipt::kItemsFieldNumber, [&](auto& inner) {
      inner.bytes(pb::Receipt::Item::kFromFieldNumber, item.from.view());
      inner.bytes(pb::Receipt::Item::kMsgIdFieldNumber, item.msg_id.view());
      inner.number(pb::Receipt::Item::kStatusFieldNumber, static_cast<std::uint64_t>(item.status));
    });
  }
}

template <class Sink>
void put(Sink&, const Ping&) {}

template <class Sink>
void put(Sink&, const Pong&) {}

template <class Sink>
void put(Sink& sink, const ErrorFrame& error) {
  sink.number(pb::Error::kCodeFieldNumber, static_cast<std::uint64_t>(error.code));
  sink.bytes(pb::Error::kMessageFieldNumber, as_bytes(error.message));
}

template <class Sink>
void put(Sink& sink, const Closing& closing) {
  sink.number(pb::Closing::kReasonFieldNumber, static_cast<std::uint64_t>(closing.reason));
}

constexpr int kind(const Allow&) {
  return pb::Frame::kAllowFieldNumber;
}
constexpr int kind(const InvitePublish&) {
  return pb::Frame::kInvitePublishFieldNumber;
}
constexpr int kind(const InviteRevoke&) {
  return pb::Frame::kInviteRevokeFieldNumber;
}
constexpr int kind(const InviteClaim&) {
  return pb::Frame::kInviteClaimFieldNumber;
}
constexpr int kind(const Send&) {
  return pb::Frame::kSendFieldNumber;
}
constexpr int kind(const Ack&) {
  return pb::Frame::kAckFieldNumber;
}
constexpr int kind(const Delivery&) {
  return pb::Frame::kDeliveryFieldNumber;
}
constexpr int kind(const Receipt&) {
  return pb::Frame::kReceiptFieldNumber;
}
constexpr int kind(const Ping&) {
  return pb::Frame::kPingFieldNumber;
}
constexpr int kind(const Pong&) {
  return pb::Frame::kPongFieldNumber;
}
constexpr int kind(const ErrorFrame&) {
  return pb::Frame::kErrorFieldNumber;
}
constexpr int kind(const Closing&) {
  return pb::Frame::kClosingFieldNumber;
}

}  // namespace

std::size_t encode_frame(const Frame& frame, Bytes& out) {
  const std::size_t before = out.size();
  std::visit(
      [&]<class Kind>(const Kind& value) {
        if constexpr (!std::is_same_v<Kind, UnknownFrame>) {
          const auto fill = [&](auto& sink) { sink.message(kind(value), [&](auto& inner) { put(inner, value); }); };
          wire::Size size;
          fill(size);
          wire::append_varint(out, size.total());
          wire::Writer writer(out);
          fill(writer);
        }
      },
      frame);
  return out.size() - before;
}

}  // namespace agentroom::protocol
