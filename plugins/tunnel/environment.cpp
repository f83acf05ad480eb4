#include "environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace agentroom::tunnel {

std::vector<std::string> environment(const std::function<bool(std::string_view name)>& passes,
                                     const std::vector<std::string>& more) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (passes(variable.substr(0, variable.find('=')))) variables.emplace_back(variable);
  }
  const auto set = [&](const std::string& added) {
    const std::string_view name = std::string_view(added).substr(0, added.find('=') + 1);
    std::erase_if(variables, [&](const std::string& variable) { return variable.starts_with(name); });
    variables.push_back(added);
  };
  set("NO_COLOR=1");
  for (const std::string& added : more) set(added);
  return variables;
}

bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 4> kEnds{"_KEY", "_TOKEN", "_SECRET", "_PASSWORD"};
  const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; };
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) {
    return name.size() >= end.size() && std::equal(end.begin(), end.end(), name.end() - end.size(),
                                                   [&](char expected, char c) { return same(c, expected); });
  });
}

}  // namespace agentroom::tunnel
