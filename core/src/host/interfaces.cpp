#include "host/interfaces.hpp"

#include <array>
#include <cstring>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/handler.h"
#include "agentroom/abi/store.h"
#include "agentroom/abi/transport.h"
#include "agentroom/abi/tunnel.h"

namespace agentroom::host {

namespace {

constexpr std::array kTransportSlots = {
    Slot{"open", offsetof(ar_transport_interface, open)},
    Slot{"close", offsetof(ar_transport_interface, close)},
    Slot{"listen", offsetof(ar_transport_interface, listen)},
    Slot{"stop_listening", offsetof(ar_transport_interface, stop_listening)},
    Slot{"connect", offsetof(ar_transport_interface, connect)},
    Slot{"send", offsetof(ar_transport_interface, send)},
    Slot{"pause", offsetof(ar_transport_interface, pause)},
    Slot{"resume", offsetof(ar_transport_interface, resume)},
    Slot{"close_channel", offsetof(ar_transport_interface, close_channel)},
    Slot{"turn", offsetof(ar_transport_interface, turn)},
    Slot{"wake", offsetof(ar_transport_interface, wake)},
    Slot{"reload", offsetof(ar_transport_interface, reload)},
};
constexpr std::array kTunnelSlots = {
    Slot{"open", offsetof(ar_tunnel_interface, open)},
    Slot{"close", offsetof(ar_tunnel_interface, close)},
};
constexpr std::array kStoreSlots = {
    Slot{"open", offsetof(ar_store_interface, open)},     Slot{"close", offsetof(ar_store_interface, close)},
    Slot{"get", offsetof(ar_store_interface, get)},       Slot{"scan", offsetof(ar_store_interface, scan)},
    Slot{"commit", offsetof(ar_store_interface, commit)}, Slot{"resume", offsetof(ar_store_interface, resume)},
};
constexpr std::array kHandlerSlots = {
    Slot{"open", offsetof(ar_handler_interface, open)},
    Slot{"close", offsetof(ar_handler_interface, close)},
    Slot{"handle", offsetof(ar_handler_interface, handle)},
};

}  // namespace

const char* interface_name(PluginKind kind) {
  switch (kind) {
    case PluginKind::kTransport:
      return AR_INTERFACE_TRANSPORT;
    case PluginKind::kTunnel:
      return AR_INTERFACE_TUNNEL;
    case PluginKind::kStore:
      return AR_INTERFACE_STORE;
    case PluginKind::kHandler:
      return AR_INTERFACE_HANDLER;
  }
  return "";
}

std::span<const Slot> required_slots(PluginKind kind) {
  switch (kind) {
    case PluginKind::kTransport:
      return kTransportSlots;
    case PluginKind::kTunnel:
      return kTunnelSlots;
    case PluginKind::kStore:
      return kStoreSlots;
    case PluginKind::kHandler:
      return kHandlerSlots;
  }
  return {};
}

Result<void> check_slots(const std::string& what, const void* table, std::span<const Slot> slots) {
  using AnyFunction = void (*)();
  std::uint32_t struct_size = 0;  // the first member of every struct that may grow
  std::memcpy(&struct_size, table, sizeof struct_size);
  for (const Slot& slot : slots) {
    if (slot.offset + sizeof(AnyFunction) > struct_size) {
      return fail(ErrorCode::kPlugin,
                  what + " is too small: its struct_size of " + std::to_string(struct_size) +
                      " bytes does not reach the required `" + slot.name + "`",
                  "build the plugin against the headers of this version");
    }
    AnyFunction function = nullptr;
    std::memcpy(static_cast<void*>(&function), static_cast<const std::byte*>(table) + slot.offset, sizeof function);
    if (function == nullptr) {
      return fail(ErrorCode::kPlugin, what + " lacks the required method `" + slot.name + "`",
                  "every method of the interface must be there; see docs/plugin-abi.md");
    }
  }
  return {};
}

}  // namespace agentroom::host
