#include "environment.hpp"

#include <unistd.h>

#include <algorithm>

namespace agentroom::tunnel {

std::vector<std::string> environment(const std::vector<std::string_view>& left_out,
                                     const std::vector<std::string>& more) {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const auto begins = [&](std::string_view prefix) { return variable.starts_with(prefix); };
    const bool secret = begins("HMAC_SECRET=") || begins("OLD_HMAC_SECRET=");
    if (!secret && std::none_of(left_out.begin(), left_out.end(), begins)) variables.emplace_back(variable);
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

}  // namespace agentroom::tunnel
