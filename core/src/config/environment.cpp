#include "config/environment.hpp"

#include <cstdlib>

namespace agentroom::config {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing writes the environment
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::optional<std::string> non_empty(const Environment& environment, const std::string& name) {
  auto value = environment(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

}  // namespace agentroom::config
