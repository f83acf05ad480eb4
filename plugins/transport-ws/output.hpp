// The bytes of one connection that wait for the system to take them.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include "buffer_pool.hpp"

namespace agentroom::ws {

/// Holds memory only while bytes wait.
class Output {
 public:
  explicit Output(BufferPool& pool) : pool_(&pool) {}
  Output(Output&& other) noexcept
      : pool_(other.pool_), bytes_(std::exchange(other.bytes_, {})), taken_(std::exchange(other.taken_, 0)) {}
  Output& operator=(Output&&) = delete;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { clear(); }

  void append(const void* data, std::size_t size) {
    if (size == 0) return;
    if (bytes_.capacity() == 0) bytes_ = pool_->take();
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

  std::span<const std::byte> waiting() const { return std::span(bytes_).subspan(taken_); }
  std::size_t size() const { return bytes_.size() - taken_; }
  bool empty() const { return size() == 0; }

  /// The first `count` bytes went to the system.
  void consume(std::size_t count) {
    taken_ += count;
    if (taken_ == bytes_.size()) clear();
  }

  void clear() {
    taken_ = 0;
    if (bytes_.capacity() > 0) pool_->give_back(std::exchange(bytes_, {}));
  }

 private:
  BufferPool* pool_;
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;
};

}  // namespace agentroom::ws
