// The envelopes of messages in flight: the one copy from which a message is stored if no receipt comes.
#pragma once

#include <utility>
#include <vector>

#include "agentroom/bytes.hpp"

namespace agentroom::relay {

/// Free slots keep the memory of small envelopes, at most 4 MiB in all, so that a message needs none of its own.
class HeldEnvelopes {
 public:
  std::uint32_t put(ByteView envelope) {
    if (free_.empty()) {
      slots_.push_back(to_bytes(envelope));
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    if (slots_[slot].capacity() > 0) --spare_;
    slots_[slot].assign(envelope.begin(), envelope.end());
    return slot;
  }

  ByteView operator[](std::uint32_t slot) const { return slots_[slot]; }

  void drop(std::uint32_t slot) {
    if (slots_[slot].capacity() <= kSpareBytes && spare_ < kMostSpare) {
      ++spare_;
    } else {
      slots_[slot] = Bytes();
    }
    free_.push_back(slot);
  }

 private:
  static constexpr std::size_t kSpareBytes = 1'024;
  static constexpr std::size_t kMostSpare = 4'096;

  std::vector<Bytes> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t spare_ = 0;  ///< free slots with memory
};

}  // namespace agentroom::relay
