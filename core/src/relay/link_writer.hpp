// Frames for one connection, packed into as few link messages as hold them.
#pragma once

#include <vector>

#include "crypto/link_cipher.hpp"
#include "protocol/frames.hpp"

namespace agentroom::relay {

/// Frames are encoded as they come, behind 16 free bytes, so that the message is sealed where it lies. Acks gather in a
/// list. Between flushes of an idle connection nothing is held.
class LinkWriter {
 public:
  void add(const protocol::Frame& frame);
  void ack(const protocol::AckItem& item) { acks_.items.push_back(item); }
  void add_behind_acks(const protocol::Frame& frame) {
    pack_acks();
    add(frame);
  }

  bool empty() const { return current_.empty() && full_.empty() && acks_.items.empty(); }
  std::size_t acks() const { return acks_.items.size(); }

  /// Seals what there is and hands it to `send`, message by message, until that returns false. True when all of it
  /// went.
  template <class Send>
  bool flush(crypto::LinkCipher& cipher, Send&& send) {
    finish();
    std::size_t sent = 0;
    bool more = true;
    while (more && sent < full_.size()) {
      cipher.seal(full_[sent]);
      more = send(std::move(full_[sent]));
      ++sent;
    }
    full_.erase(full_.begin(), full_.begin() + static_cast<std::ptrdiff_t>(sent));
    if (full_.empty()) full_.shrink_to_fit();
    return full_.empty();
  }

 private:
  void start();
  void pack_acks();
  void finish();

  Bytes current_;
  std::size_t frames_ = 0;  ///< in `current_`
  std::vector<Bytes> full_;
  protocol::Ack acks_;
  std::uint32_t usual_bytes_ = 0;  ///< what the last message took
};

}  // namespace agentroom::relay
