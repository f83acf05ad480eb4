#include "config_problems.hpp"

#include <algorithm>

namespace agentroom::cli {
namespace {

/// Where a key stands; its name when it stands nowhere.
config::Origin place_of(Context& context, const std::string& key) {
  for (const config::EffectiveValue& value : context.configuration().effective()) {
    if (value.key == key && !value.origin.name.empty()) return value.origin;
  }
  return {key};
}

}  // namespace

config::Problems check_all(Context& context) {
  auto keys = host::plugin_keys(host::discover_plugins(context.plugin_path()));
  const config::Settings& s = context.settings();
  const std::vector<std::pair<std::string, std::string>> chosen{{config::kTransport, s.transport.plugin},
                                                                {config::kStore, s.store.plugin},
                                                                {config::kHandler, s.handler.choice.plugin},
                                                                {config::kTunnel, s.tunnel.choice.plugin}};
  config::Problems more;
  std::vector<std::string> needed;
  for (const auto& [kind, name] : chosen) {
    if (kind == config::kHandler && !s.handler.named) continue;
    if (name.find('/') == std::string::npos) {
      needed.push_back(kind);
      continue;
    }
    // One that is named by its path need not lie in the search path.
    auto manifest = host::find_plugin({}, *host::kind_from_name(kind), name);
    if (manifest) {
      for (auto& each : host::plugin_keys(*manifest)) keys.push_back(std::move(each));
      needed.push_back(kind);
    } else {
      more.push_back({place_of(context, kind + ".plugin"), manifest.error().message, manifest.error().hint});
    }
  }
  context.configuration().check_plugins(keys, needed);
  config::Problems all = context.configuration().problems();
  std::ranges::move(more, std::back_inserter(all));
  config::sort_by_place(all);
  return all;
}

std::optional<std::filesystem::path> file_of(const Context& context) {
  if (context.globals().config) return *context.globals().config;
  std::error_code ignored;
  if (std::filesystem::exists(context.home().config_file(), ignored)) return context.home().config_file();
  return std::nullopt;
}

}  // namespace agentroom::cli
