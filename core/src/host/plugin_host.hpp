// Opens plugins by kind and name and hands them out as the interfaces of agentroom/*.hpp.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agentroom/executor.hpp"
#include "agentroom/handler.hpp"
#include "agentroom/kept_store.hpp"
#include "agentroom/result.hpp"
#include "agentroom/transport.hpp"
#include "agentroom/tunnel.hpp"
#include "host/discovery.hpp"
#include "host/manifest.hpp"

namespace agentroom::host {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// One line of a plugin (escaped, at most 4 KiB), or of the host about it. Thread: any, several at once.
using LogSink = std::function<void(LogLevel level, std::string_view plugin, std::string_view text)>;

/// A figure that a plugin reports.
struct PluginMetric {
  std::string plugin;
  std::string name;  ///< [a-z0-9_]{1,64}
  bool counter = false;
  double value = 0;
};

/// What loading proved about a plugin.
struct LoadedInfo {
  std::string version;  ///< the library's own word
  std::uint16_t abi_major = 0;
  std::uint16_t abi_minor = 0;
};

/// Loads each library once, in this order, and refuses with the reason at the first step that fails:
///
///   manifest -> library mapped -> entry -> versions -> init -> interface -> required slots -> open
///
/// Libraries stay mapped until the process ends. What it opened may outlive it; `executor` and what `log` refers to
/// must outlive both. `name` in every method is a short name ("ws"), a full id ("transport-ws") or the path of a
/// library; `config` is TOML, the plugin's own table, and may be empty.
///
/// Errors: kPlugin (missing, foreign, broken), kConfig (configuration, also as the plugin judges it), and what `open`
/// of the plugin says: kIo, kCorrupt, kPermission.
///
/// Thread: one at a time, except `metrics`. What it opens has the threads of its interface: an instance that is driven
/// by the engine thread meets that thread with its first call, and builds with assertions abort when another one comes.
class PluginHost {
 public:
  PluginHost(std::vector<std::filesystem::path> search_path, Executor& executor, LogSink log);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// `location`: absolute path without extension, its folder exists. Destroying the store waits for its accepted
  /// commits; their completions do not run any more.
  Result<std::unique_ptr<KeptStore>> open_store(std::string_view name, std::string_view config,
                                                const std::filesystem::path& location,
                                                StoreAccess access = StoreAccess::kReadWrite);
  Result<std::unique_ptr<Transport>> open_transport(std::string_view name, std::string_view config);
  Result<std::unique_ptr<Handler>> open_handler(std::string_view name, std::string_view config);
  /// Loads the plugin; the plugin's own `open` is called by `Tunnel::open`.
  Result<std::unique_ptr<Tunnel>> open_tunnel(std::string_view name, std::string_view config);

  Discovery discover() const;
  Result<Manifest> find(PluginKind kind, std::string_view name) const;
  /// Loads it and checks all up to the slots of every kind it has, and opens nothing.
  Result<LoadedInfo> check_loadable(const Manifest& manifest);

  /// What plugins reported so far; at most 256 names a plugin, the rest is dropped with a line in the log. Thread: any.
  std::vector<PluginMetric> metrics() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom::host
