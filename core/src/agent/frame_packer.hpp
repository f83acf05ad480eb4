// Frames on their way into link messages (protocol section 6).
#pragma once

#include <functional>
#include <vector>

#include "agentroom/bytes.hpp"
#include "crypto/link_cipher.hpp"
#include "protocol/frames.hpp"

namespace agentroom::agent {

/// Gathers frames in order, as few messages as hold them, each with room for its MAC in front.
class FramePacker {
 public:
  /// `max_message`: bytes of one link message, MAC included.
  explicit FramePacker(std::size_t max_message) : max_message_(max_message) {}

  void add(const protocol::Frame& frame);
  bool empty() const { return messages_.empty(); }
  std::size_t bytes() const { return bytes_; }

  /// Seals each message in place and hands it over.
  void drain(crypto::LinkCipher& cipher, const std::function<void(Bytes)>& send);
  void clear();

 private:
  std::size_t max_message_;
  std::vector<Bytes> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace agentroom::agent
