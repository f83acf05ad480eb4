// What a frame carries, and what is inside once it is decrypted.
#include "protocol/content.hpp"
#include "protocol/limits.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

void run_envelope(ByteView input) {
  const auto envelope = protocol::decode_envelope(input);
  if (!envelope) {
    require(envelope.error().code == ErrorCode::kInvalid, "a malformed envelope is kInvalid");
    return;
  }
  const Bytes once = protocol::encode_envelope(*envelope);
  const auto again = protocol::decode_envelope(once);
  require(again.has_value(), "what was decoded can be encoded and decoded again");
  require(again->index() == envelope->index() && protocol::encode_envelope(*again) == once, "and is the same");
}

void run_content(ByteView input) {
  const auto content = protocol::decode_content(input);
  if (!content) {
    require(content.error().code == ErrorCode::kInvalid, "a malformed content is kInvalid");
    return;
  }
  if (const auto* text = std::get_if<protocol::Text>(&content->body)) {
    require(text->text.size() <= protocol::kTextBytes, "a text has at most 131,072 bytes");
  }
  if (std::holds_alternative<protocol::UnknownBody>(content->body)) return;
  const Bytes once = protocol::encode_content(*content);
  const auto again = protocol::decode_content(once);
  require(again.has_value(), "what was decoded can be encoded and decoded again");
  require(protocol::encode_content(*again) == once, "and is the same");
}

/// The same bytes as both: neither reader is told which it gets.
void run(ByteView input) {
  run_envelope(input);
  run_content(input);
}

std::vector<Seed> seeds() {
  auto all = hex_seeds("protocol_frames.json", {"envelope"});
  std::ranges::move(hex_seeds("protocol_frames.json", {"encoded"}), std::back_inserter(all));
  return all;
}

const Registration kTarget({"envelopes", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
