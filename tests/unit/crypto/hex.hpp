// Hexadecimal text and bytes.
#pragma once

#include <sodium.h>

#include <stdexcept>
#include <string>

#include "agentroom/bytes.hpp"

namespace agentroom::crypto::test {

inline Bytes from_hex(std::string_view hex) {
  if (hex.empty()) return {};
  Bytes out(hex.size() / 2);
  std::size_t size = 0;
  if (sodium_hex2bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), hex.data(), hex.size(), nullptr, &size,
                     nullptr) != 0 ||
      2 * size != hex.size()) {
    throw std::invalid_argument("not hexadecimal");
  }
  return out;
}

template <class Value>
Value from_hex_as(std::string_view hex) {
  auto value = Value::from(from_hex(hex));
  if (!value) throw std::invalid_argument("hexadecimal of another size");
  return std::move(*value);
}

inline std::string hex(ByteView bytes) {
  std::string out(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  out.pop_back();
  return out;
}

}  // namespace agentroom::crypto::test
