// What every command starts from: the home, the configuration, the plugins.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/agent_engine.hpp"
#include "arguments.hpp"
#include "config/home.hpp"
#include "config/load.hpp"
#include "config/server_url.hpp"
#include "crypto/identity.hpp"
#include "host/discovery.hpp"
#include "output.hpp"
#include "runtime/agent_service.hpp"
#include "runtime/process.hpp"

namespace agentroom::cli {

class Context {
 public:
  /// Finds the home and reads the configuration (`--config`, else `<home>/agentroom.toml` when there is one);
  /// `overrides` are the command's own flags. Configures the log. Errors: kUsage, kConfig.
  static Result<Context> make(const GlobalOptions& globals, Output& out, std::vector<config::Override> overrides = {});

  /// The same without an error for what is wrong with the configuration: for commands that tell all of it.
  static Result<Context> make_unchecked(const GlobalOptions& globals, Output& out,
                                        std::vector<config::Override> overrides = {});

  Output& out() const { return *out_; }
  const GlobalOptions& globals() const { return globals_; }
  const config::Environment& environment() const { return environment_; }
  const config::Home& home() const { return home_; }
  config::Configuration& configuration() { return configuration_; }
  config::Settings& settings() { return configuration_.settings(); }
  std::vector<std::filesystem::path> plugin_path();
  /// Somebody wrote a value for this key, in whatever place.
  bool is_set(const std::string& key) const;

  /// Checks the tables of plugins; those of the kinds in `needed` must be there. To be called once, before their
  /// configuration is used. Errors: kConfig, kPlugin (a default one that is missing; names where it was looked for).
  Result<void> need_plugins(const std::vector<std::string>& needed);

  Result<config::ServerChoice> server();

  /// What every agent of this home is configured with; how it connects is its command's.
  AgentConfig agent_config();

  /// Makes the home when there is none, else checks it. Errors: kPermission, kIo.
  Result<void> ensure_home() const;

  /// The identity of the home. Errors: kNotFound, kPermission, kCorrupt.
  Result<crypto::Identity> identity() const;
  /// The same; when there is none yet, makes the home and a new one. `made` tells which.
  Result<crypto::Identity> identity_or_new(bool* made = nullptr) const;

  /// The transport, the loop, the signals. After `need_plugins`.
  Result<std::unique_ptr<runtime::Process>> open_process();

 private:
  Context(GlobalOptions globals, Output& out, config::Home home, config::Configuration configuration);

  GlobalOptions globals_;
  Output* out_;
  config::Environment environment_;
  config::Home home_;
  config::Configuration configuration_;
};

}  // namespace agentroom::cli
