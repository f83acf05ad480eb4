// Base class of a tunnel plugin: gives a local listener a public URL.
#pragma once

#include <concepts>
#include <memory>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/tunnel.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

/// What happens to a tunnel. Thread: any, but never two calls at once, never from inside `open` or the destructor.
class TunnelEvents {
 public:
  explicit TunnelEvents(const ar_tunnel_events* events) : events_(events) {}
  /// `state`: one stable word in lower case ("downloading", "ready"); `detail`: for people, may be empty.
  void progress(std::string_view state, std::string_view detail) const {
    events_->progress(events_->ctx, to_abi(state), to_abi(detail));
  }
  /// The public URL of the channel endpoint. May come again, with the same or another URL.
  void ready(std::string_view url) const { events_->ready(events_->ctx, to_abi(url)); }
  void lost(std::string_view reason) const { events_->lost(events_->ctx, to_abi(reason)); }

 private:
  const ar_tunnel_events* events_;
};

struct TunnelOptions {
  std::string_view config;         ///< TOML, the plugin's own table; valid during `open`
  std::string_view local_address;  ///< host:port of the listener; valid during `open`
  std::string_view health_path;    ///< answers 200 once the relay is reachable; valid during `open`
  TunnelEvents events;             ///< may be copied and kept until the destructor has returned
};

/// A tunnel. A class needs
///
///     static Result<std::unique_ptr<T>> open(Host host, const TunnelOptions& options);
///
/// which starts it and returns at once; what happens next comes as events. The destructor takes it down and ends its
/// processes and threads; no event follows.
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
  const TunnelOptions options{text(params->config), text(params->local_address), text(params->health_path),
                              TunnelEvents(params->events)};
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
