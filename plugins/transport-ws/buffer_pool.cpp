#include "buffer_pool.hpp"

#include <utility>

namespace agentroom::ws {

std::vector<std::byte> BufferPool::take() {
  if (kept_.empty()) return {};
  std::vector<std::byte> buffer = std::move(kept_.back());
  kept_.pop_back();
  return buffer;
}

void BufferPool::give_back(std::vector<std::byte> buffer) {
  if (kept_.size() >= kMaxKept || buffer.capacity() > kMaxCapacity) return;
  buffer.clear();
  kept_.push_back(std::move(buffer));
}

}  // namespace agentroom::ws
