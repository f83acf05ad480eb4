// The [engine] tag of the boundary, checked.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace agentroom::host {

/// Meets the engine thread with the first call. In builds with assertions another thread that comes later ends the
/// process: a data race in an engine or a plugin would be found much later and be much harder to read.
class EngineThread {
 public:
  void check([[maybe_unused]] const char* method) {
#ifndef NDEBUG
    const std::thread::id caller = std::this_thread::get_id();
    if (thread_ == std::thread::id()) thread_ = caller;
    if (thread_ != caller) {
      std::fprintf(stderr, "%s was called outside the engine thread\n", method);
      std::abort();
    }
#endif
  }

 private:
#ifndef NDEBUG
  std::thread::id thread_;
#endif
};

}  // namespace agentroom::host
