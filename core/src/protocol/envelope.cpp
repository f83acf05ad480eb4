#include <agentroom.pb.h>

#include "crypto/primitives.hpp"
#include "crypto/ratchet/padding.hpp"
#include "protocol/content.hpp"
#include "protocol/limits.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace pb = agentroom::v3;
using wire::FieldReader;
using Why = const char*;

template <class Sink>
void put(Sink& sink, const crypto::RatchetMessage& message) {
  sink.bytes(pb::Message::kSessionIdFieldNumber, message.session_id.view());
  sink.bytes(pb::Message::kSealedHeaderFieldNumber, message.sealed_header.view());
  sink.bytes(pb::Message::kBodyFieldNumber, message.body);
}

template <class Sink>
void put(Sink& sink, const SessionInit& init) {
  sink.bytes(pb::SessionInit::kInviteIdFieldNumber, init.invite_id.view());
  sink.bytes(pb::SessionInit::kInviteeEdFieldNumber, init.invitee_ed.view());
  sink.bytes(pb::SessionInit::kInviteeXFieldNumber, init.invitee_x.view());
  sink.bytes(pb::SessionInit::kEPkFieldNumber, init.e_pk.view());
  sink.bytes(pb::SessionInit::kSigFieldNumber, init.sig.view());
  sink.message(pb::SessionInit::kFirstFieldNumber, [&](auto& inner) { put(inner, init.first); });
}

constexpr int kind(const SessionInit&) {
  return pb::Envelope::kSessionInitFieldNumber;
}
constexpr int kind(const crypto::RatchetMessage&) {
  return pb::Envelope::kMessageFieldNumber;
}

/// A MAC and a size that padding can produce.
bool is_body_size(std::size_t size) {
  if (size <= crypto::kMacBytes || size > kLinkMessageBytes) return false;
  const std::size_t padded = size - crypto::kMacBytes;
  return crypto::padded_size(padded - 1) == padded;
}

Why decode(ByteView bytes, crypto::RatchetMessage& message) {
  using F = pb::Message;
  FieldReader fields(bytes);
  ByteView body;
  while (fields.next()) {
    switch (fields.number()) {
      case F::kSessionIdFieldNumber:
        fields.fixed(message.session_id);
        break;
      case F::kSealedHeaderFieldNumber:
        fields.fixed(message.sealed_header);
        break;
      case F::kBodyFieldNumber:
        fields.view(body);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({F::kSessionIdFieldNumber, F::kSealedHeaderFieldNumber, F::kBodyFieldNumber})) {
    return fields.why();
  }
  if (!is_body_size(body.size())) return "the body has a size that no padding produces";
  message.body = to_bytes(body);
  return nullptr;
}

Why decode(ByteView bytes, SessionInit& init) {
  using F = pb::SessionInit;
  FieldReader fields(bytes);
  ByteView first;
  while (fields.next()) {
    switch (fields.number()) {
      case F::kInviteIdFieldNumber:
        fields.fixed(init.invite_id);
        break;
      case F::kInviteeEdFieldNumber:
        fields.fixed(init.invitee_ed);
        break;
      case F::kInviteeXFieldNumber:
        fields.fixed(init.invitee_x);
        break;
      case F::kEPkFieldNumber:
        fields.fixed(init.e_pk);
        break;
      case F::kSigFieldNumber:
        fields.fixed(init.sig);
        break;
      case F::kFirstFieldNumber:
        fields.view(first);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({F::kInviteIdFieldNumber, F::kInviteeEdFieldNumber, F::kInviteeXFieldNumber, F::kEPkFieldNumber,
                        F::kSigFieldNumber, F::kFirstFieldNumber})) {
    return fields.why();
  }
  return decode(first, init.first);
}

}  // namespace

Bytes encode_envelope(const Envelope& envelope) {
  return wire::serialise([&](auto& sink) {
    std::visit([&](const auto& body) { sink.message(kind(body), [&](auto& inner) { put(inner, body); }); }, envelope);
  });
}

Result<Envelope> decode_envelope(ByteView bytes) {
  FieldReader fields(bytes);
  ByteView init;
  ByteView message;
  bool has_init = false;
  bool has_message = false;
  while (fields.next()) {
    switch (fields.number()) {
      case pb::Envelope::kSessionInitFieldNumber:
        fields.view(init);
        has_init = true;
        break;
      case pb::Envelope::kMessageFieldNumber:
        fields.view(message);
        has_message = true;
        break;
      default:
        break;
    }
  }
  if (has_init == has_message) fields.refuse("it does not hold exactly one body");

  Envelope envelope;
  if (fields.why() == nullptr) {
    const Why why = has_init ? decode(init, envelope.emplace<SessionInit>())
                             : decode(message, envelope.emplace<crypto::RatchetMessage>());
    if (why != nullptr) fields.refuse(why);
  }
  if (fields.why() != nullptr) return fail(ErrorCode::kInvalid, std::string("malformed envelope: ") + fields.why());
  return envelope;
}

}  // namespace agentroom::protocol
