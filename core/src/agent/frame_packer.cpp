#include "agent/frame_packer.hpp"

#include <utility>

namespace agentroom::agent {

void FramePacker::add(const protocol::Frame& frame) {
  if (messages_.empty()) messages_.emplace_back(crypto::kMacBytes);
  Bytes& last = messages_.back();
  const std::size_t before = last.size();
  bytes_ += protocol::encode_frame(frame, last);
  if (last.size() <= max_message_ || before == crypto::kMacBytes) return;
  const auto start = last.begin() + static_cast<std::ptrdiff_t>(before);
  Bytes next(crypto::kMacBytes);
  next.insert(next.end(), start, last.end());
  last.erase(start, last.end());
  messages_.push_back(std::move(next));
}

void FramePacker::drain(crypto::LinkCipher& cipher, const std::function<void(Bytes)>& send) {
  for (Bytes& message : std::exchange(messages_, {})) {
    cipher.seal(message);
    send(std::move(message));
  }
  bytes_ = 0;
}

void FramePacker::clear() {
  messages_.clear();
  bytes_ = 0;
}

}  // namespace agentroom::agent
