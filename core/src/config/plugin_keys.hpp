// What a plugin's manifest says of its configuration, as far as checking needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agentroom::config {

enum class KeyType : std::uint8_t {
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kDuration,     ///< "120s"; reaches the plugin with the largest unit of ms, s, m, h and d that divides it
  kSize,         ///< "256KiB"; reaches the plugin with the largest of B, KiB, MiB and GiB that divides it
  kPath,         ///< made absolute against the folder of the file
  kStrings,      ///< an array of strings
  kPaths,        ///< an array of paths
  kCommand,      ///< a string for the shell, or an array of arguments; one that begins with ./ or ../ is made absolute
  kSecret,       ///< a string that is never shown
  kEnvironment,  ///< an array of "NAME=value"; a value that stands in the file itself is never shown
};

struct PluginKey {
  std::string name;
  KeyType type = KeyType::kString;
  bool required = false;
  std::optional<std::int64_t> min;  ///< integers: the value; durations: ms; sizes: bytes
  std::optional<std::int64_t> max;
  std::vector<std::string> choices;  ///< kString: nothing else is accepted, unless empty
  std::string default_text;          ///< as TOML; empty: none
};

/// One installed plugin of one kind.
struct PluginKeys {
  std::string kind;    ///< "transport", "store", "handler" or "tunnel"
  std::string plugin;  ///< "ws"
  std::vector<PluginKey> keys;
};

}  // namespace agentroom::config
