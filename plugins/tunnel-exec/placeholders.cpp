#include "placeholders.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace agentroom::tunnel_exec {
namespace {

struct Placeholder {
  std::string_view text;
  std::string value;
};

std::array<Placeholder, 3> placeholders(const tunnel::LocalListener& listener) {
  return {{{"{host}", listener.host}, {"{port}", listener.port}, {"{url}", listener.url()}}};
}

std::string filled_one(std::string_view argument, const std::array<Placeholder, 3>& known) {
  std::string out;
  while (!argument.empty()) {
    const Placeholder* found = nullptr;
    for (const Placeholder& each : known) {
      if (argument.starts_with(each.text)) found = &each;
    }
    // Once over the text: a value is not looked at again.
    out += found == nullptr ? std::string(1, argument.front()) : found->value;
    argument.remove_prefix(found == nullptr ? 1 : found->text.size());
  }
  return out;
}

}  // namespace

std::vector<std::string> filled(const std::vector<std::string>& arguments, const tunnel::LocalListener& listener) {
  const auto known = placeholders(listener);
  std::vector<std::string> out;
  out.reserve(arguments.size());
  for (const std::string& argument : arguments) out.push_back(filled_one(argument, known));
  return out;
}

bool has_placeholder(const std::string& text) {
  for (const Placeholder& each : placeholders({})) {
    if (text.find(each.text) != std::string::npos) return true;
  }
  return false;
}

std::vector<std::string> variables(const tunnel::LocalListener& listener) {
  return {"AGENTROOM_LOCAL_HOST=" + listener.host, "AGENTROOM_LOCAL_PORT=" + listener.port,
          "AGENTROOM_LOCAL_URL=" + listener.url()};
}

}  // namespace agentroom::tunnel_exec
