// Texts as the file spells them.
#pragma once

#include <string>
#include <string_view>

namespace agentroom::config {

/// `"text"` with what TOML wants escaped; safe on a terminal.
std::string in_quotes(std::string_view text);

}  // namespace agentroom::config
