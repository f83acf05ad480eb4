// Where the members of a serialised ratchet lie, and states that no honest conversation reaches.
#pragma once

#include <gtest/gtest.h>

#include "crypto/ratchet/ratchet.hpp"

namespace agentroom::crypto::test {

struct Field {
  std::size_t at;
  std::size_t size;
};
inline constexpr Field kVersionField{0, 1};
inline constexpr Field kFlags{1, 1};
inline constexpr Field kSessionId{2, 32};
inline constexpr Field kRoot{34, 32};
inline constexpr Field kOwnSecret{66, 32};
inline constexpr Field kOwnPublic{98, 32};
inline constexpr Field kNextSending{130, 32};
inline constexpr Field kNextReceiving{162, 32};
inline constexpr Field kPreviousCount{194, 4};
inline constexpr Field kSendingHeaderKey{198, 32};
inline constexpr Field kSendingChainKey{230, 32};
inline constexpr Field kSendingNext{262, 4};
inline constexpr Field kReceivingHeaderKey{266, 32};
inline constexpr Field kReceivingChainKey{298, 32};
inline constexpr Field kReceivingNext{330, 4};
inline constexpr Field kFailures{334, 1};
inline constexpr Field kFailedAt{335, 16};
inline constexpr Field kRefusedAt{351, 8};
inline constexpr std::size_t kStateSize = 359;

inline Bytes read_field(const Ratchet& ratchet, Field field) {
  const Bytes state = ratchet.serialize();
  return to_bytes(ByteView(state).subspan(field.at, field.size));
}

/// A copy of `ratchet`, without its kept keys, in which `field` is `value`.
inline Ratchet with_field(const Ratchet& ratchet, Field field, ByteView value) {
  Bytes state = ratchet.serialize();
  EXPECT_EQ(value.size(), field.size);
  std::ranges::copy(value, state.begin() + static_cast<std::ptrdiff_t>(field.at));
  return Ratchet::restore(state, {}).value();
}

inline Bytes little_endian(std::uint32_t value) {
  Bytes bytes(4);
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
  return bytes;
}

}  // namespace agentroom::crypto::test
