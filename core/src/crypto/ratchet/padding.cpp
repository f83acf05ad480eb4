#include "crypto/ratchet/padding.hpp"

#include <bit>

namespace agentroom::crypto {
namespace {

constexpr std::byte kMark{0x80};
constexpr std::size_t kSmallest = 256;

}  // namespace

std::size_t padded_size(std::size_t length) {
  const std::size_t marked = length + 1;
  if (marked <= kSmallest) return kSmallest;
  // Padmé: the last E − S bits of the size are zero, so it leaks O(log log L) bits and grows by 12 % at most.
  const int exponent = static_cast<int>(std::bit_width(marked)) - 1;
  const int significant = static_cast<int>(std::bit_width(static_cast<unsigned>(exponent)));
  const std::size_t mask = (std::size_t{1} << (exponent - significant)) - 1;
  return (marked + mask) & ~mask;
}

void pad(Bytes& plaintext) {
  const std::size_t size = padded_size(plaintext.size());
  plaintext.reserve(size);
  plaintext.push_back(kMark);
  plaintext.resize(size);
}

std::optional<std::size_t> unpadded_size(ByteView padded) {
  std::size_t length = padded.size();
  while (length > 0 && padded[length - 1] == std::byte{0}) --length;
  if (length == 0 || padded[length - 1] != kMark) return std::nullopt;
  --length;
  if (padded_size(length) != padded.size()) return std::nullopt;
  return length;
}

}  // namespace agentroom::crypto
