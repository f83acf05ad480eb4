// Base class of a tunnel plugin: gives a local listener a public URL.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/tunnel.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

/// A step on the way to a public URL.
struct TunnelProgress {
  std::string_view state;   ///< one stable word in lower case: "downloading", "starting"
  std::string_view detail;  ///< for people; may be empty
  std::uint64_t bytes = 0;  ///< of a transfer: done so far
  std::uint64_t total = 0;  ///< of a transfer: all of it; 0: there is none, or its size is unknown
};

/// Where the listener is found from outside.
struct TunnelAddress {
  std::string_view url;    ///< of the channel endpoint: "wss://name.example/ws"
  std::string_view https;  ///< what plain requests go to, without a slash at its end: "https://name.example"
  bool reachable = false;  ///< the health path answered 200 through it; false: that is not known
};

/// What happens to a tunnel; agentroom/abi/tunnel.h has the order. Thread: any, but never two calls at once, never from
/// inside `open` or the destructor.
class TunnelEvents {
 public:
  explicit TunnelEvents(const ar_tunnel_events* events) : events_(events) {}

  void progress(const TunnelProgress& step) const {
    const ar_tunnel_progress abi{sizeof(ar_tunnel_progress), to_abi(step.state), to_abi(step.detail), step.bytes,
                                 step.total};
    events_->progress(events_->ctx, &abi);
  }
  /// Again when the URL or `reachable` has changed.
  void ready(const TunnelAddress& address) const {
    const ar_tunnel_address abi{sizeof(ar_tunnel_address), address.reachable ? 1 : 0, to_abi(address.url),
                                to_abi(address.https)};
    events_->ready(events_->ctx, &abi);
  }
  /// What was ready is so no more; the tunnel is opened again by itself.
  void lost(std::string_view reason) const { events_->lost(events_->ctx, to_abi(reason)); }
  /// It did not become ready. `given_up`: no event follows; else it tries again by itself.
  void failed(const Error& why, bool given_up) const {
    ar_error abi{};
    abi.struct_size = sizeof(ar_error);
    report(&abi, why);
    events_->failed(events_->ctx, &abi, given_up ? 1 : 0);
  }

 private:
  const ar_tunnel_events* events_;
};

/// Views are valid during `open`.
struct TunnelOptions {
  std::string_view config;         ///< TOML, the plugin's own table
  std::string_view local_address;  ///< host:port of the listener; the host may stand for all addresses ("0.0.0.0")
  std::string_view scheme;         ///< of the listener's own URL: "ws", or "wss" where it speaks TLS
  std::string_view health_path;    ///< answers 200 once the relay is reachable
  std::string_view folder;  ///< for what the plugin keeps, such as programs; need not exist. Empty: it keeps nothing
  TunnelEvents events;      ///< may be copied and kept until the destructor has returned
};

/// A tunnel. A class needs
///
///     static Result<std::unique_ptr<T>> open(Host host, const TunnelOptions& options);
///
/// which starts it and returns at once; what happens next comes as events. The destructor takes it down, whatever it is
/// doing, and ends its processes and threads; no event follows.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
};

namespace detail {

inline void tunnel_close(ar_tunnel* self) {
  destroy<Tunnel>(self);
}

template <class T>
ar_status tunnel_open(const ar_host* host, const ar_tunnel_open_params* params, ar_tunnel** out, ar_error* error) {
  const TunnelOptions options{text(params->config),      text(params->local_address), text(params->scheme),
                              text(params->health_path), text(params->folder),        TunnelEvents(params->events)};
  return open_instance<T, Tunnel>(host, options, out, error);
}

}  // namespace detail

template <std::derived_from<Tunnel> T>
struct Kind<T> {
  static constexpr std::string_view kName = "tunnel";
  static constexpr std::string_view kInterface = AR_INTERFACE_TUNNEL;
  static constexpr ar_tunnel_interface kVtable = {
      sizeof(ar_tunnel_interface),
      detail::tunnel_open<T>,
      detail::tunnel_close,
  };
};

}  // namespace agentroom::sdk
