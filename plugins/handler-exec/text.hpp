// What is text and what is not.
#pragma once

#include <string>
#include <string_view>

namespace agentroom::handler_exec {

bool is_utf8(std::string_view bytes);

/// The last `max` bytes at most, cut at a character; what is no UTF-8 becomes '?'.
std::string readable_end(std::string_view bytes, std::size_t max);

/// Without control characters, for an environment variable.
std::string without_controls(std::string_view text);

}  // namespace agentroom::handler_exec
