// One plugin, loaded and initialised.
#pragma once

#include <memory>
#include <string>

#include "agentroom/abi/entry.h"
#include "agentroom/result.hpp"
#include "host/manifest.hpp"
#include "host/services.hpp"

namespace agentroom::host {

/// Shared by the host and everything that was opened of the plugin; `deinit` is called when the last of them goes.
class Library {
 public:
  /// From the manifest to `init`, refusing at the first step that fails. The file stays mapped in any case.
  static Result<std::shared_ptr<Library>> load(const Manifest& manifest, Executor& executor, const LogSink& log);
  /// `plugin` is initialised with the host of `services`.
  Library(const Manifest& manifest, const ar_plugin& plugin, std::shared_ptr<Services> services)
      : id_(manifest.id), file_(manifest.library.string()), plugin_(plugin), services_(std::move(services)) {}
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const std::string& id() const { return id_; }
  const ar_plugin& plugin() const { return plugin_; }
  Services& services() const { return *services_; }
  const ar_host* host() const { return services_->abi(); }

  /// The vtable of that kind, all its required slots checked.
  Result<const void*> interface(PluginKind kind) const;

  template <class Interface>
  Result<const Interface*> interface_as(PluginKind kind) const {
    auto table = interface(kind);
    if (!table) return pass(table);
    return static_cast<const Interface*>(*table);
  }

 private:
  const std::string id_;
  const std::string file_;
  const ar_plugin& plugin_;
  const std::shared_ptr<Services> services_;
};

}  // namespace agentroom::host
