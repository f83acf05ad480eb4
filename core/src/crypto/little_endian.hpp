// Integers as the protocol writes them: little-endian.
#pragma once

#include <cstdint>

#include "agentroom/bytes.hpp"

namespace agentroom::crypto {

inline void put_u32(std::span<std::byte, 4> out, std::uint32_t value) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(value >> (8 * i));
}

inline std::uint32_t get_u32(std::span<const std::byte, 4> in) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < in.size(); ++i) value |= static_cast<std::uint32_t>(in[i]) << (8 * i);
  return value;
}

inline void put_u64(std::span<std::byte, 8> out, std::uint64_t value) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(value >> (8 * i));
}

inline std::uint64_t get_u64(std::span<const std::byte, 8> in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < in.size(); ++i) value |= static_cast<std::uint64_t>(in[i]) << (8 * i);
  return value;
}

}  // namespace agentroom::crypto
