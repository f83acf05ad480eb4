// What was delivered on a connection and not receipted (protocol section 7).
#pragma once

#include <vector>

#include "agentroom/time.hpp"
#include "protocol/limits.hpp"
#include "relay/rows.hpp"

namespace agentroom::relay {

/// At most 64 deliveries and 1 MiB, in the order in which they left.
class Window {
 public:
  struct Entry {
    RowId row = kNone;
    Duration sent_at{};
  };

  bool has_room(std::uint32_t size) const {
    return entries_.size() < protocol::kWindowFrames && (entries_.empty() || bytes_ + size <= protocol::kWindowBytes);
  }
  void add(RowId row, std::uint32_t size, Duration now) {
    entries_.push_back({row, now});
    bytes_ += size;
  }
  void remove(std::size_t at, std::uint32_t size) {
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
    bytes_ -= size;
  }

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  /// Where the row stands; `entries().size()` when it does not.
  std::size_t find(RowId row) const {
    std::size_t at = 0;
    while (at < entries_.size() && entries_[at].row != row) ++at;
    return at;
  }

 private:
  std::vector<Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace agentroom::relay
