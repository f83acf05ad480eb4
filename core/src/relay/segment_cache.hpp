// The envelopes of segments that were opened lately.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>

namespace agentroom::relay {

/// Bounded by bytes and count; the segment that was used longest ago goes first. A mailbox that is drained reads each
/// of its segments once, and mailboxes that are drained together share them.
class SegmentCache {
 public:
  /// The envelopes, or null. Valid until the next `put`, `erase` or `clear`.
  const std::string* find(std::uint32_t segment);
  const std::string& put(std::uint32_t segment, std::string envelopes);
  void erase(std::uint32_t segment);
  void clear();

 private:
  struct Entry {
    std::string envelopes;
    std::uint64_t used = 0;
  };
  void evict_oldest();

  boost::unordered_flat_map<std::uint32_t, Entry> entries_;
  std::uint64_t uses_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace agentroom::relay
