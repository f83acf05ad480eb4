#include "files.hpp"

#include <sodium.h>

#include <boost/json.hpp>
#include <stdexcept>

namespace agentroom::vectors {
namespace {

/// One member a line, two spaces a level.
void print(std::string& out, const boost::json::value& value, std::size_t level) {
  const std::string inner(2 * (level + 1), ' ');
  const auto close = [&](char bracket) {
    out += '\n';
    out.append(2 * level, ' ');
    out += bracket;
  };
  if (value.is_object() && !value.get_object().empty()) {
    const char* separator = "{\n";
    for (const auto& member : value.get_object()) {
      out += separator + inner + boost::json::serialize(member.key()) + ": ";
      print(out, member.value(), level + 1);
      separator = ",\n";
    }
    close('}');
  } else if (value.is_array() && !value.get_array().empty()) {
    const char* separator = "[\n";
    for (const auto& element : value.get_array()) {
      out += separator + inner;
      print(out, element, level + 1);
      separator = ",\n";
    }
    close(']');
  } else {
    out += boost::json::serialize(value);
  }
}

std::string text_of(const boost::json::value& value) {
  std::string text;
  print(text, value, 0);
  return text + '\n';
}

}  // namespace

std::map<std::string, std::string> all_files() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  return {
      {"primitives.json", text_of(primitives())},     {"invite.json", text_of(invite())},
      {"handshake.json", text_of(handshake())},       {"ratchet.json", text_of(ratchet())},
      {"conversation.json", text_of(conversation())}, {"link.json", text_of(link())},
      {"records.json", text_of(records())},
  };
}

}  // namespace agentroom::vectors
