#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace agentroom {
namespace {

struct Decoded {
  char32_t point = 0;
  std::size_t size = 0;  // 0: not a character
};

// One character of UTF-8, RFC 3629: shortest form, no surrogates, at most U+10FFFF.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t size = 0;
  char32_t point = 0;
  char32_t least = 0;
  if ((first & 0xe0U) == 0xc0) {
    size = 2, point = first & 0x1fU, least = 0x80;
  } else if ((first & 0xf0U) == 0xe0) {
    size = 3, point = first & 0x0fU, least = 0x800;
  } else if ((first & 0xf8U) == 0xf0) {
    size = 4, point = first & 0x07U, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    point = (point << 6U) | (byte(i) & 0x3fU);
  }
  if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
  return {point, size};
}

// Characters that move the cursor, change direction, join lines or show nothing: Unicode categories Cc, Zl, Zp, and
// those of Cf that reorder or hide text.
bool is_unsafe(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array<Range, 12> kUnsafe{{{0x00, 0x1f},
                                                  {0x7f, 0x9f},
                                                  {0xad, 0xad},
                                                  {0x61c, 0x61c},
                                                  {0x180e, 0x180e},
                                                  {0x200b, 0x200f},
                                                  {0x2028, 0x202e},
                                                  {0x2060, 0x206f},
                                                  {0xfeff, 0xfeff},
                                                  {0xfff9, 0xfffb},
                                                  {0x1d173, 0x1d17a},
                                                  {0xe0000, 0xe007f}}};
  return std::ranges::any_of(kUnsafe, [c](const Range& r) { return c >= r.first && c <= r.last; });
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kDigits[(value >> static_cast<unsigned>(shift)) & 0xfU];
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  while (!text.empty()) {
    std::uint64_t eight = 0;
    if (text.size() >= sizeof eight && (std::memcpy(&eight, text.data(), sizeof eight), eight & kHighBits) == 0) {
      text.remove_prefix(sizeof eight);
      continue;
    }
    const auto [point, size] = decode(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string printable(std::string_view text, bool multiline) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [point, size] = decode(text);
    if (size == 0) {
      out += "\\x";
      append_hex(out, static_cast<std::uint8_t>(text[0]), 2);
      text.remove_prefix(1);
      continue;
    }
    if (!is_unsafe(point) || (multiline && (point == '\n' || point == '\t'))) {
      out += text.substr(0, size);
    } else if (point < 0x100) {
      out += "\\x";
      append_hex(out, point, 2);
    } else {
      out += "\\u{";
      append_hex(out, point, point < 0x10000 ? 4 : 6);
      out += '}';
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string clean_name(std::string_view name) {
  constexpr std::size_t kMaxBytes = 64;
  std::string safe = printable(name);
  std::size_t end = 0;
  while (end < safe.size()) {
    const std::size_t size = decode(std::string_view(safe).substr(end)).size;
    if (end + size > kMaxBytes) break;
    end += size;
  }
  safe.resize(end);
  return safe;
}

std::string short_key(std::string_view key_text) {
  return std::string(key_text.substr(0, 8)) + "…";
}

}  // namespace agentroom
