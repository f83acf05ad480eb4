// Loads a plugin library the way the host does, with nothing of the core: dlopen, entry, versions, init, interface.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"
#include "test_host.hpp"

namespace agentroom::conformance {

inline ar_string as_abi(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view as_text(ar_string text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}

/// An ar_error as a caller passes it in: the size set, the rest zero.
struct Error : ar_error {
  Error() : ar_error{} { struct_size = sizeof(ar_error); }
};

/// "status 6: cannot write store.db: disk full (free some space)", for the message of a failed expectation.
inline std::string describe(ar_status status, const ar_error& error) {
  std::string text = "status " + std::to_string(status) + ": " + error.message;
  if (error.hint[0] != '\0') text += std::string(" (") + error.hint + ")";
  return text;
}

/// Leaves a fact out from within `SetUp`; the reason is in the report too.
#define AGENTROOM_LEAVE_OUT(WHY)               \
  do {                                         \
    const std::string why = (WHY);             \
    testing::Test::RecordProperty("why", why); \
    GTEST_SKIP() << why;                       \
  } while (false)

/// A loaded and initialised plugin. The library stays mapped; `deinit` is called by the destructor, so every instance
/// has to be closed before. Only one at a time for one library.
class PluginUnderTest {
 public:
  /// Throws std::runtime_error that says what is wrong with the library.
  explicit PluginUnderTest(const std::filesystem::path& library) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* why = dlerror();
      throw std::runtime_error("cannot load " + library.string() + ": " + (why == nullptr ? "unknown" : why));
    }
    const auto entry = reinterpret_cast<ar_plugin_entry_fn>(dlsym(handle, AR_PLUGIN_ENTRY_SYMBOL));
    require(entry != nullptr, library, "it exports no " AR_PLUGIN_ENTRY_SYMBOL);
    plugin_ = entry();
    require(plugin_ != nullptr, library, "its entry returned NULL");
    require(plugin_ == entry(), library, "its entry returned another address on the second call");
    require(AR_HAS_MEMBER(plugin_, ar_plugin, deinit), library, "its ar_plugin is too small");
    require(plugin_->abi_major == AR_ABI_MAJOR, library,
            "it was built for ABI " + std::to_string(plugin_->abi_major) + ", this kit is ABI " +
                std::to_string(AR_ABI_MAJOR));
    require(plugin_->id != nullptr && plugin_->version != nullptr && plugin_->kinds != nullptr, library,
            "its id, version or kinds is NULL");
    require(plugin_->init != nullptr && plugin_->get_interface != nullptr && plugin_->deinit != nullptr, library,
            "its init, get_interface or deinit is NULL");
    Error error;
    const ar_status status = plugin_->init(host_.abi(), &error);
    require(status == AR_OK, library, "its init failed with " + describe(status, error));
  }

  ~PluginUnderTest() {
    plugin_->deinit();
    host_.run_posted();
  }

  PluginUnderTest(const PluginUnderTest&) = delete;
  PluginUnderTest& operator=(const PluginUnderTest&) = delete;

  const ar_plugin& plugin() const { return *plugin_; }
  TestHost& host() { return host_; }

  const ar_store_interface& store() const { return get<ar_store_interface>(AR_INTERFACE_STORE); }
  const ar_handler_interface& handler() const { return get<ar_handler_interface>(AR_INTERFACE_HANDLER); }
  const ar_transport_interface& transport() const { return get<ar_transport_interface>(AR_INTERFACE_TRANSPORT); }
  const ar_tunnel_interface& tunnel() const { return get<ar_tunnel_interface>(AR_INTERFACE_TUNNEL); }

 private:
  static void require(bool holds, const std::filesystem::path& library, const std::string& otherwise) {
    if (!holds) throw std::runtime_error(library.string() + " is no plugin for this kit: " + otherwise);
  }

  template <class Interface>
  const Interface& get(const char* name) const {
    const auto* interface = static_cast<const Interface*>(plugin_->get_interface(name));
    if (interface == nullptr) throw std::runtime_error(std::string(plugin_->id) + " offers no " + name);
    if (interface->struct_size < required_size(interface)) {
      throw std::runtime_error(std::string(plugin_->id) + ": its " + name + " lacks required methods");
    }
    return *interface;
  }

  template <class Interface>
  static std::size_t required_size(const Interface* /*interface*/) {
    return sizeof(Interface);
  }
  /// What follows `resume` is optional.
  static std::size_t required_size(const ar_store_interface* /*interface*/) {
    return offsetof(ar_store_interface, check);
  }

  TestHost host_;
  const ar_plugin* plugin_ = nullptr;
};

}  // namespace agentroom::conformance
