// The configuration file, checked against the manifests of all plugins that ship; and manifests.
//
//   u8 which: 0 and 1 a configuration, 2 a manifest
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../plugins/handler-exec/settings.hpp"
#include "../../plugins/transport-ws/config.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "host/manifest.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

constexpr const char* kManifests[] = {"plugins/transport-ws/transport-ws.toml",
                                      "plugins/store-sqlite/store-sqlite.toml",
                                      "plugins/handler-exec/handler-exec.toml",
                                      "plugins/handler-echo/handler-echo.toml", "plugins/tunnel-none/tunnel-none.toml"};

const std::vector<config::PluginKeys>& installed() {
  static const auto kKeys = [] {
    std::vector<config::PluginKeys> keys;
    for (const char* path : kManifests) {
      const auto manifest = host::parse_manifest(source_file(path), path);
      require(manifest.has_value(), "the manifests of the plugins that ship are good");
      std::ranges::move(host::plugin_keys(*manifest), std::back_inserter(keys));
    }
    return keys;
  }();
  return kKeys;
}

/// A file in memory, with a path.
class MemoryFile {
 public:
  explicit MemoryFile(ByteView content) : descriptor_(::memfd_create("agentroom.toml", MFD_CLOEXEC)) {
    require(descriptor_ >= 0 &&
                ::write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "a file in memory can be made");
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Fit for a terminal: what a file holds is quoted in messages.
void is_shown(const std::string& text) {
  require(printable(text) == text, "a message about a file holds no control characters");
}

void load(ByteView toml) {
  const MemoryFile file(toml);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/me";
    if (name == "VALUE") return "from the \"environment\"\n\x1b[2J";
    return std::nullopt;
  };
  config::Input input{file.path(), {}, environment, false};
  input.overrides.push_back({"handler.max_hops", std::int64_t{7}, "--max-hops"});
  auto configuration = config::Configuration::load(std::move(input));
  const std::string needed[] = {config::kTransport, config::kStore, config::kHandler, config::kTunnel};
  configuration.check_plugins(installed(), needed);
  require(configuration.problems().size() <= 100, "at most 100 problems are told");
  for (const config::Problem& problem : configuration.problems()) is_shown(problem.text() + problem.hint);
  for (const std::string& warning : configuration.warnings()) is_shown(warning);
  for (const config::EffectiveValue& value : configuration.effective()) is_shown(value.key + value.value);
  if (!configuration.problems().empty()) is_shown(config::to_error(configuration.problems()).message);

  const config::Settings& settings = configuration.settings();
  require(settings.handler.max_hops == 7 && settings.name.size() <= 64, "flags count, and names are short");
  is_shown(settings.name);
  if (!configuration.problems().empty()) return;
  // What passed the manifest is TOML that the plugin reads; it may still refuse what no manifest can say.
  (void)ws::parse_config(settings.transport.plugin == "ws" ? settings.transport.config : "");
  (void)handler_exec::parse_settings(settings.handler.choice.plugin == "exec" ? settings.handler.choice.config : "");
}

void read_manifest(std::string_view toml) {
  const auto manifest = host::parse_manifest(toml, "/plugins/store-sqlite.toml");
  if (!manifest) {
    require(manifest.error().code == ErrorCode::kPlugin, "a bad manifest is kPlugin");
    return is_shown(manifest.error().message);
  }
  require(manifest->id == "store-sqlite" && !manifest->kinds.empty(), "a manifest is of its file and has a kind");
  require(manifest->library.is_absolute() && manifest->library.parent_path() == "/plugins",
          "the library lies beside the manifest");
  for (const config::PluginKeys& keys : host::plugin_keys(*manifest)) require(!keys.plugin.empty(), "it has a name");
}

void run(ByteView bytes) {
  Input input(bytes);
  const auto which = input.u8() % 3;
  if (which == 2) return read_manifest(input.rest_text());
  const ByteView toml = input.rest();
  load(toml);
  // The plugins' own readers, with what no manifest let through.
  (void)ws::parse_config(as_text(toml));
  (void)handler_exec::parse_settings(as_text(toml));
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const char* path : {"examples/agentroom.toml", "examples/relay.toml", "examples/serve.toml"}) {
    all.push_back({std::filesystem::path(path).filename(), Script().u8(0).raw(source_file(path)).bytes()});
  }
  for (const char* path : kManifests) {
    all.push_back({std::filesystem::path(path).filename(), Script().u8(2).raw(source_file(path)).bytes()});
  }
  const auto add = [&](const char* name, std::string_view toml) {
    all.push_back({name, Script().u8(0).raw(toml).bytes()});
  };
  add("variables", "name = \"${VALUE}\"\nserver = \"${NOT_SET}\"\n[relay]\nsecret = \"$${VALUE}\"\n");
  add("tables", "[store.sqlite]\npath = \"~/x\"\n[handler.exec]\ncommand = [\"a\", \"b\"]\ntimeout = \"10m\"\n");
  add("wrong", "sever = 1\n[relay]\nlisten = \"x\"\n[relay.limits]\nmailbox_bytes = \"1XB\"\n[nothing.here]\na = 1\n");
  all.push_back({"exec-table", Script().u8(1).raw("command = \"cat\"\nmode = \"stream\"\nenv = [\"A=b\"]\n").bytes()});
  all.push_back({"ws-table", Script().u8(1).raw("request_timeout = \"10s\"\nmax_requests = 5\n").bytes()});
  return all;
}

const Registration kTarget({"configuration", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
