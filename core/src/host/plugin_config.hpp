// The configuration of a plugin, checked against its manifest before any of its code runs.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agentroom/result.hpp"
#include "host/manifest.hpp"

namespace agentroom::host {

/// Where a configuration was written: for messages, and for paths.
struct ConfigOrigin {
  std::string name;              ///< the table as messages name it: "[store.sqlite]"
  std::filesystem::path folder;  ///< relative paths are resolved against it; empty: the working folder
};

/// Checks `toml`, the plugin's own table, and completes it: defaults filled in, paths absolute. The outcome is TOML
/// again, and checking it once more changes nothing. Unknown keys, wrong types, values out of range and missing ones
/// that are required are kConfig errors with line and column; an unknown key names the nearest known one.
Result<std::string> complete_config(const Manifest& manifest, std::string_view toml, const ConfigOrigin& origin);

}  // namespace agentroom::host
