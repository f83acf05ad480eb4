// One HTTP request at a time, moved on by the thread that waits for it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "curl_handles.hpp"

namespace agentroom::tunnel {

/// Once a process, before any request: takes what libcurl needs.
void init_curl();

class Transfer {
 public:
  /// Throws std::bad_alloc.
  Transfer();
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Takes up a request that was set up and stays the caller's; none is under way.
  void begin(CURL* request);

  bool under_way() const { return request_ != nullptr; }

  /// Waits until the request can go on, one of `descriptors` is readable or the time is over (whichever is first) and
  /// moves the request on. Without a request it only waits. A descriptor of -1 is passed over.
  void wait(std::span<const int> descriptors, std::chrono::milliseconds time);

  /// How the request ended, once; nothing while it is under way.
  std::optional<CURLcode> take();

  /// Gives up on the request.
  void cancel();

 private:
  TransfersHandle multi_;
  CURL* request_ = nullptr;
  std::optional<CURLcode> result_;
};

}  // namespace agentroom::tunnel
