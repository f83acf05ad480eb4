#include "host/library.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "host/call.hpp"
#include "host/interfaces.hpp"
#include "host/map_library.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxWord = 256;

constexpr std::array kPluginSlots = {
    Slot{"init", offsetof(ar_plugin, init)},
    Slot{"get_interface", offsetof(ar_plugin, get_interface)},
    Slot{"deinit", offsetof(ar_plugin, deinit)},
};

std::string version_text(unsigned major, unsigned minor) {
  return std::to_string(major) + '.' + std::to_string(minor);
}

std::unexpected<Error> foreign_version(const std::string& what, unsigned major, unsigned minor) {
  return fail(ErrorCode::kPlugin,
              what + " is for plugin ABI " + version_text(major, minor) + "; this agentroom speaks ABI " +
                  version_text(AR_ABI_MAJOR, AR_ABI_MINOR),
              "install a build of the plugin for ABI " + std::to_string(AR_ABI_MAJOR));
}

/// A word that the library says of itself, escaped; empty when it is null.
std::string word(const char* text) {
  return text == nullptr ? std::string() : printable(std::string_view(text, strnlen(text, kMaxWord)));
}

std::string kinds_text(const Manifest& manifest) {
  std::string text;
  for (const PluginKind kind : manifest.kinds) text += (text.empty() ? "" : " ") + std::string(kind_name(kind));
  return text;
}

bool same_kinds(const Manifest& manifest, std::string_view said) {
  std::size_t count = 0;
  while (!said.empty()) {
    const std::size_t space = said.find(' ');
    const auto kind = kind_from_name(said.substr(0, space));
    if (!kind || !manifest.has(*kind)) return false;
    ++count;
    said.remove_prefix(space == std::string_view::npos ? said.size() : space + 1);
  }
  return count == manifest.kinds.size();
}

Result<const ar_plugin*> call_entry(const Manifest& manifest) {
  auto entry = map_library(manifest.library);
  if (!entry) return pass(entry);
  auto plugin = call_plugin(manifest.id, AR_PLUGIN_ENTRY_SYMBOL, [&] { return (*entry)(); });
  if (!plugin) return plugin;
  if (*plugin == nullptr) {
    return fail(ErrorCode::kPlugin, AR_PLUGIN_ENTRY_SYMBOL " of " + manifest.library.string() + " returned null",
                "expected a static ar_plugin; see docs/plugin-abi.md");
  }
  return plugin;
}

/// What the library says of itself against what the manifest says.
Result<void> check_identity(const Manifest& manifest, const ar_plugin& plugin) {
  const std::string file = manifest.library.string();
  // The size and the versions keep their place in every version of the struct; the rest is read once they fit.
  if (!AR_HAS_MEMBER(&plugin, ar_plugin, abi_minor)) {
    return fail(ErrorCode::kPlugin, "the ar_plugin of " + file + " has the struct_size " +
                                        std::to_string(plugin.struct_size) + ", too small to hold its version");
  }
  if (plugin.abi_major != AR_ABI_MAJOR) return foreign_version(file, plugin.abi_major, plugin.abi_minor);
  if (auto slots = check_slots("the ar_plugin of " + file, &plugin, kPluginSlots); !slots) return slots;

  if (const std::string id = word(plugin.id); id != manifest.id) {
    return fail(ErrorCode::kPlugin,
                file + " calls itself \"" + id + "\", but its manifest " + manifest.file.string() + " says \"" +
                    manifest.id + "\"",
                "install library and manifest of one plugin together");
  }
  if (const std::string kinds = word(plugin.kinds); !same_kinds(manifest, kinds)) {
    return fail(ErrorCode::kPlugin,
                file + " says that it is a \"" + kinds + "\", but its manifest " + manifest.file.string() + " says \"" +
                    kinds_text(manifest) + "\"",
                "install library and manifest of one plugin together");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<Library>> Library::load(const Manifest& manifest, Executor& executor, const LogSink& log) {
  if (manifest.abi_major != AR_ABI_MAJOR) {
    return foreign_version(manifest.file.string(), manifest.abi_major, manifest.abi_minor);
  }
  auto entered = call_entry(manifest);
  if (!entered) return pass(entered);
  const ar_plugin& plugin = **entered;
  if (auto checked = check_identity(manifest, plugin); !checked) return pass(checked);

  auto services = std::make_shared<Services>(manifest.id, executor, log);
  if (const std::string version = word(plugin.version); version != manifest.version) {
    services->log(LogLevel::kWarn,
                  manifest.library.string() + " is version " + version + ", its manifest says " + manifest.version);
  }
  auto started =
      call_for_status(manifest.id, "init", [&](ar_error* error) { return plugin.init(services->abi(), error); });
  if (!started) return pass(started);
  return std::make_shared<Library>(manifest, plugin, std::move(services));
}

Library::~Library() {
  services_->stop();
  const auto done = call_plugin(id_, "deinit", [&] { return plugin_.deinit(), true; });
  if (!done) services_->log(LogLevel::kError, done.error().message);
}

Result<const void*> Library::interface(PluginKind kind) const {
  const char* name = interface_name(kind);
  auto table = call_plugin(id_, "get_interface", [&] { return plugin_.get_interface(name); });
  if (!table) return table;
  if (*table == nullptr) {
    return fail(ErrorCode::kPlugin,
                file_ + " says that it is a " + std::string(kind_name(kind)) + ", but has no interface " + name,
                "its get_interface must return the vtable of every kind that it names");
  }
  if (auto slots = check_slots("the interface " + std::string(name) + " of " + file_, *table, required_slots(kind));
      !slots) {
    return pass(slots);
  }
  return table;
}

}  // namespace agentroom::host
