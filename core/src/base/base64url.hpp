// base64url without padding, canonical (protocol section 1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agentroom/bytes.hpp"

namespace agentroom {

std::string base64url(ByteView bytes);

/// Nothing unless `text` is the one canonical form of some bytes: no padding, no white space, spare bits zero.
std::optional<Bytes> from_base64url(std::string_view text);

/// The same for a value of fixed size.
template <class Fixed>
std::optional<Fixed> fixed_from_base64url(std::string_view text) {
  auto bytes = from_base64url(text);
  if (!bytes) return std::nullopt;
  return Fixed::from(*bytes);
}

}  // namespace agentroom
