#include "protocol/link_messages.hpp"

#include <agentroom.pb.h>

#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace pb = agentroom::v3;
using wire::FieldReader;

std::unexpected<Error> malformed(const char* kind, const FieldReader& fields) {
  return fail(ErrorCode::kInvalid, std::string("malformed ") + kind + ": " + fields.why());
}

template <class Sink>
void put(Sink& sink, const RelayTerms& terms) {
  sink.number(pb::Limits::kLinkMessageBytesFieldNumber, terms.link_message_bytes);
  sink.number(pb::Limits::kMailboxMessagesFieldNumber, terms.mailbox_messages);
  sink.number(pb::Limits::kMailboxBytesFieldNumber, terms.mailbox_bytes);
  sink.number(pb::Limits::kWindowFramesFieldNumber, terms.window_frames);
  sink.number(pb::Limits::kWindowBytesFieldNumber, terms.window_bytes);
  sink.number(pb::Limits::kOpenInvitesFieldNumber, terms.open_invites);
  sink.number(pb::Limits::kMessageLifeMsFieldNumber, terms.message_life_ms);
}

/// A limit of 0 that nothing could pass is a mistake, not a limit.
const char* decode(ByteView bytes, RelayTerms& terms) {
  using F = pb::Limits;
  terms = {.link_message_bytes = 0,
           .mailbox_messages = 0,
           .mailbox_bytes = 0,
           .window_frames = 0,
           .window_bytes = 0,
           .open_invites = 0,
           .message_life_ms = 0};
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kLinkMessageBytesFieldNumber:
        fields.u32(terms.link_message_bytes);
        break;
      case F::kMailboxMessagesFieldNumber:
        fields.u32(terms.mailbox_messages);
        break;
      case F::kMailboxBytesFieldNumber:
        fields.u32(terms.mailbox_bytes);
        break;
      case F::kWindowFramesFieldNumber:
        fields.u32(terms.window_frames);
        break;
      case F::kWindowBytesFieldNumber:
        fields.u32(terms.window_bytes);
        break;
      case F::kOpenInvitesFieldNumber:
        fields.u32(terms.open_invites);
        break;
      case F::kMessageLifeMsFieldNumber:
        fields.integer(terms.message_life_ms);
        break;
      default:
        break;
    }
  }
  if (fields.why() == nullptr &&
      (terms.link_message_bytes == 0 || terms.window_frames == 0 || terms.window_bytes == 0)) {
    fields.refuse("a limit is 0");
  }
  return fields.why();
}

}  // namespace

Bytes encode_challenge(const Challenge& challenge) {
  return wire::serialise([&](auto& sink) {
    sink.bytes(pb::Challenge::kBodyFieldNumber, challenge.body);
    sink.bytes(pb::Challenge::kSigFieldNumber, challenge.sig.view());
  });
}

Bytes encode_challenge_body(const ChallengeBody& body) {
  using F = pb::ChallengeBody;
  return wire::serialise([&](auto& sink) {
    sink.bytes(F::kRelayPkFieldNumber, body.relay_pk.view());
    sink.bytes(F::kRelayEFieldNumber, body.relay_e.view());
    sink.message(F::kLimitsFieldNumber, [&](auto& inner) { put(inner, body.terms); });
    if (body.previous_pk) sink.bytes(F::kPreviousPkFieldNumber, body.previous_pk->view());
    if (body.successor_sig) sink.bytes(F::kSuccessorSigFieldNumber, body.successor_sig->view());
  });
}

Bytes encode_hello(const Hello& hello) {
  return wire::serialise([&](auto& sink) {
    sink.bytes(pb::Hello::kAgentPkFieldNumber, hello.agent_pk.view());
    sink.bytes(pb::Hello::kSigFieldNumber, hello.sig.view());
  });
}

Bytes encode_hello_ack(const Welcome& welcome) {
  return wire::serialise([&](auto& sink) {
    sink.number(pb::HelloAck::kPendingFieldNumber, welcome.pending);
    if (welcome.allow_digest) sink.bytes(pb::HelloAck::kAllowDigestFieldNumber, welcome.allow_digest->view());
  });
}

Result<Challenge> decode_challenge(ByteView bytes) {
  using F = pb::Challenge;
  Challenge challenge;
  FieldReader fields(bytes);
  if (bytes.size() > kChallengeBytes) fields.refuse("it is too large");
  while (fields.next()) {
    switch (fields.number()) {
      case F::kBodyFieldNumber:
        fields.view(challenge.body);
        break;
      case F::kSigFieldNumber:
        fields.fixed(challenge.sig);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({F::kBodyFieldNumber, F::kSigFieldNumber})) return malformed("challenge", fields);
  return challenge;
}

Result<ChallengeBody> decode_challenge_body(ByteView bytes) {
  using F = pb::ChallengeBody;
  ChallengeBody body;
  ByteView limits;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kRelayPkFieldNumber:
        fields.fixed(body.relay_pk);
        break;
      case F::kRelayEFieldNumber:
        fields.fixed(body.relay_e);
        break;
      case F::kLimitsFieldNumber:
        fields.view(limits);
        break;
      case F::kPreviousPkFieldNumber:
        fields.fixed(body.previous_pk);
        break;
      case F::kSuccessorSigFieldNumber:
        fields.fixed(body.successor_sig);
        break;
      default:
        break;
    }
  }
  if (fields.complete({F::kRelayPkFieldNumber, F::kRelayEFieldNumber, F::kLimitsFieldNumber})) {
    if (const char* why = decode(limits, body.terms)) fields.refuse(why);
  }
  if (body.previous_pk.has_value() != body.successor_sig.has_value()) {
    fields.refuse("previous_pk and successor_sig stand together or not at all");
  }
  if (fields.why() != nullptr) return malformed("challenge", fields);
  return body;
}

Result<Hello> decode_hello(ByteView bytes) {
  using F = pb::Hello;
  Hello hello;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kAgentPkFieldNumber:
        fields.fixed(hello.agent_pk);
        break;
      case F::kSigFieldNumber:
        fields.fixed(hello.sig);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({F::kAgentPkFieldNumber, F::kSigFieldNumber})) return malformed("hello", fields);
  return hello;
}

Result<Welcome> decode_hello_ack(ByteView bytes) {
  using F = pb::HelloAck;
  Welcome welcome;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kPendingFieldNumber:
        fields.u32(welcome.pending);
        break;
      case F::kAllowDigestFieldNumber:
        fields.fixed(welcome.allow_digest);
        break;
      default:
        break;
    }
  }
  if (!fields.complete({})) return malformed("answer to hello", fields);
  return welcome;
}

}  // namespace agentroom::protocol
