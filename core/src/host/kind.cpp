#include <algorithm>
#include <array>

#include "host/manifest.hpp"

namespace agentroom::host {

namespace {
constexpr std::array<std::string_view, 4> kKindNames = {"transport", "tunnel", "store", "handler"};
}

std::string_view kind_name(PluginKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

std::optional<PluginKind> kind_from_name(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<PluginKind>(found - kKindNames.begin());
}

bool Manifest::has(PluginKind kind) const {
  return std::ranges::find(kinds, kind) != kinds.end();
}

std::string Manifest::short_name(PluginKind kind) const {
  const std::string prefix = std::string(kind_name(kind)) + '-';
  return id.starts_with(prefix) && id.size() > prefix.size() ? id.substr(prefix.size()) : id;
}

std::vector<config::PluginKeys> plugin_keys(const Manifest& manifest) {
  std::vector<config::PluginKeys> all;
  for (const PluginKind kind : manifest.kinds) {
    config::PluginKeys keys{std::string(kind_name(kind)), manifest.short_name(kind), {}};
    for (const ConfigKey& key : manifest.config) keys.keys.push_back(key.key);
    all.push_back(std::move(keys));
  }
  return all;
}

}  // namespace agentroom::host
