// A TCP proxy that keeps what it carries: what an eavesdropper, or the operator of a tunnel, sees.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace agentroom::e2e {

class WireTap {
 public:
  /// Listens on a free loopback port and forwards each connection to `target_port`.
  explicit WireTap(unsigned target_port);
  ~WireTap();
  WireTap(const WireTap&) = delete;
  WireTap& operator=(const WireTap&) = delete;

  unsigned port() const { return port_; }
  /// Every byte of both directions so far, in the order it passed.
  std::string heard() const;
  /// Breaks every open connection.
  void cut();

 private:
  void run();

  unsigned target_;
  unsigned port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> cut_ = false;
  mutable std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace agentroom::e2e
