// UUIDs, RFC 9562.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/time.hpp"

namespace agentroom {

/// Version 7: Unix milliseconds, then random bits.
MsgId make_msg_id(UnixMs now, Random& random);

/// Fills 16 bytes with a version 4 UUID.
void make_uuid_v4(std::span<std::byte, 16> out, Random& random);

template <class Id>
Id make_uuid_v4(Random& random) {
  Id id;
  make_uuid_v4(id.mutable_view(), random);
  return id;
}

/// 36 characters, lower case.
std::string uuid_text(ByteView uuid);
/// Nothing unless lower case, 36 characters, hyphens in place.
template <class Id>
std::optional<Id> uuid_from_text(std::string_view text);
std::optional<std::array<std::byte, 16>> parse_uuid(std::string_view text);

template <class Id>
std::optional<Id> uuid_from_text(std::string_view text) {
  auto bytes = parse_uuid(text);
  if (!bytes) return std::nullopt;
  return Id::from(*bytes);
}

}  // namespace agentroom
