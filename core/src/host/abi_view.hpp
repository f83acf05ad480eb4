// Our views as the boundary's, and back.
#pragma once

#include <string_view>

#include "agentroom/abi/types.h"
#include "agentroom/bytes.hpp"

namespace agentroom::host {

inline ar_string abi_string(std::string_view text) {
  return {text.data(), text.size()};
}
inline ar_bytes abi_bytes(ByteView bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
inline ByteView view_of(ar_bytes bytes) {
  return bytes.size == 0 ? ByteView() : ByteView(reinterpret_cast<const std::byte*>(bytes.data), bytes.size);
}
inline std::string_view view_of(ar_string text) {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

}  // namespace agentroom::host
