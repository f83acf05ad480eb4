// What a suite is run against: a library and its configurations.
//
//   store --plugin=/path/store-sqlite.so [--config='integrity_check = "off"'] [--when-full=TOML] [--gtest_filter=...]
//
// A value that begins with @ is the path of a file that holds it.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace agentroom::conformance {

class SuiteArguments {
 public:
  static SuiteArguments& instance() {
    static SuiteArguments arguments;
    return arguments;
  }

  /// Takes every --NAME=VALUE of the command line; to be called after testing::InitGoogleTest took its own.
  void parse(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view argument = argv[i];
      const std::size_t equals = argument.find('=');
      if (!argument.starts_with("--") || equals == std::string_view::npos) {
        throw std::runtime_error("expected --NAME=VALUE, got " + std::string(argument));
      }
      const std::string name(argument.substr(2, equals - 2));
      given_[name] = argument.substr(equals + 1);
      values_[name] = resolved(given_[name]);
    }
  }

  /// Path of the library. Throws when none was given.
  std::string plugin() const {
    const std::string path = value("plugin");
    if (path.empty()) throw std::runtime_error("no plugin to test: pass --plugin=/path/NAME.so");
    return path;
  }

  /// The TOML table of the plugin; empty for its defaults.
  std::string config() const { return value("config"); }

  /// The same as it was given: what it holds may be a secret, and no argument of another process.
  std::string given_config() const { return given_.contains("config") ? given_.at("config") : std::string(); }

  /// The table that makes the plugin behave in one way; nothing when it was not given: not every plugin can be made to.
  std::optional<std::string> when(const std::string& behaviour) const {
    const std::string name = "when-" + behaviour;
    return has(name) ? std::optional(value(name)) : std::nullopt;
  }
  /// Why a fact about a behaviour is left out.
  static std::string needs(const std::string& behaviour) {
    return "it takes a configuration that brings it about: --when " + behaviour + "=FILE";
  }

  /// The plugin takes no keys, and may leave its configuration alone.
  bool is_keyless() const { return has("keyless"); }
  static constexpr const char* kKeyless = "its manifest has no keys";

  bool has(const std::string& name) const { return values_.contains(name); }

  /// Empty when it was not given.
  std::string value(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
  }

 private:
  static std::string resolved(const std::string& value) {
    if (!value.starts_with('@')) return value;
    std::ifstream file(value.substr(1), std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + value.substr(1));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::map<std::string, std::string> given_;
  std::map<std::string, std::string> values_;
};

}  // namespace agentroom::conformance
