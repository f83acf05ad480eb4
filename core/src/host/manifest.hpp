// The manifest beside a plugin's library: what the plugin is and which configuration it takes, told without loading
// code. docs/plugin-abi.md describes the format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/result.hpp"
#include "config/plugin_keys.hpp"

namespace agentroom::host {

enum class PluginKind : std::uint8_t { kTransport, kTunnel, kStore, kHandler };

/// "transport", "tunnel", "store", "handler".
std::string_view kind_name(PluginKind kind);
std::optional<PluginKind> kind_from_name(std::string_view name);

/// How a manifest spells a type: "duration".
std::string_view type_name(config::KeyType type);

/// One key of the plugin's table.
struct ConfigKey {
  config::PluginKey key;
  std::string description;
};

struct Manifest {
  std::string id;                 ///< [a-z0-9-]{1,64}, the name of the file without `.toml`
  std::vector<PluginKind> kinds;  ///< at least one
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::string version;
  std::string description;
  std::vector<ConfigKey> config;  ///< by name
  std::filesystem::path file;     ///< this manifest, absolute
  std::filesystem::path library;  ///< absolute; beside the manifest

  bool has(PluginKind kind) const;
  /// The name within a kind: "ws" of "transport-ws"; the id itself when it does not begin with the kind.
  std::string short_name(PluginKind kind) const;
};

/// Reads and checks a manifest. Errors: kPlugin, with file:line:column.
Result<Manifest> read_manifest(const std::filesystem::path& file);

/// The same for text that stands for `file`. Any bytes are safe to pass.
Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& file);

/// What the configuration is checked against: one entry for each kind that `manifest` has.
std::vector<config::PluginKeys> plugin_keys(const Manifest& manifest);

}  // namespace agentroom::host
