// From a TOML file and flags to settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "config/environment.hpp"
#include "config/plugin_keys.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace agentroom::config {

/// A value given by a flag; it stands in front of the file's. Taken as it is: no variable is replaced in it, and a path
/// is relative to the working directory.
struct Override {
  std::string key;  ///< dotted: "handler.exec.command"
  std::variant<std::string, std::int64_t, bool> value;
  std::string origin;  ///< "--on-message"
};

struct Input {
  std::optional<std::filesystem::path> file;  ///< nothing: defaults and flags only
  std::vector<Override> overrides;
  Environment environment;
  bool file_of_home = false;  ///< a secret in the file that others can read is a problem, not a warning
};

/// One line of `config show`.
struct EffectiveValue {
  std::string key;
  std::string value;  ///< as TOML; "(set)" for a secret, "(not set)" for what has no value
  Origin origin;
  std::vector<std::string> variables;  ///< of the environment, that were replaced in it
  bool hidden = false;                 ///< a part of it is not shown
};

/// A configuration that was read. The plugins' own tables are checked in a second step, because the file itself says
/// where plugins are found:
///
///   load -> [settings but for plugin tables] -> check_plugins(installed) -> [complete]
class Configuration {
 public:
  /// Never fails: what is wrong is in `problems()`, and each wrong value keeps its default.
  static Configuration load(Input input);

  Configuration(Configuration&&) noexcept;
  Configuration& operator=(Configuration&&) noexcept;
  ~Configuration();

  /// Checks every plugin table of the file against what is installed; for each of `needed` ("store") also that the
  /// chosen plugin is there and its required keys are given, and fills its `PluginChoice::config`. A table of a plugin
  /// that is not installed is a problem. To be called once.
  void check_plugins(std::span<const PluginKeys> installed, std::span<const std::string> needed);

  const Settings& settings() const;
  /// The relay's secrets leave with it.
  Settings& settings();
  const Problems& problems() const;
  /// An inline secret in a file that others can read, and the like.
  const std::vector<std::string>& warnings() const;
  const std::vector<EffectiveValue>& effective() const;

 private:
  struct State;
  explicit Configuration(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::config
