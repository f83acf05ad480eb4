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
  return where.text() + (where.is_flag() ? " " : ": ") + message;
}

void sort_by_place(Problems& problems) {
  std::ranges::sort(problems, {}, [](const Problem& p) { return std::tie(p.where.line, p.where.column, p.message); });
}

Error to_error(const Problems& problems) {
  const Problem& first = problems.front();
  const bool of_flag = first.where.is_flag();
  Error error{of_flag ? ErrorCode::kUsage : ErrorCode::kConfig, first.text(), first.hint};
  const bool several = problems.size() > 1;
  if (several) error.message += " (and " + std::to_string(problems.size() - 1) + " more)";
  if (!error.hint.empty()) return error;
  if (first.where.line == 0) {
    error.hint = "see: agentroom --help";
  } else {
    const std::string check = "agentroom --config " + first.where.name + " config check";
    error.hint = several ? "see all of them: " + check : "mend it, then check the file: " + check;
  }
  return error;
}

}  // namespace agentroom::config
