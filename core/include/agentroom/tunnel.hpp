// The tunnel provider: gives a local listener a public URL.
#pragma once

#include <string>

#include "agentroom/result.hpp"

namespace agentroom {

/// Thread: any; calls for one tunnel never overlap.
class TunnelEvents {
 public:
  virtual ~TunnelEvents() = default;
  /// `state` is one stable word ("downloading", "ready", ...); `detail` is for people.
  virtual void on_progress(const std::string& state, const std::string& detail) = 0;
  /// The public URL of the channel endpoint, e.g. wss://name.example/ws. May come again with another URL.
  virtual void on_ready(const std::string& url) = 0;
  virtual void on_lost(const std::string& reason) = 0;
};

struct TunnelOptions {
  std::string local_address;  ///< host:port of the listener
  std::string health_path = "/health";
};

/// Thread: the owner's. No event follows the return of `close`.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
  virtual Result<void> open(const TunnelOptions& options, TunnelEvents& events) = 0;
  virtual void close() = 0;
};

}  // namespace agentroom
