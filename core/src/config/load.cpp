#include "config/load.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "config/address.hpp"
#include "config/private_file.hpp"
#include "config/relay_secret.hpp"
#include "config/section.hpp"
#include "config/server_url.hpp"
#include "config/state.hpp"

namespace agentroom::config {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1024} * 1024;
constexpr std::int64_t kMostHops = 1'000'000;
constexpr std::int64_t kMostConcurrency = 64;
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::uint64_t kTiB = 1ULL << 40;

std::string check_name(const std::string& name) {
  if (clean_name(name) != name) return "must be printable and at most 64 bytes long";
  return {};
}

std::string check_listen(const std::string& address) {
  if (parse_listen_address(address)) return {};
  return "must be host:port, such as \"127.0.0.1:8787\" or \"[::1]:8787\", not " + in_brief_quotes(address);
}

std::string check_address(const std::string& address) {
  return is_ip_address(address) ? "" : "must hold IP addresses, not " + in_brief_quotes(address);
}

void read_number(Section& section, const char* key, std::uint32_t& out, std::int64_t min, std::int64_t max) {
  std::int64_t number = out;
  section.integer(key, number, min, max);
  out = static_cast<std::uint32_t>(number);
}

void read_limits(Section limits, RelayLimits& out) {
  read_number(limits, "connections", out.connections, 1, kMillion);
  read_number(limits, "connections_per_address", out.connections_per_address, 1, kMillion);
  read_number(limits, "unauthenticated", out.unauthenticated, 1, kMillion);
  std::int64_t timeout = out.handshake_timeout_ms;
  limits.duration("handshake_timeout", timeout, 100, 600'000);
  out.handshake_timeout_ms = static_cast<std::uint32_t>(timeout);
  read_number(limits, "handshakes_per_minute", out.handshakes_per_minute, 1, kMillion);
  read_number(limits, "handshake_burst", out.handshake_burst, 1, kMillion);
  read_number(limits, "failures_per_minute", out.failures_per_minute, 1, kMillion);
  read_number(limits, "frames_per_second", out.frames_per_second, 1, kMillion);
  read_number(limits, "frame_burst", out.frame_burst, 1, kMillion);
  read_number(limits, "mailbox_messages", out.mailbox_messages, 1, kMillion);
  limits.size("mailbox_bytes", out.mailbox_bytes, 1ULL << 20, 1ULL << 31);
  read_number(limits, "open_invites", out.open_invites, 1, kMillion);
  read_number(limits, "invites_per_hour", out.invites_per_hour, 1, kMillion);
  limits.size("queued_bytes", out.queued_bytes, 1ULL << 20, kTiB);
  read_number(limits, "invites", out.invites, 1, kMillion);
  // A transport tells that a connection took all that was sent once more than 1 MiB had to wait, not before.
  limits.size("unsent_bytes", out.unsent_bytes, 1ULL << 20, 1ULL << 30);
  read_number(limits, "mailboxes", out.mailboxes, 1, 100 * kMillion);
  auto tokens = static_cast<std::int64_t>(out.allowed_tokens);
  limits.integer("allowed_tokens", tokens, 1, 10'000 * kMillion);
  out.allowed_tokens = static_cast<std::uint64_t>(tokens);
  read_number(limits, "newcomer_percent", out.newcomer_percent, 1, 100);
  limits.finish();
}

void read_publishers(Section& relay, std::optional<std::vector<AgentId>>& out) {
  if (!relay.is_array("publishers")) {
    std::string anyone = "anyone";
    relay.text("publishers", anyone, [](const std::string& text) -> std::string {
      return text == "anyone" ? "" : "must be \"anyone\" or an array of agents' keys, not " + in_brief_quotes(text);
    });
    return;
  }
  std::vector<std::string> keys;
  const bool given = relay.strings("publishers", keys, [](const std::string& key) -> std::string {
    return fixed_from_base64url<AgentId>(key)
               ? ""
               : "must hold agents' keys (43 characters each), not " + in_brief_quotes(key);
  });
  if (!given) return;
  out.emplace();
  for (const std::string& key : keys) out->push_back(*fixed_from_base64url<AgentId>(key));
}

void read_secret(Section& relay, const char* key, std::optional<SecretText>& out) {
  SecretText secret;
  const bool given = relay.secret(key, secret, [](const std::string& text) { return what_is_wrong_with_secret(text); });
  if (given) out = std::move(secret);
}

void read_relay(Section relay, RelaySettings& out) {
  relay.text("listen", out.listen, check_listen);
  read_publishers(relay, out.config.publishers);
  relay.strings("trust_proxy", out.config.trust_proxy, check_address);
  relay.strings("shared_addresses", out.config.shared_addresses, check_address);
  relay.choice("metrics", out.metrics, {"auto", "anyone", "nobody"});
  relay.boolean("require_secret", out.require_secret);
  read_secret(relay, "secret", out.secret);
  read_secret(relay, "secret_previous", out.secret_previous);
  read_limits(relay.table("limits"), out.config.limits);
  relay.finish();
}

/// Tables of plugins are left for `check_plugins`. True when a plugin or such a table is named.
bool finish_kind(Section& section, PluginChoice& choice) {
  const bool chosen = section.plugin_name("plugin", choice.plugin);
  const bool has_tables = !section.other_tables().empty();
  section.finish();
  return chosen || has_tables;
}

void read_settings(Reading& reading, toml::table& root, Settings& out) {
  Section top(reading, &root, "");
  std::string server;
  if (top.text("server", server, [](const std::string& url) { return what_is_wrong_with_server_url(url); })) {
    out.server = server;
  }
  top.text("name", out.name, check_name);

  Section plugins = top.table("plugins");
  std::vector<std::string> folders;
  plugins.paths("path", folders);
  out.plugin_path.assign(folders.begin(), folders.end());
  plugins.finish();

  Section transport = top.table(kTransport);
  finish_kind(transport, out.transport);
  Section store = top.table(kStore);
  finish_kind(store, out.store);
  Section handler = top.table(kHandler);
  read_number(handler, "concurrency", out.handler.concurrency, 1, kMostConcurrency);
  read_number(handler, "max_hops", out.handler.max_hops, 1, kMostHops);
  out.handler.named = finish_kind(handler, out.handler.choice);
  Section tunnel = top.table(kTunnel);
  tunnel.boolean("standby", out.tunnel.standby);
  finish_kind(tunnel, out.tunnel.choice);

  read_relay(top.table("relay"), out.relay);

  Section log = top.table("log");
  log.choice("level", out.log.level, {"debug", "info", "warn", "error", "off"});
  log.choice("format", out.log.format, {"text", "json"});
  log.finish();
  top.finish();
}

void parse_file(Reading& reading, toml::table& root, const std::filesystem::path& file) {
  if (file.empty()) return reading.problem({"--config"}, "names no file", "name a TOML file with --config FILE");
  reading.file = file.string();
  std::error_code ignored;
  reading.folder = std::filesystem::absolute(file, ignored).parent_path();
  auto read = read_owned_file(file, kLargestFile);
  if (!read) {
    // The file is named by the place already.
    std::string message = read.error().message;
    if (const std::string named = "cannot read " + reading.file; message.starts_with(named)) {
      message = "cannot be read" + message.substr(named.size());
    }
    if (read.error().code == ErrorCode::kTooLarge) message = "is larger than 1 MiB, which no configuration is";
    const std::string& hint = read.error().hint;
    reading.problem({reading.file}, message, hint.empty() ? "name a TOML file with --config FILE" : hint);
    return;
  }
  reading.readable_by_others = read->readable_by_others();
  try {
    root = toml::parse(read->text, reading.file);
  } catch (const toml::parse_error& error) {
    reading.problem(reading.at(error.source()), printable(error.description()));
  }
  wipe(read->text);
}

}  // namespace

Configuration Configuration::load(Input input) {
  auto state = std::make_unique<State>();
  state->reading.environment = std::move(input.environment);
  state->reading.overrides = std::move(input.overrides);
  state->reading.file_of_home = input.file_of_home;
  if (input.file) parse_file(state->reading, state->root, *input.file);
  read_settings(state->reading, state->root, state->settings);
  sort_by_place(state->reading.problems);
  return Configuration(std::move(state));
}

Configuration::Configuration(std::unique_ptr<State> state) : state_(std::move(state)) {}
Configuration::Configuration(Configuration&&) noexcept = default;
Configuration& Configuration::operator=(Configuration&&) noexcept = default;
Configuration::~Configuration() = default;

const Settings& Configuration::settings() const {
  return state_->settings;
}
Settings& Configuration::settings() {
  return state_->settings;
}
const Problems& Configuration::problems() const {
  return state_->reading.problems;
}
const std::vector<std::string>& Configuration::warnings() const {
  return state_->reading.warnings;
}
const std::vector<EffectiveValue>& Configuration::effective() const {
  return state_->reading.effective;
}

}  // namespace agentroom::config
