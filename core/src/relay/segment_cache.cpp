#include "relay/segment_cache.hpp"

#include <algorithm>

namespace agentroom::relay {
namespace {

constexpr std::size_t kCachedBytes = 8U << 20;
constexpr std::size_t kCachedSegments = 256;

}  // namespace

const std::string* SegmentCache::find(std::uint32_t segment) {
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return nullptr;
  found->second.used = ++uses_;
  return &found->second.envelopes;
}

const std::string& SegmentCache::put(std::uint32_t segment, std::string envelopes) {
  erase(segment);
  while (!entries_.empty() && (bytes_ + envelopes.size() > kCachedBytes || entries_.size() >= kCachedSegments)) {
    evict_oldest();
  }
  bytes_ += envelopes.size();
  return entries_.emplace(segment, Entry{std::move(envelopes), ++uses_}).first->second.envelopes;
}

void SegmentCache::erase(std::uint32_t segment) {
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return;
  bytes_ -= found->second.envelopes.size();
  entries_.erase(found);
}

void SegmentCache::clear() {
  entries_ = {};
  bytes_ = 0;
}

void SegmentCache::evict_oldest() {
  const auto oldest = std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.used; });
  bytes_ -= oldest->second.envelopes.size();
  entries_.erase(oldest);
}

}  // namespace agentroom::relay
