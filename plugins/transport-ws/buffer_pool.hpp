// Memory that goes round between the connections which have something to send.
#pragma once

#include <cstddef>
#include <vector>

namespace agentroom::ws {

/// Bounded: keeps at most kMaxKept buffers of at most kMaxCapacity bytes each (2 MiB in all); more are freed.
class BufferPool {
 public:
  static constexpr std::size_t kMaxKept = 64;
  static constexpr std::size_t kMaxCapacity = std::size_t{32} * 1024;

  /// An empty buffer, with capacity when one is kept.
  std::vector<std::byte> take();
  void give_back(std::vector<std::byte> buffer);

 private:
  std::vector<std::vector<std::byte>> kept_;
};

}  // namespace agentroom::ws
