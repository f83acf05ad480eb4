#include "config/nearest.hpp"

#include <algorithm>
#include <vector>

namespace agentroom::config {
namespace {

/// Optimal string alignment distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

constexpr std::size_t kLongestWord = 64;  // longer ones are no typing errors, and the table is quadratic

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kLongestWord) return {};
  std::string best;
  std::size_t fewest = 0;
  for (const auto& candidate : known) {
    const std::size_t n = edits(word, candidate);
    const std::size_t bound = std::clamp<std::size_t>(std::max(word.size(), candidate.size()) / 3, 1, 2);
    if (n <= bound && (best.empty() || n < fewest)) {
      best = candidate;
      fewest = n;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return "; did you mean `" + near + "`?";
  if (known.empty()) return "; none is known here";
  std::string list;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) list += i + 1 == known.size() ? " and " : ", ";
    list += "`" + known[i] + "`";
  }
  return (known.size() == 1 ? "; known is " : "; known are ") + list;
}

}  // namespace agentroom::config
