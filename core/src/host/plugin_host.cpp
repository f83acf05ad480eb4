#include "host/plugin_host.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "host/adapters.hpp"
#include "host/library.hpp"

namespace agentroom::host {

struct PluginHost::State {
  State(std::vector<std::filesystem::path> path, Executor& run_on, LogSink sink)
      : search_path(std::move(path)), executor(run_on), log(std::move(sink)) {}

  std::vector<std::filesystem::path> search_path;
  Executor& executor;
  LogSink log;

  mutable std::mutex mutex;
  std::map<std::filesystem::path, std::shared_ptr<Library>> libraries;  // guarded by mutex

  Result<std::shared_ptr<Library>> load(const Manifest& manifest) {
    const std::scoped_lock lock(mutex);
    const auto found = libraries.find(manifest.library);
    if (found != libraries.end()) return found->second;
    auto library = Library::load(manifest, executor, log);
    if (library) libraries.emplace(manifest.library, *library);
    return library;
  }

  Result<std::shared_ptr<Library>> find_and_load(PluginKind kind, std::string_view name) {
    auto manifest = find_plugin(search_path, kind, name);
    if (!manifest) return pass(manifest);
    return load(*manifest);
  }
};

PluginHost::PluginHost(std::vector<std::filesystem::path> search_path, Executor& executor, LogSink log)
    : state_(std::make_unique<State>(std::move(search_path), executor, std::move(log))) {}

PluginHost::~PluginHost() = default;

Result<std::unique_ptr<KeptStore>> PluginHost::open_store(std::string_view name, std::string_view config,
                                                          const std::filesystem::path& location, StoreAccess access) {
  auto library = state_->find_and_load(PluginKind::kStore, name);
  if (!library) return pass(library);
  return adapt_store(std::move(*library), config, location, access);
}

Result<std::unique_ptr<Transport>> PluginHost::open_transport(std::string_view name, std::string_view config) {
  auto library = state_->find_and_load(PluginKind::kTransport, name);
  if (!library) return pass(library);
  return adapt_transport(std::move(*library), config);
}

Result<std::unique_ptr<Handler>> PluginHost::open_handler(std::string_view name, std::string_view config) {
  auto library = state_->find_and_load(PluginKind::kHandler, name);
  if (!library) return pass(library);
  return adapt_handler(std::move(*library), config);
}

Result<std::unique_ptr<Tunnel>> PluginHost::open_tunnel(std::string_view name, std::string_view config) {
  auto library = state_->find_and_load(PluginKind::kTunnel, name);
  if (!library) return pass(library);
  return adapt_tunnel(std::move(*library), config);
}

Discovery PluginHost::discover() const {
  return discover_plugins(state_->search_path);
}

Result<Manifest> PluginHost::find(PluginKind kind, std::string_view name) const {
  return find_plugin(state_->search_path, kind, name);
}

Result<LoadedInfo> PluginHost::check_loadable(const Manifest& manifest) {
  auto library = state_->load(manifest);
  if (!library) return pass(library);
  for (const PluginKind kind : manifest.kinds) {
    if (auto interface = (*library)->interface(kind); !interface) return pass(interface);
  }
  const ar_plugin& plugin = (*library)->plugin();
  return LoadedInfo{plugin.version == nullptr ? "" : plugin.version, plugin.abi_major, plugin.abi_minor};
}

std::vector<PluginMetric> PluginHost::metrics() const {
  std::vector<PluginMetric> all;
  const std::scoped_lock lock(state_->mutex);
  for (const auto& [file, library] : state_->libraries) library->services().add_metrics(all);
  return all;
}

}  // namespace agentroom::host
