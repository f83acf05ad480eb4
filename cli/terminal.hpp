// What a terminal shows of a text: how wide it is, how it is cut and broken into lines.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace agentroom::cli {

/// Columns of the terminal behind `fd`; 0 when it is none, or does not tell.
std::size_t terminal_columns(int fd);

/// Whether LC_ALL, LC_CTYPE and LANG, the first that is set, ask for UTF-8.
bool locale_is_utf8();

/// How many columns `text` takes: wide characters two, combining ones and colours none. `text` is printable UTF-8 that
/// may hold colours (`\x1b[...m`).
std::size_t columns_of(std::string_view text);

/// `text`, or its beginning and an ellipsis when it is wider than `columns`, which is at least 1. A colour that began
/// ends.
std::string cut_to(std::string_view text, std::size_t columns);

/// Lines of at most `columns`, broken at spaces; a word that is wider stands on a line of its own, whole, so that it
/// can be copied. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// Rows with their columns aligned, two spaces between. When they do not fit into `width` (0: no limit), cells of the
/// last column are broken at spaces, and the widest of the others are cut, never below `kNarrowest`.
std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t width);
inline constexpr std::size_t kNarrowest = 12;

/// The same for the terminal behind stdout; without a limit when there is none.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace agentroom::cli
