// The holder of an ar_buffer.
#pragma once

#include <cstring>
#include <new>
#include <utility>

#include "agentroom/abi/types.h"
#include "agentroom/sdk/view.hpp"

namespace agentroom::sdk {

/// Holds one buffer and releases it when it goes. Thread: one at a time, any.
class Buffer {
 public:
  Buffer() = default;
  /// Becomes the holder; null holds nothing.
  explicit Buffer(ar_buffer* buffer) : buffer_(buffer) {}
  Buffer(Buffer&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      reset();
      buffer_ = std::exchange(other.buffer_, nullptr);
    }
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { reset(); }

  explicit operator bool() const { return buffer_ != nullptr; }
  std::size_t size() const { return buffer_ == nullptr ? 0 : buffer_->size; }
  std::size_t capacity() const { return buffer_ == nullptr ? 0 : buffer_->capacity; }

  /// The bytes in use.
  MutableByteView bytes() {
    return size() == 0 ? MutableByteView() : MutableByteView(reinterpret_cast<std::byte*>(buffer_->data), size());
  }
  ByteView bytes() const {
    return size() == 0 ? ByteView() : ByteView(reinterpret_cast<const std::byte*>(buffer_->data), size());
  }

  /// Adds bytes behind those in use; false, and nothing is added, when they do not fit.
  bool append(ByteView more) {
    if (more.size() > capacity() - size()) return false;
    if (!more.empty()) {
      std::memcpy(buffer_->data + buffer_->size, more.data(), more.size());
      buffer_->size += more.size();
    }
    return true;
  }

  void reset() {
    if (buffer_ != nullptr) buffer_->release(buffer_);
    buffer_ = nullptr;
  }
  /// Whoever gets it is the holder now.
  ar_buffer* release() { return std::exchange(buffer_, nullptr); }

 private:
  ar_buffer* buffer_ = nullptr;
};

}  // namespace agentroom::sdk
