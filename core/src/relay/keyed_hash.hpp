// The hash of every table whose keys strangers choose.
#pragma once

#include <cstdint>
#include <cstring>

#include "agentroom/bytes.hpp"
#include "agentroom/random.hpp"

namespace agentroom::relay {

/// Folded multiplication under two random words that no answer of the relay depends on: nobody outside can choose keys
/// that meet in one slot.
class KeyedHash {
 public:
  explicit KeyedHash(Random& random) {
    std::array<std::byte, 16> seed;
    random.fill(seed);
    std::memcpy(&start_, seed.data(), 8);
    std::memcpy(&factor_, seed.data() + 8, 8);
    factor_ |= 1;
  }

  std::uint64_t fold(std::uint64_t state, std::uint64_t word) const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(state ^ word) * factor_;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t start() const { return start_; }

  /// A length that is a multiple of 8.
  std::uint64_t fold(std::uint64_t state, ByteView bytes) const {
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      state = fold(state, word);
    }
    return state;
  }

  template <class Tag, std::size_t N>
    requires(N % 8 == 0)
  std::size_t operator()(const FixedBytes<Tag, N>& value) const {
    return fold(start_, value.view());
  }

 private:
  std::uint64_t start_ = 0;
  std::uint64_t factor_ = 1;
};

}  // namespace agentroom::relay
