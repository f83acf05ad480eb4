// What is wrong with a configuration, and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agentroom/result.hpp"

namespace agentroom::config {

/// Where a value stands: a place in a file, or the flag or variable that it came from.
struct Origin {
  std::string name;          ///< path of the file as given, or e.g. "--on-message"; empty: the built-in default
  std::uint32_t line = 0;    ///< from 1; 0 when `name` is no file
  std::uint32_t column = 0;  ///< from 1, in characters

  bool is_flag() const { return name.starts_with("--"); }
  /// `file:line:column`, the flag's name, or "default".
  std::string text() const;
};

struct Problem {
  Origin where;
  std::string message;
  std::string hint;

  /// `file:line:column: message`; of a flag `--flag message`.
  std::string text() const;
};

/// At most 100, in the order of the file; what stands in no file comes first.
using Problems = std::vector<Problem>;

void sort_by_place(Problems& problems);

/// The first problem as an error of code kConfig, or kUsage when a flag is wrong; tells how many more there are.
/// `problems` is not empty.
Error to_error(const Problems& problems);

}  // namespace agentroom::config
