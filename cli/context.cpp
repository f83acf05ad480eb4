#include "context.hpp"

#include <algorithm>

#include "home/identity.hpp"
#include "home/plugins.hpp"
#include "host/discovery.hpp"
#include "runtime/log.hpp"

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;

runtime::LogLevel log_level(const std::string& name) {
  if (name == "debug") return runtime::LogLevel::kDebug;
  if (name == "info") return runtime::LogLevel::kInfo;
  if (name == "error") return runtime::LogLevel::kError;
  if (name == "off") return runtime::LogLevel::kOff;
  return runtime::LogLevel::kWarn;
}

void add_log_flags(const GlobalOptions& globals, std::vector<config::Override>& overrides) {
  if (globals.log_level) {
    overrides.push_back({"log.level", *globals.log_level, "--log-level"});
  } else if (globals.quiet) {
    overrides.push_back({"log.level", std::string("error"), "--quiet"});
  }
  if (globals.log_format) overrides.push_back({"log.format", *globals.log_format, "--log-format"});
}

std::optional<fs::path> config_file(const GlobalOptions& globals, const config::Home& home) {
  if (globals.config) return fs::path(*globals.config);
  std::error_code error;
  if (fs::exists(home.config_file(), error)) return home.config_file();
  return std::nullopt;
}

}  // namespace

Context::Context(GlobalOptions globals, Output& out, config::Home home, config::Configuration configuration)
    : globals_(std::move(globals)),
      out_(&out),
      environment_(config::process_environment()),
      home_(std::move(home)),
      configuration_(std::move(configuration)) {}

Result<Context> Context::make_unchecked(const GlobalOptions& globals, Output& out,
                                        std::vector<config::Override> overrides) {
  const auto environment = config::process_environment();
  auto home = config::Home::find(globals.home, environment);
  if (!home) return pass(home);
  if (globals.server) {
    if (auto server = config::choose_server(globals.server, environment, {}, *home); !server) return pass(server);
  }
  add_log_flags(globals, overrides);
  auto file = config_file(globals, *home);
  Context context(globals, out, std::move(*home),
                  config::Configuration::load({std::move(file), std::move(overrides), environment, !globals.config}));
  for (const std::string& warning : context.configuration_.warnings()) out.warning(warning);
  const auto& log = context.settings().log;
  runtime::configure_log(log_level(log.level),
                         log.format == "json" ? runtime::LogFormat::kJson : runtime::LogFormat::kText);
  return context;
}

Result<Context> Context::make(const GlobalOptions& globals, Output& out, std::vector<config::Override> overrides) {
  auto context = make_unchecked(globals, out, std::move(overrides));
  if (!context) return context;
  if (const auto& problems = context->configuration_.problems(); !problems.empty()) {
    return std::unexpected(config::to_error(problems));
  }
  return context;
}

std::vector<fs::path> Context::plugin_path() {
  return host::plugin_search_path(settings().plugin_path);
}

Result<void> Context::need_plugins(const std::vector<std::string>& needed) {
  return home::need_plugins(configuration_, plugin_path(), needed);
}

bool Context::is_set(const std::string& key) const {
  return std::ranges::any_of(configuration_.effective(),
                             [&](const auto& value) { return value.key == key && !value.origin.name.empty(); });
}

Result<config::ServerChoice> Context::server() {
  return config::choose_server(globals_.server, environment_, settings().server, home_);
}

AgentConfig Context::agent_config() {
  AgentConfig config;
  config.name = settings().name;
  config.trust_relay = globals_.trust_relay;
  config.max_hops = settings().handler.max_hops;
  return config;
}

Result<void> Context::ensure_home() const {
  return home_.ensure();
}

Result<crypto::Identity> Context::identity() const {
  return home::identity(home_);
}

Result<crypto::Identity> Context::identity_or_new(bool* made) const {
  return home::identity_or_new(home_, made);
}

Result<std::unique_ptr<runtime::Process>> Context::open_process() {
  return runtime::Process::open({.plugin_path = plugin_path(),
                                 .transport = settings().transport.plugin,
                                 .transport_config = settings().transport.config});
}

}  // namespace agentroom::cli
