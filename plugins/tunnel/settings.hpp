// The part of the configuration that all tunnels with a program have.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/sdk/result.hpp"

namespace agentroom::tunnel {

struct Pace {
  std::chrono::milliseconds ready_timeout{60'000};      ///< for the program to tell its public URL
  std::chrono::milliseconds reachable_timeout{30'000};  ///< for that URL to answer, before it is told all the same
  std::chrono::milliseconds check_interval{30'000};     ///< between two looks at a URL that answered
  std::chrono::milliseconds restart_delay{1'000};       ///< before the first new start
};

struct Settings {
  Pace pace;
  std::string ca_file;  ///< PEM; empty: the authorities of the system
};

/// The table of a plugin. Errors of all: AR_INVALID.
class Keys {
 public:
  static sdk::Result<Keys> parse(std::string_view config);

  /// Nothing when the key is absent.
  sdk::Result<std::optional<std::string>> text(std::string_view key) const;
  sdk::Result<std::vector<std::string>> texts(std::string_view key) const;
  bool is_array(std::string_view key) const { return table_[key].is_array(); }

  /// Leaves `out` alone when the key is absent.
  sdk::Status duration(std::string_view key, std::chrono::milliseconds& out) const;

  sdk::Result<Settings> common() const;

 private:
  explicit Keys(toml::table table) : table_(std::move(table)) {}

  toml::table table_;
};

}  // namespace agentroom::tunnel
