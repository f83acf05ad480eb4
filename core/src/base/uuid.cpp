#include "base/uuid.hpp"

namespace agentroom {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

// RFC 9562, sections 4.1 and 4.2: the variant is 0b10, the version the high half of byte 6.
void mark(std::span<std::byte, 16> uuid, unsigned version) {
  uuid[6] = (uuid[6] & std::byte{0x0f}) | static_cast<std::byte>(version << 4U);
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
}

bool is_hyphen_place(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

MsgId make_msg_id(UnixMs now, Random& random) {
  MsgId id;
  random.fill_public(id.mutable_view().subspan<6>());
  for (std::size_t i = 0; i < 6; ++i) {
    id.mutable_view()[i] = static_cast<std::byte>((static_cast<std::uint64_t>(now) >> (8 * (5 - i))) & 0xffU);
  }
  mark(id.mutable_view(), 7);
  return id;
}

void make_uuid_v4(std::span<std::byte, 16> out, Random& random) {
  random.fill_public(out);
  mark(out, 4);
}

std::string uuid_text(ByteView uuid) {
  std::string text;
  text.reserve(36);
  for (std::byte b : uuid) {
    if (is_hyphen_place(text.size())) text += '-';
    text += kDigits[std::to_integer<unsigned>(b) >> 4U];
    text += kDigits[std::to_integer<unsigned>(b) & 0xfU];
  }
  return text;
}

std::optional<std::array<std::byte, 16>> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::byte, 16> uuid{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_hyphen_place(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const auto value = kDigits.find(text[i]);
    if (value == std::string_view::npos) return std::nullopt;
    uuid[digits / 2] = (uuid[digits / 2] << 4U) | static_cast<std::byte>(value);
    ++digits;
  }
  return uuid;
}

}  // namespace agentroom
