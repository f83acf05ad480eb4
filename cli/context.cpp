#include "context.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/random.hpp"
#include "crypto/primitives.hpp"
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

Result<crypto::Identity> parse_identity(const config::SecretText& json, const fs::path& file) {
  auto identity = crypto::Identity::from_json(json.view());
  if (identity) return identity;
  return fail(identity.error().code, file.string() + ": " + identity.error().message,
              "restore the file from a backup; a new identity is made by: agentroom setup --force");
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
  const auto path = plugin_path();
  auto keys = host::plugin_keys(host::discover_plugins(path));
  for (const std::string& kind : needed) {
    const auto& s = settings();
    const std::string& name = kind == config::kTransport ? s.transport.plugin
                              : kind == config::kStore   ? s.store.plugin
                              : kind == config::kTunnel  ? s.tunnel.choice.plugin
                                                         : s.handler.choice.plugin;
    auto manifest = host::find_plugin(path, *host::kind_from_name(kind), name);
    if (!manifest) return std::unexpected(at_its_place(kind + ".plugin", std::move(manifest.error())));
    // One that is named by its path need not lie in the search path.
    if (name.find('/') != std::string::npos) {
      for (auto& more : host::plugin_keys(*manifest)) keys.push_back(std::move(more));
    }
  }
  configuration_.check_plugins(keys, needed);
  if (!configuration_.problems().empty()) return std::unexpected(config::to_error(configuration_.problems()));
  return {};
}

bool Context::is_set(const std::string& key) const {
  return std::ranges::any_of(configuration_.effective(),
                             [&](const auto& value) { return value.key == key && !value.origin.name.empty(); });
}

Error Context::at_its_place(const std::string& key, Error error) const {
  for (const config::EffectiveValue& value : configuration_.effective()) {
    if (value.key != key || value.origin.name.empty()) continue;
    return {ErrorCode::kConfig, value.origin.text() + ": " + error.message, std::move(error.hint)};
  }
  return error;
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
  crypto::init();
  auto json = home_.identity();
  if (!json) return pass(json);
  if (!*json) {
    return fail(ErrorCode::kNotFound, "there is no identity in " + home_.root().string(), "run: agentroom setup");
  }
  return parse_identity(**json, home_.identity_file());
}

Result<crypto::Identity> Context::identity_or_new(bool* made) const {
  crypto::init();
  if (made != nullptr) *made = false;
  if (auto home = ensure_home(); !home) return pass(home);
  auto json = home_.identity();
  if (!json) return pass(json);
  if (*json) return parse_identity(**json, home_.identity_file());

  SystemRandom random;
  auto identity = crypto::Identity::generate(random);
  std::string text = identity.to_json();
  auto written = home_.write_identity(text, config::IfExists::kFail);
  sodium_memzero(text.data(), text.size());
  if (!written && written.error().code == ErrorCode::kExists) return this->identity();  // another process was first
  if (!written) return pass(written);
  if (made != nullptr) *made = true;
  return identity;
}

Result<std::unique_ptr<runtime::Process>> Context::open_process() {
  return runtime::Process::open({.plugin_path = plugin_path(),
                                 .transport = settings().transport.plugin,
                                 .transport_config = settings().transport.config});
}

}  // namespace agentroom::cli
