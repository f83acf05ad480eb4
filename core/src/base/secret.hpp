// Secret bytes: wiped when they go, never printed, never compared with ==.
#pragma once

#include <sodium.h>

#include <array>

#include "agentroom/bytes.hpp"

namespace agentroom {

/// Overwrites bytes that held a secret, in a way that no compiler leaves out.
inline void wipe_bytes(MutableByteView bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

/// N secret bytes of one kind. Moving wipes the source; copying is spelled `clone()`, so that each copy is visible in
/// the code. There is no `operator==` (see `equals`), no `operator<<` and no text form.
template <class Tag, std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;

  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  /// Nothing unless `view` holds exactly N bytes. The caller wipes its own copy.
  static std::optional<Secret> from(ByteView view) {
    if (view.size() != N) return std::nullopt;
    Secret secret;
    std::ranges::copy(view, secret.bytes_.begin());
    return secret;
  }

  Secret clone() const {
    Secret copy;
    copy.bytes_ = bytes_;
    return copy;
  }

  ByteView view() const { return bytes_; }
  std::span<std::byte, N> mutable_view() { return bytes_; }
  const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(bytes_.data()); }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(bytes_.data()); }

  /// Constant time.
  bool equals(const Secret& other) const { return sodium_memcmp(data(), other.data(), N) == 0; }

  void wipe() { sodium_memzero(bytes_.data(), N); }

 private:
  std::array<std::byte, N> bytes_{};
};

}  // namespace agentroom
