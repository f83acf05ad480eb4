// Makes classes into a plugin: the static ar_plugin and the exported symbol.
//
//     class MemoryStore : public agentroom::sdk::Store { ... };
//     AGENTROOM_PLUGIN("store-memory", "1.0.0", MemoryStore)
//
// One file of the library says so, outside any namespace. Several classes of different kinds may be named. The id is
// the one of the manifest, the version is the plugin's own.
#pragma once

#include <array>
#include <concepts>
#include <string_view>
#include <utility>

#include "agentroom/abi/entry.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

/// Optional for the first class of a plugin: what the process needs before any instance, and after the last one.
template <class T>
concept HasPluginInit = requires(Host host) {
  { T::plugin_init(host) } -> std::same_as<Status>;
};
template <class T>
concept HasPluginDeinit = requires { T::plugin_deinit(); };

template <class First, class... More>
class PluginOf {
 public:
  static const ar_plugin* entry(const char* id, const char* version) {
    static const ar_plugin plugin = {
        sizeof(ar_plugin), AR_ABI_MAJOR, AR_ABI_MINOR, id, version, kKinds.data(), init, get_interface, deinit,
    };
    return &plugin;
  }

 private:
  static constexpr std::size_t kKindsSize = (Kind<First>::kName.size() + ... + (1 + Kind<More>::kName.size()));

  static constexpr std::array<char, kKindsSize + 1> kKinds = [] {
    std::array<char, kKindsSize + 1> out{};
    std::size_t at = 0;
    const auto append = [&](std::string_view name) {
      if (at > 0) out[at++] = ' ';
      for (const char c : name) out[at++] = c;
    };
    append(Kind<First>::kName);
    (append(Kind<More>::kName), ...);
    return out;
  }();

  static ar_status init([[maybe_unused]] const ar_host* host, [[maybe_unused]] ar_error* error) {
    if constexpr (HasPluginInit<First>) {
      return guarded(error, "init", [&] { return First::plugin_init(Host(host)); });
    } else {
      return AR_OK;
    }
  }

  static void deinit() {
    if constexpr (HasPluginDeinit<First>) {
      try {
        First::plugin_deinit();
      } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to tell
      }
    }
  }

  static const void* get_interface(const char* name) {
    const void* found = nullptr;
    find<First>(name, found);
    (find<More>(name, found), ...);
    return found;
  }

  template <class T>
  static void find(std::string_view name, const void*& found) {
    if (name == Kind<T>::kInterface) found = &Kind<T>::kVtable;
  }
};

}  // namespace agentroom::sdk

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the symbol must be defined in the plugin's own file.
#define AGENTROOM_PLUGIN(id, version, ...)                                  \
  extern "C" AR_EXPORT const ar_plugin* agentroom_plugin_entry();           \
  extern "C" AR_EXPORT const ar_plugin* agentroom_plugin_entry() {          \
    return ::agentroom::sdk::PluginOf<__VA_ARGS__>::entry((id), (version)); \
  }                                                                         \
  static_assert(true, "a semicolon may follow")
