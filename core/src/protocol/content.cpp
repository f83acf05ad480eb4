#include "protocol/content.hpp"

#include <agentroom.pb.h>

#include "protocol/limits.hpp"
#include "protocol/server_url.hpp"
#include "protocol/wire.hpp"

namespace agentroom::protocol {
namespace {

namespace pb = agentroom::v3;
using wire::FieldReader;
using Why = const char*;

constexpr std::uint32_t kLastGeneration = std::numeric_limits<std::uint32_t>::max();

template <class Sink>
void put(Sink& sink, const SessionHello& hello) {
  sink.number(pb::SessionHello::kGenerationFieldNumber, hello.generation);
  sink.bytes(pb::SessionHello::kTokenFieldNumber, hello.token.view());
  sink.bytes(pb::SessionHello::kNameFieldNumber, as_bytes(hello.name));
  for (const auto& capability : hello.capabilities) {
    sink.element(pb::SessionHello::kCapabilitiesFieldNumber, as_bytes(capability));
  }
}

template <class Sink>
void put(Sink& sink, const SessionAck& ack) {
  sink.number(pb::SessionAck::kGenerationFieldNumber, ack.generation);
  sink.bytes(pb::SessionAck::kNameFieldNumber, as_bytes(ack.name));
}

template <class Sink>
void put(Sink& sink, const Text& text) {
  sink.bytes(pb::Text::kTextFieldNumber, as_bytes(text.text));
}

template <class Sink>
void put(Sink& sink, const RelayUrls& urls) {
  for (const auto& url : urls.urls) sink.element(pb::RelayUrls::kUrlsFieldNumber, as_bytes(url));
}

constexpr int kind(const SessionHello&) {
  return pb::Content::kSessionHelloFieldNumber;
}
constexpr int kind(const SessionAck&) {
  return pb::Content::kSessionAckFieldNumber;
}
constexpr int kind(const Text&) {
  return pb::Content::kTextFieldNumber;
}
constexpr int kind(const RelayUrls&) {
  return pb::Content::kRelayUrlsFieldNumber;
}

/// One more element of a repeated text.
void read_element(FieldReader& fields, std::vector<std::string>& out, std::size_t max_count, std::size_t max_bytes) {
  if (out.size() == max_count) return fields.refuse("a list is too long");
  std::string text;
  fields.text_element(text, max_bytes);
  if (fields.why() == nullptr) out.push_back(std::move(text));
}

Why decode(ByteView bytes, SessionHello& hello) {
  using F = pb::SessionHello;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kGenerationFieldNumber:
        fields.u32(hello.generation);
        if (hello.generation == kLastGeneration) fields.refuse("no generation can follow this one");
        break;
      case F::kTokenFieldNumber:
        fields.fixed(hello.token);
        break;
      case F::kNameFieldNumber:
        fields.text(hello.name, kNameBytes);
        break;
      case F::kCapabilitiesFieldNumber:
        read_element(fields, hello.capabilities, kCapabilities, kNameBytes);
        break;
      default:
        break;
    }
  }
  fields.complete({F::kTokenFieldNumber});
  return fields.why();
}

Why decode(ByteView bytes, SessionAck& ack) {
  using F = pb::SessionAck;
  FieldReader fields(bytes);
  while (fields.next()) {
    switch (fields.number()) {
      case F::kGenerationFieldNumber:
        fields.u32(ack.generation);
        break;
      case F::kNameFieldNumber:
        fields.text(ack.name, kNameBytes);
        break;
      default:
        break;
    }
  }
  return fields.why();
}

Why decode(ByteView bytes, Text& text) {
  FieldReader fields(bytes);
  while (fields.next()) {
    if (fields.number() == pb::Text::kTextFieldNumber) fields.text(text.text, kTextBytes);
  }
  return fields.why();
}

Why decode(ByteView bytes, RelayUrls& urls) {
  FieldReader fields(bytes);
  while (fields.next()) {
    if (fields.number() != pb::RelayUrls::kUrlsFieldNumber) continue;
    read_element(fields, urls.urls, kRelayUrls, kServerUrlBytes);
    if (fields.why() == nullptr && !is_server_url(urls.urls.back())) fields.refuse("not a relay's URL");
  }
  return fields.why();
}

/// The current field as the content's body; there is at most one.
template <class Body>
Why read_body(FieldReader& fields, Content& content) {
  if (!std::holds_alternative<UnknownBody>(content.body)) return "it holds two bodies";
  ByteView bytes;
  fields.view(bytes);
  if (fields.why() != nullptr) return fields.why();
  return decode(bytes, content.body.emplace<Body>());
}

}  // namespace

Bytes encode_content(const Content& content) {
  return wire::serialise([&](auto& sink) {
    sink.number(pb::Content::kSentAtMsFieldNumber, static_cast<std::uint64_t>(content.sent_at));
    sink.bytes(pb::Content::kConversationIdFieldNumber, content.conversation_id.view());
    if (content.in_reply_to) sink.bytes(pb::Content::kInReplyToFieldNumber, content.in_reply_to->view());
    sink.number(pb::Content::kHopsFieldNumber, content.hops);
    std::visit(
        [&]<class Body>(const Body& body) {
          if constexpr (!std::is_same_v<Body, UnknownBody>) {
            sink.message(kind(body), [&](auto& inner) { put(inner, body); });
          }
        },
        content.body);
  });
}

Result<Content> decode_content(ByteView bytes) {
  using F = pb::Content;
  Content content;
  FieldReader fields(bytes);
  while (fields.next()) {
    Why why = nullptr;
    switch (fields.number()) {
      case F::kSentAtMsFieldNumber:
        fields.integer(content.sent_at);
        break;
      case F::kConversationIdFieldNumber:
        fields.fixed(content.conversation_id);
        break;
      case F::kInReplyToFieldNumber:
        fields.fixed(content.in_reply_to);
        break;
      case F::kHopsFieldNumber:
        fields.u32(content.hops);
        break;
      case F::kSessionHelloFieldNumber:
        why = read_body<SessionHello>(fields, content);
        break;
      case F::kSessionAckFieldNumber:
        why = read_body<SessionAck>(fields, content);
        break;
      case F::kTextFieldNumber:
        why = read_body<Text>(fields, content);
        break;
      case F::kRelayUrlsFieldNumber:
        why = read_body<RelayUrls>(fields, content);
        break;
      default:
        break;
    }
    if (why != nullptr) fields.refuse(why);
  }
  if (!fields.complete({F::kConversationIdFieldNumber})) {
    return fail(ErrorCode::kInvalid, std::string("malformed content: ") + fields.why());
  }
  return content;
}

}  // namespace agentroom::protocol
