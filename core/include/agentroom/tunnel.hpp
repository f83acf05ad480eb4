// The tunnel provider: gives a local listener a public URL.
#pragma once

#include <cstdint>
#include <string>

#include "agentroom/result.hpp"

namespace agentroom {

/// A step on the way to a public URL.
struct TunnelProgress {
  std::string state;        ///< one stable word ("downloading", "ready", ...)
  std::string detail;       ///< for people; may be empty
  std::uint64_t bytes = 0;  ///< of a transfer: done so far
  std::uint64_t total = 0;  ///< of a transfer: all of it; 0: there is none, or its size is unknown
};

/// Where the listener is found from outside.
struct TunnelAddress {
  std::string url;         ///< of the channel endpoint: wss://name.example/ws
  std::string https;       ///< what plain requests go to: https://name.example
  bool reachable = false;  ///< the health path answered through it; false: that is not known
};

/// What happens to a tunnel; agentroom/abi/tunnel.h has the order. Thread: any; calls for one tunnel never overlap.
class TunnelEvents {
 public:
  virtual ~TunnelEvents() = default;
  virtual void on_step(const TunnelProgress& step) = 0;
  /// Comes again when the URL or `reachable` has changed.
  virtual void on_address(const TunnelAddress& address) = 0;
  /// What was ready is so no more; the tunnel is opened again by itself, maybe with another URL.
  virtual void on_lost(const std::string& reason) = 0;
  /// It did not become ready. `given_up`: no event follows; else it tries again by itself.
  virtual void on_failed(const Error& /*why*/, bool /*given_up*/) {}
};

struct TunnelOptions {
  std::string local_address;  ///< host:port of the listener; the host may stand for all addresses
  std::string health_path = "/health";
  std::string scheme = "ws";  ///< of the listener's own URL: "wss" where it speaks TLS
  std::string folder = {};    ///< absolute path, for programs that the plugin downloads. Empty: it keeps none
};

/// Thread: the owner's. No event follows the return of `close`, which takes a few seconds at most.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
  virtual Result<void> open(const TunnelOptions& options, TunnelEvents& events) = 0;
  virtual void close() = 0;
};

}  // namespace agentroom
