// The manifest beside a plugin's library: what the plugin is and which configuration it takes, told without loading
// code. docs/plugin-abi.md describes the format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agentroom/result.hpp"

namespace agentroom::host {

enum class PluginKind : std::uint8_t { kTransport, kTunnel, kStore, kHandler };

/// "transport", "tunnel", "store", "handler".
std::string_view kind_name(PluginKind kind);
std::optional<PluginKind> kind_from_name(std::string_view name);

/// What a value of the configuration may be.
enum class ConfigType : std::uint8_t {
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kDuration,  ///< a string with a unit: "120s"
  kSize,      ///< a string with a unit: "256KiB"
  kPath,      ///< a string; made absolute before the plugin sees it
  kStrings,   ///< an array of strings
};
std::string_view type_name(ConfigType type);

/// Durations and sizes stay strings.
using ConfigValue = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

/// One key of the plugin's table.
struct ConfigKey {
  std::string name;                     ///< [a-z0-9_]{1,64}
  std::vector<ConfigType> types;        ///< at least one; a value has one of them
  std::optional<ConfigValue> standard;  ///< what stands when the key is absent (`default` in the file)
  std::optional<ConfigValue> min;       ///< least value; for integers, floats, durations and sizes
  std::optional<ConfigValue> max;
  std::vector<std::string> values;  ///< when not empty, a string must be one of these
  bool required = false;
  bool secret = false;  ///< never shown
  std::string description;
};

struct Manifest {
  std::string id;                 ///< [a-z0-9-]{1,64}, the name of the file without `.toml`
  std::vector<PluginKind> kinds;  ///< at least one
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
  std::string version;
  std::string description;
  std::vector<ConfigKey> config;  ///< in the order of the file
  std::filesystem::path file;     ///< this manifest
  std::filesystem::path library;  ///< absolute; beside the manifest

  bool has(PluginKind kind) const;
  const ConfigKey* key(std::string_view name) const;
};

/// Reads and checks a manifest. Errors: kPlugin, with file:line:column.
Result<Manifest> read_manifest(const std::filesystem::path& file);

/// The same for text that stands for `file`. Any bytes are safe to pass.
Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& file);

}  // namespace agentroom::host
