#include "text.hpp"

#include <boost/nowide/utf/utf.hpp>

namespace agentroom::handler_exec {
namespace {

namespace utf = boost::nowide::utf;

bool decode(const char*& at, const char* end) {
  const utf::code_point point = utf::utf_traits<char>::decode(at, end);
  return point != utf::illegal && point != utf::incomplete;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (!decode(at, end)) return false;
  }
  return true;
}

std::string readable_end(std::string_view bytes, std::size_t max) {
  if (bytes.size() > max) bytes.remove_prefix(bytes.size() - max);
  const auto inside_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (!bytes.empty() && inside_character(bytes.front())) bytes.remove_prefix(1);
  std::string text;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const char* const begin = at;
    if (decode(at, end)) {
      text.append(begin, at);
    } else {
      text += '?';
      at = begin + 1;
    }
  }
  return text;
}

std::string without_controls(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) clean += c;
  }
  return clean;
}

}  // namespace agentroom::handler_exec
