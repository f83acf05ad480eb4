#include "relay/link_writer.hpp"

#include <algorithm>

#include "crypto/primitives.hpp"
#include "protocol/limits.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kAcksInFrame = 2'048;

}  // namespace

void LinkWriter::start() {
  current_.reserve(std::max<std::uint32_t>(usual_bytes_, 256));
  current_.resize(crypto::kMacBytes);
  frames_ = 0;
}

void LinkWriter::add(const protocol::Frame& frame) {
  if (current_.empty()) start();
  const std::size_t before = current_.size();
  protocol::encode_frame(frame, current_);
  if (current_.size() > protocol::kLinkMessageBytes || frames_ == protocol::kLinkFrames) {
    const Bytes moved(current_.begin() + static_cast<std::ptrdiff_t>(before), current_.end());
    current_.resize(before);
    full_.push_back(std::exchange(current_, Bytes{}));
    start();
    append(current_, moved);
  }
  ++frames_;
}

void LinkWriter::pack_acks() {
  for (std::size_t at = 0; at < acks_.items.size();) {
    const std::size_t count = std::min(kAcksInFrame, acks_.items.size() - at);
    if (count == acks_.items.size()) {
      add(protocol::Frame(std::move(acks_)));
      break;
    }
    const auto first = acks_.items.begin() + static_cast<std::ptrdiff_t>(at);
    add(protocol::Ack{{first, first + static_cast<std::ptrdiff_t>(count)}});
    at += count;
  }
  acks_.items.clear();
}

void LinkWriter::finish() {
  pack_acks();
  if (current_.empty()) return;
  usual_bytes_ = static_cast<std::uint32_t>(current_.size());
  full_.push_back(std::exchange(current_, Bytes{}));
}

}  // namespace agentroom::relay
