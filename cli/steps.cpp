#include "steps.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <utility>

#include "base/text.hpp"
#include "terminal.hpp"

namespace agentroom::cli {
namespace {

constexpr std::size_t kStatusColumns = 9;
constexpr std::size_t kColumns = 19;  ///< of status and name
constexpr std::size_t kTimeColumns = 9;

std::string padded(std::string text, std::size_t columns) {
  text.resize(std::max(text.size(), columns), ' ');
  return text;
}

/// On a terminal broken at spaces.
std::string below_itself(const std::string& text, std::size_t indent) {
  const std::size_t columns = terminal_columns(STDOUT_FILENO);
  if (columns < indent + kNarrowest) return text;
  std::string out;
  for (const std::string& line : wrapped(text, columns - indent)) {
    out += (out.empty() ? "" : "\n" + std::string(indent, ' ')) + line;
  }
  return out;
}

}  // namespace

void Steps::failed(const std::string& name, const Error& error) {
  add(name, "failed", error.message, Style::kBad);
  list_.back().as_object()["code"] = code_name(error.code);
  if (!error.hint.empty()) also("hint", error.hint);
}

void Steps::failed_at_last(const std::string& name, const Error& error) {
  note(name, "failed", error.message);
}

void Steps::also(std::string_view member, const std::string& text) {
  list_.back().as_object()[member] = printable(text);
  out_.line(std::string(kColumns, ' ') + std::string(member) + ": " + printable(text));
}

void Steps::note(const std::string& name, const std::string& status, const std::string& detail) {
  list_.push_back({{"step", name}, {"status", status}, {"detail", printable(detail)}});
}

void Steps::add(const std::string& name, const std::string& status, const std::string& detail, Style style) {
  note(name, status, detail);
  std::string line = out_.styled(style, padded(status, kStatusColumns)) + padded(name, kColumns - kStatusColumns);
  if (const auto ms = std::exchange(took_ms_, std::nullopt)) {
    list_.back().as_object()["ms"] = *ms;
    line += padded(std::to_string(*ms) + " ms", kTimeColumns);
  }
  out_.line(line + below_itself(printable(detail), columns_of(line)));
}

}  // namespace agentroom::cli
