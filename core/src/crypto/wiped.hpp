// Buffers for intermediate secrets: wiped when they go out of scope.
#pragma once

#include <sodium.h>

#include <array>

#include "agentroom/bytes.hpp"

namespace agentroom::crypto {

/// N bytes on the stack that hold a secret for the length of a computation.
template <std::size_t N>
class WipedArray {
 public:
  WipedArray() = default;
  WipedArray(const WipedArray&) = delete;
  WipedArray& operator=(const WipedArray&) = delete;
  ~WipedArray() { sodium_memzero(bytes_.data(), N); }

  std::span<std::byte, N> view() { return bytes_; }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(bytes_.data()); }

 private:
  std::array<std::byte, N> bytes_{};
};

/// Bytes on the heap; filled once, within what was reserved, so that growing leaves no copy behind.
class WipedBytes {
 public:
  explicit WipedBytes(std::size_t capacity) { bytes_.reserve(capacity); }
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  ~WipedBytes() { sodium_memzero(bytes_.data(), bytes_.size()); }

  void append(ByteView more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  ByteView view() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace agentroom::crypto
