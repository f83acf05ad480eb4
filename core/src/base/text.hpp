// Text from outside: checked, and escaped before a person or a log sees it.
#pragma once

#include <string>
#include <string_view>

namespace agentroom {

/// Well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// Safe on a terminal and in a log line: C0 and C1 controls, DEL, bidirectional and zero-width format characters, line
/// and paragraph separators and invalid bytes become \xNN or \u{N}; '\n' and '\t' stay when `multiline`.
std::string printable(std::string_view text, bool multiline = false);

/// A peer's name: printable, at most 64 bytes, cut at a character.
std::string clean_name(std::string_view name);

/// The first 8 characters of a key's text form and an ellipsis: how logs name a peer.
std::string short_key(std::string_view key_text);

}  // namespace agentroom
