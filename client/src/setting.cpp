#include "setting.hpp"

#include <dlfcn.h>

#include "host/discovery.hpp"
#include "runtime/log.hpp"

namespace agentroom::client {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// The plugins lie beside this library, wherever the program is that uses it.
fs::path folder_of_plugins() {
  Dl_info library{};
  static const int kHere = 0;
  if (::dladdr(&kHere, &library) == 0 || library.dli_fname == nullptr) return {};
  std::error_code failed;
  const fs::path file = fs::canonical(library.dli_fname, failed);
  return failed ? fs::path() : file.parent_path() / "agentroom/plugins";
}

std::optional<fs::path> config_file(const ClientOptions& options, const config::Home& home) {
  if (!options.config_file.empty()) return options.config_file;
  std::error_code failed;
  if (fs::exists(home.config_file(), failed)) return home.config_file();
  return std::nullopt;
}

agentroom::Result<config::ServerChoice> server_of(const ClientOptions& options, const config::Environment& environment,
                                                  const config::Settings& settings, const config::Home& home) {
  if (options.server.empty()) return config::choose_server(std::nullopt, environment, settings.server, home);
  if (const std::string what = config::what_is_wrong_with_server_url(options.server); !what.empty()) {
    return agentroom::fail(ErrorCode::kUsage, "the client's server " + what,
                           "a relay's URL looks like wss://relay.example.org/ws");
  }
  return config::ServerChoice{.url = options.server, .origin = "the client's options", .known = true, .flag = false};
}

}  // namespace

agentroom::Result<Setting> read_setting(const ClientOptions& options) {
  const config::Environment environment = config::process_environment();
  auto home = config::Home::find(given(options.home.string()), environment);
  if (!home) return pass(home);
  if (auto there = home->ensure(); !there) return pass(there);

  std::vector<config::Override> overrides;
  if (!options.name.empty()) overrides.push_back({"name", options.name, "the client's name"});
  auto configuration = config::Configuration::load(
      {config_file(options, *home), std::move(overrides), environment, options.config_file.empty()});
  for (const std::string& warning : configuration.warnings()) {
    runtime::log(runtime::LogLevel::kWarn, "config", warning);
  }
  if (!configuration.problems().empty()) return std::unexpected(config::to_error(configuration.problems()));
  auto server = server_of(options, environment, configuration.settings(), *home);
  if (!server) return pass(server);

  std::vector<fs::path> folders = options.plugin_path;
  const auto& configured = configuration.settings().plugin_path;
  folders.insert(folders.end(), configured.begin(), configured.end());
  auto plugin_path = host::search_path_from({.configured = std::move(folders),
                                             .environment = environment("AGENTROOM_PLUGIN_PATH").value_or(""),
                                             .executable_folder = {},
                                             .install_folder = folder_of_plugins()});
  return Setting{.home = std::move(*home),
                 .configuration = std::move(configuration),
                 .plugin_path = std::move(plugin_path),
                 .server = std::move(*server),
                 .trust_relay = options.trust_relay};
}

}  // namespace agentroom::client
