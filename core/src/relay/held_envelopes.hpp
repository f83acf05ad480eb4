// The envelopes of messages in flight: the one copy from which a message is stored if no receipt comes.
#pragma once

#include <utility>
#include <vector>

#include "agentroom/bytes.hpp"

namespace agentroom::relay {

class HeldEnvelopes {
 public:
  std::uint32_t put(ByteView envelope) {
    if (free_.empty()) {
      slots_.push_back(to_bytes(envelope));
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = to_bytes(envelope);
    return slot;
  }

  ByteView operator[](std::uint32_t slot) const { return slots_[slot]; }

  void drop(std::uint32_t slot) {
    slots_[slot] = Bytes();
    free_.push_back(slot);
  }

 private:
  std::vector<Bytes> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace agentroom::relay
