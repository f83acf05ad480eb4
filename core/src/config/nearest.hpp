// The word that someone probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace agentroom::config {

/// The one of `known` with the fewest edits (insert, delete, replace, swap of neighbours) from `word`, or empty when
/// none is near: more than 2 edits, or more than a third of the longer word.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// `; did you mean `x`?` when there is a near one, else `; known are a, b and c`.
std::string suggestion(std::string_view word, std::span<const std::string> known);

}  // namespace agentroom::config
