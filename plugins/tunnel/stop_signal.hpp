// Tells the thread of a tunnel to come to an end.
#pragma once

#include <atomic>
#include <chrono>

#include "descriptor.hpp"

namespace agentroom::tunnel {

/// Thread: any.
class StopSignal {
 public:
  /// Throws std::system_error when the system has no descriptor left.
  StopSignal();

  void request() noexcept;
  bool requested() const noexcept { return requested_; }

  /// Readable once requested; not to be read or closed.
  int descriptor() const noexcept { return event_.get(); }

  /// False when the request came first.
  bool sleep(std::chrono::milliseconds time) const noexcept;

 private:
  process::Descriptor event_;
  std::atomic<bool> requested_ = false;
};

}  // namespace agentroom::tunnel
