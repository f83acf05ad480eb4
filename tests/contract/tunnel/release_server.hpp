// A server of releases on loopback with TLS, that misbehaves as a test tells it to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "certificates/authority.hpp"

namespace agentroom::conformance {

/// A request as it came.
struct ReleaseRequest {
  std::string path;        ///< "/good/2026.5.2/cloudflared-linux-amd64"
  std::uint64_t from = 0;  ///< of its Range; 0 without one
  bool has_range = false;
};

/// What a connection is answered with.
class ReleaseAnswer {
 public:
  virtual ~ReleaseAnswer() = default;
  /// False when the other side is gone, or the server stops.
  virtual bool send(std::string_view bytes) = 0;
  /// Until the other side goes away, or the server stops.
  virtual void wait() = 0;
};

/// One thread a connection, one request a connection.
class ReleaseServer {
 public:
  using Handler = std::function<void(const ReleaseRequest&, ReleaseAnswer&)>;

  ReleaseServer(const test::Issued& certificate, Handler handler);
  ~ReleaseServer();
  ReleaseServer(const ReleaseServer&) = delete;
  ReleaseServer& operator=(const ReleaseServer&) = delete;

  /// "https://localhost:PORT"
  std::string base() const { return "https://localhost:" + std::to_string(port_); }
  int port() const { return port_; }

  std::vector<ReleaseRequest> requests() const;

 private:
  void accept_all();
  void serve(int socket);

  struct Context;
  const Handler handler_;
  std::unique_ptr<Context> context_;
  int listener_ = -1;
  int stop_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReleaseRequest> requests_;
  std::list<std::thread> connections_;
  std::thread thread_;
};

/// Head of an answer; no length: until the connection ends.
std::string head(int status, const std::string& more = {});

}  // namespace agentroom::conformance
