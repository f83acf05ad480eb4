// A plugin with one defect on purpose, most of them in front of a sound plugin of this tree: `agentroom plugin check`
// has to find each. DEFECT is its name, SOUND_LIBRARY the plugin behind it.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>

#include <chrono>
#include <string_view>
#include <thread>

#include "agentroom/abi/entry.h"

namespace agentroom::defects {

inline constexpr std::string_view kDefect = DEFECT;

consteval bool has(std::string_view defect) {
  return kDefect == defect;
}

/// Leaks what a defect of that name leaks.
inline void leak() {
  if constexpr (has("leaks-a-thread")) std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  if constexpr (has("leaks-a-descriptor")) ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

#ifdef SOUND_LIBRARY
inline const ar_plugin* sound_plugin() {
  static const ar_plugin* const plugin = [] {
    void* const library = dlopen(SOUND_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return static_cast<const ar_plugin*>(nullptr);
    return reinterpret_cast<ar_plugin_entry_fn>(dlsym(library, AR_PLUGIN_ENTRY_SYMBOL))();
  }();
  return plugin;
}

template <class Interface>
const Interface& sound(const char* name) {
  static const auto* const interface = static_cast<const Interface*>(sound_plugin()->get_interface(name));
  return *interface;
}
#endif

/// Both do nothing where no sound plugin is behind.
inline ar_status init_sound(const ar_host* host, ar_error* error) {
#ifdef SOUND_LIBRARY
  return sound_plugin() == nullptr ? AR_INTERNAL : sound_plugin()->init(host, error);
#else
  static_cast<void>(host), static_cast<void>(error);
  return AR_OK;
#endif
}
inline void deinit_sound() {
#ifdef SOUND_LIBRARY
  sound_plugin()->deinit();
#endif
}

}  // namespace agentroom::defects

#define DEFECTIVE_PLUGIN(KIND, INTERFACE, METHODS)                                                                 \
  extern "C" AR_EXPORT const ar_plugin* agentroom_plugin_entry() {                                                 \
    static const ar_plugin plugin{                                                                                 \
        sizeof(ar_plugin),                                                                                         \
        AR_ABI_MAJOR,                                                                                              \
        AR_ABI_MINOR,                                                                                              \
        KIND "-" DEFECT,                                                                                           \
        "0.1.0",                                                                                                   \
        KIND,                                                                                                      \
        agentroom::defects::init_sound,                                                                            \
        [](const char* name) -> const void* { return std::string_view(name) == INTERFACE ? METHODS() : nullptr; }, \
        agentroom::defects::deinit_sound};                                                                         \
    return &plugin;                                                                                                \
  }
