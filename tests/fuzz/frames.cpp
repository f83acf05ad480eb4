// The frames of a link message.
#include "protocol/frames.hpp"

#include "protocol/limits.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

Bytes encode_all(const std::vector<protocol::Frame>& frames) {
  Bytes out;
  for (const protocol::Frame& frame : frames) protocol::encode_frame(frame, out);
  return out;
}

void run(ByteView input) {
  const auto frames = protocol::decode_frames(input);
  if (!frames) {
    require(frames.error().code == ErrorCode::kInvalid, "a malformed message is kInvalid");
    return;
  }
  require(!frames->empty() && frames->size() <= protocol::kLinkFrames, "between 1 and 4,096 frames");
  const Bytes once = encode_all(*frames);
  if (once.empty()) return;  // all of a later version
  const auto again = protocol::decode_frames(once);
  require(again.has_value(), "what was decoded can be encoded and decoded again");
  require(encode_all(*again) == once, "and is the same");
}

std::vector<Seed> seeds() {
  return hex_seeds("protocol_frames.json", {"encoded", "link_message", "unknown_kind", "unknown_field"});
}

const Registration kTarget({"frames", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
