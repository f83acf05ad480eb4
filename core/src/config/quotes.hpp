// Texts as the file spells them.
#pragma once

#include <string>
#include <string_view>

namespace agentroom::config {

/// `"text"` with what TOML wants escaped; safe on a terminal.
std::string in_quotes(std::string_view text);

/// The same for messages: at most 64 bytes of it, then an ellipsis.
std::string in_brief_quotes(std::string_view text);

/// At most 64 bytes of a name, safe on a terminal, then an ellipsis.
std::string brief_name(std::string_view name);

}  // namespace agentroom::config
