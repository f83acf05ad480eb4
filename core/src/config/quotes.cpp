#include "config/quotes.hpp"

#include "base/text.hpp"

namespace agentroom::config {
namespace {

/// `\u202E` or `\U0001F600`.
std::string unicode_escape(std::string_view hex_digits) {
  const bool is_short = hex_digits.size() <= 4;
  const std::size_t width = is_short ? 4 : 8;
  return (is_short ? "\\u" : "\\U") + std::string(width - hex_digits.size(), '0') + std::string(hex_digits);
}

std::string ascii_escape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      break;
  }
  if (c >= ' ' && c < '\x7f') return std::string(1, c);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned>(c);
  return unicode_escape(std::string{kDigits[byte >> 4U], kDigits[byte & 0xFU]});
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// Text without ASCII. `printable` escapes code points as `\xNN` and `\u{N}`; TOML spells them otherwise.
std::string beyond_ascii(std::string_view text) {
  std::string rest = printable(text);
  std::string out;
  for (std::size_t at = rest.find('\\'); at != std::string::npos; at = rest.find('\\')) {
    const bool braced = rest[at + 1] == 'u';
    const std::size_t begin = at + (braced ? 3 : 2);
    const std::size_t end = braced ? rest.find('}', begin) : begin + 2;
    out += rest.substr(0, at) + unicode_escape(rest.substr(begin, end - begin));
    rest.erase(0, braced ? end + 1 : end);
  }
  return out + rest;
}

constexpr std::size_t kBrief = 64;

/// As much as a message shows, cut at a character.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kBrief) return text;
  std::size_t size = kBrief;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return text.substr(0, size);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      out += ascii_escape(text[at++]);
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_ascii(text[end])) ++end;
    out += beyond_ascii(text.substr(at, end - at));
    at = end;
  }
  return out + "\"";
}

std::string in_brief_quotes(std::string_view text) {
  const std::string_view begin = beginning(text);
  return in_quotes(begin) + (begin.size() < text.size() ? "…" : "");
}

std::string brief_name(std::string_view name) {
  const std::string_view begin = beginning(name);
  return printable(begin) + (begin.size() < name.size() ? "…" : "");
}

}  // namespace agentroom::config
