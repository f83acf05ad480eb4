#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <clocale>
#include <cstdlib>
#include <cwchar>
#include <numeric>

namespace agentroom::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowestLast = 24;  // of the last column, before others are cut for it

/// The C library's table of widths, whatever the locale of the process.
class Widths {
 public:
  Widths() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Widths() {
    if (locale_ != nullptr) ::freelocale(locale_);
  }
  Widths(const Widths&) = delete;
  Widths& operator=(const Widths&) = delete;

  std::size_t of(char32_t c) const {
    if (c < 0x80 || locale_ == nullptr) return 1;
    const ::locale_t before = ::uselocale(locale_);
    const int width = ::wcwidth(static_cast<wchar_t>(c));
    ::uselocale(before);
    return width < 0 ? 1 : static_cast<std::size_t>(width);
  }

 private:
  ::locale_t locale_;
};

std::size_t width_of(char32_t c) {
  static const Widths widths;
  return widths.of(c);
}

/// One character or one colour of a text.
struct Piece {
  std::string_view bytes;
  std::size_t columns = 0;
  bool colour = false;
};

Piece first_piece(std::string_view text) {
  if (text.front() == '\x1b') {
    const std::size_t end = text.find('m');
    return {text.substr(0, end == std::string_view::npos ? end : end + 1), 0, true};
  }
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = std::min<std::size_t>(lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4, text.size());
  char32_t c = size == 1 ? lead : lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {text.substr(0, size), width_of(c), false};
}

std::size_t total_of(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
}

/// Takes columns from the widest but the last, one by one, until all fit or none can give more.
void shrink(std::vector<std::size_t>& widths, std::size_t width) {
  const std::size_t last = widths.back();
  widths.back() = std::min(last, kNarrowestLast);
  while (total_of(widths) > width && widths.size() > 1) {
    const auto widest = std::max_element(widths.begin(), widths.end() - 1);
    if (*widest <= kNarrowest) break;
    --*widest;
  }
  const std::size_t others = total_of(widths) - widths.back();
  widths.back() = std::clamp(width > others ? width - others : 0, std::min(last, kNarrowestLast), last);
}

std::string padded(const std::string& cell, std::size_t width) {
  return cell + std::string(width - std::min(width, columns_of(cell)), ' ');
}

}  // namespace

std::size_t terminal_columns(int fd) {
  winsize size{};
  if (::isatty(fd) != 1 || ::ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing writes the environment
    if (value == nullptr || *value == '\0') continue;
    std::string text(value);
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    columns += piece.columns;
    text.remove_prefix(piece.bytes.size());
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::string out;
  std::size_t used = 0;
  bool coloured = false;
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    if (used + piece.columns > columns - 1) break;
    out += piece.bytes;
    used += piece.columns;
    coloured = coloured || piece.colour;
    text.remove_prefix(piece.bytes.size());
  }
  return out + "…" + (coloured ? "\x1b[0m" : "");
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t width = columns_of(word);
    if (used > 0 && used + 1 + width > columns) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) lines.back() += ' ';
    lines.back() += word;
    used += width + (used > 0 ? 1 : 0);
  }
  return lines;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t width) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  if (widths.empty()) return {};
  const bool narrow = width > 0 && total_of(widths) > width;
  if (narrow) shrink(widths, width);

  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i + 1 < widths.size()) {
        const std::string cell = narrow ? cut_to(row[i], widths[i]) : row[i];
        line += i + 1 < row.size() ? padded(cell, widths[i] + kGap) : cell;
        continue;
      }
      const std::string indent = "\n" + std::string(total_of(widths) - widths.back(), ' ');
      std::string separator;
      for (const std::string& part : narrow ? wrapped(row[i], widths[i]) : std::vector{row[i]}) {
        line += separator + part;
        separator = indent;
      }
    }
    out += (out.empty() ? "" : "\n") + line;
  }
  return out;
}

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  return table_text(rows, terminal_columns(STDOUT_FILENO));
}

}  // namespace agentroom::cli
