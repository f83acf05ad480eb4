// Where plugins are looked for, and what is found there.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/result.hpp"
#include "host/manifest.hpp"

namespace agentroom::host {

/// Where a search path comes from.
struct SearchPathSources {
  std::vector<std::filesystem::path> configured;  ///< `[plugins] path`
  std::string environment;                        ///< AGENTROOM_PLUGIN_PATH, separated by ':'; empty parts are skipped
  std::filesystem::path executable_folder;        ///< empty: unknown
  std::filesystem::path install_folder;           ///< empty: none
};

/// First to last: configured, environment, `<executable>/`, `<executable>/../lib/agentroom/plugins`, the install
/// folder. Absolute, lexically normal, each once.
std::vector<std::filesystem::path> search_path_from(const SearchPathSources& sources);

/// The same with this process's environment and executable, and the folder of the installation it was built for.
std::vector<std::filesystem::path> plugin_search_path(const std::vector<std::filesystem::path>& configured);

/// A plugin that was found, not loaded.
struct FoundPlugin {
  Manifest manifest;
  bool shadowed = false;  ///< a folder earlier in the search path has one with the same id: that one is used
};

/// A file that looks like a plugin and is none that can be used.
struct PluginProblem {
  std::filesystem::path file;
  Error error;
};

struct Discovery {
  std::vector<FoundPlugin> plugins;     ///< by folder in search order, then by id
  std::vector<PluginProblem> problems;  ///< broken manifests, missing libraries, libraries without a manifest
};

/// Lists the plugins of the folders; folders that do not exist are skipped. Loads no code. A manifest is a `.toml`
/// whose name begins with a kind ("store-...") or that has a library of the same name beside it.
Discovery discover_plugins(const std::vector<std::filesystem::path>& search_path);

/// What the configuration is checked against: the plugins that are used, without the shadowed ones.
std::vector<config::PluginKeys> plugin_keys(const Discovery& discovery);

/// The plugin that `name` means for `kind`: a short name ("ws" is the id "transport-ws" for a transport), a full id, or
/// the path of a library (it has a '/'), whose manifest lies beside it. The first folder that has a manifest of that
/// name decides, even when the manifest is broken. Errors: kPlugin, naming the folders that were searched.
Result<Manifest> find_plugin(const std::vector<std::filesystem::path>& search_path, PluginKind kind,
                             std::string_view name);

}  // namespace agentroom::host
