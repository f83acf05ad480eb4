// What a contract suite is run against: a library and its configuration, from the command line or the environment.
//
//   store_suite --plugin=/path/store-sqlite.so [--config='integrity_check = "off"'] [--NAME=VALUE ...] [--gtest_...]
//
// A VALUE that begins with @ is the path of a file that holds it. AGENTROOM_CONFORMANCE_PLUGIN and
// AGENTROOM_CONFORMANCE_CONFIG stand in for the first two.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
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
      values_[std::string(argument.substr(2, equals - 2))] = resolved(std::string(argument.substr(equals + 1)));
    }
  }

  /// Path of the library. Throws when none was given.
  std::string plugin() const {
    const std::string path = get("plugin", "AGENTROOM_CONFORMANCE_PLUGIN");
    if (path.empty()) throw std::runtime_error("no plugin to test: pass --plugin=/path/NAME.so");
    return path;
  }

  /// The TOML table of the plugin; empty for its defaults.
  std::string config() const { return get("config", "AGENTROOM_CONFORMANCE_CONFIG"); }

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

  std::string get(const std::string& name, const char* variable) const {
    if (has(name)) return value(name);
    const char* from_environment = std::getenv(variable);
    return from_environment == nullptr ? std::string() : resolved(from_environment);
  }

  std::map<std::string, std::string> values_;
};

}  // namespace agentroom::conformance
