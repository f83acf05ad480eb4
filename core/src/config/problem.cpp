#include "config/problem.hpp"

#include <algorithm>
#include <tuple>

namespace agentroom::config {

std::string Origin::text() const {
  if (name.empty()) return "default";
  if (line == 0) return name;
  return name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Problem::text() const {
  return where.text() + ": " + message;
}

void sort_by_place(Problems& problems) {
  std::ranges::sort(problems, {}, [](const Problem& p) { return std::tie(p.where.line, p.where.column, p.message); });
}

Error to_error(const Problems& problems) {
  const Problem& first = problems.front();
  Error error{ErrorCode::kConfig, first.text(), first.hint};
  if (problems.size() > 1) {
    error.message += " (and " + std::to_string(problems.size() - 1) + " more)";
    if (error.hint.empty()) error.hint = "see all of them: agentroom config check";
  }
  return error;
}

}  // namespace agentroom::config
