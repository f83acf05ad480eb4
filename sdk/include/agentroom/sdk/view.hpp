// The views of the boundary as the views of C++, and back. Nothing is copied.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "agentroom/abi/types.h"

namespace agentroom::sdk {

using ByteView = std::span<const std::byte>;
using MutableByteView = std::span<std::byte>;

inline std::string_view text(ar_string view) {
  return view.size == 0 ? std::string_view() : std::string_view(view.data, view.size);
}
inline ByteView bytes(ar_bytes view) {
  return view.size == 0 ? ByteView() : ByteView(reinterpret_cast<const std::byte*>(view.data), view.size);
}
inline MutableByteView bytes(ar_mut_bytes view) {
  return view.size == 0 ? MutableByteView() : MutableByteView(reinterpret_cast<std::byte*>(view.data), view.size);
}

/// Valid as long as what they view.
inline ar_string to_abi(std::string_view view) {
  return {view.data(), view.size()};
}
inline ar_bytes to_abi(ByteView view) {
  return {reinterpret_cast<const uint8_t*>(view.data()), view.size()};
}
inline ar_mut_bytes to_abi_mutable(MutableByteView view) {
  return {reinterpret_cast<uint8_t*>(view.data()), view.size()};
}

/// The bytes of a text as characters, and the other way round.
inline ByteView bytes_of(std::string_view view) {
  return std::as_bytes(std::span(view.data(), view.size()));
}
inline std::string_view text_of(ByteView view) {
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

}  // namespace agentroom::sdk
