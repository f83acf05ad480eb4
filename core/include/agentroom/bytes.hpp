// Byte sequences and the fixed-size public values of the protocol.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace agentroom {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

/// The bytes of `text`; valid as long as the text is.
inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The bytes seen as characters; no encoding is checked.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// A public value of exactly N bytes: an id, a public key, a hash, a signature. `Tag` keeps kinds apart, so that a
/// signature key cannot stand where an agreement key is expected. Secrets never have this type (see base/secret.hpp).
template <class Tag, std::size_t N>
class FixedBytes {
 public:
  static constexpr std::size_t kSize = N;

  constexpr FixedBytes() = default;

  /// Nothing unless `view` holds exactly N bytes.
  static std::optional<FixedBytes> from(ByteView view) {
    if (view.size() != N) return std::nullopt;
    FixedBytes value;
    std::ranges::copy(view, value.bytes_.begin());
    return value;
  }

  ByteView view() const { return bytes_; }
  std::span<std::byte, N> mutable_view() { return bytes_; }
  const unsigned char* data() const { return reinterpret_cast<const unsigned char*>(bytes_.data()); }
  unsigned char* data() { return reinterpret_cast<unsigned char*>(bytes_.data()); }

  /// True when every byte is 0, the value of a default-constructed object.
  bool is_zero() const {
    return std::ranges::all_of(bytes_, [](std::byte b) { return b == std::byte{0}; });
  }

  friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

 private:
  std::array<std::byte, N> bytes_{};
};

}  // namespace agentroom

/// The last eight bytes: ids and keys are uniform there. Tables that strangers fill must use a keyed hash instead.
template <class Tag, std::size_t N>
  requires(N >= sizeof(std::size_t))
struct std::hash<agentroom::FixedBytes<Tag, N>> {
  std::size_t operator()(const agentroom::FixedBytes<Tag, N>& value) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, value.data() + N - sizeof h, sizeof h);
    return h;
  }
};
