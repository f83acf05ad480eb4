#include "home/plugins.hpp"

#include "host/discovery.hpp"

namespace agentroom::home {
namespace {

/// An error about a value, as one of the configuration when somebody wrote that value.
Error at_its_place(const config::Configuration& configuration, const std::string& key, Error error) {
  for (const config::EffectiveValue& value : configuration.effective()) {
    if (value.key != key || value.origin.name.empty()) continue;
    return {ErrorCode::kConfig, value.origin.text() + ": " + error.message, std::move(error.hint)};
  }
  return error;
}

}  // namespace

Result<void> need_plugins(config::Configuration& configuration, const std::vector<std::filesystem::path>& search_path,
                          const std::vector<std::string>& needed) {
  auto keys = host::plugin_keys(host::discover_plugins(search_path));
  for (const std::string& kind : needed) {
    const config::Settings& settings = configuration.settings();
    const std::string& name = kind == config::kTransport ? settings.transport.plugin
                              : kind == config::kStore   ? settings.store.plugin
                              : kind == config::kTunnel  ? settings.tunnel.choice.plugin
                                                         : settings.handler.choice.plugin;
    auto manifest = host::find_plugin(search_path, *host::kind_from_name(kind), name);
    if (!manifest) {
      return std::unexpected(at_its_place(configuration, kind + ".plugin", std::move(manifest.error())));
    }
    // One that is named by its path need not lie in the search path.
    if (name.find('/') != std::string::npos) {
      for (auto& more : host::plugin_keys(*manifest)) keys.push_back(std::move(more));
    }
  }
  configuration.check_plugins(keys, needed);
  if (!configuration.problems().empty()) return std::unexpected(config::to_error(configuration.problems()));
  return {};
}

}  // namespace agentroom::home
