// The answer to one call of the program, on its way back from the engine thread.
#pragma once

#include <future>
#include <memory>
#include <utility>

#include "agentroom/result.hpp"

namespace agentroom::client {

/// Given once: what is given later is dropped. What goes without one was given up, for the reason that `why` holds by
/// then. Thread: the engine's, but for the future.
template <class T>
class Answer {
 public:
  explicit Answer(std::shared_ptr<const agentroom::Error> why) : why_(std::move(why)) {}
  ~Answer() {
    if (!given_) promise_.set_value(std::unexpected(*why_));
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  std::future<agentroom::Result<T>> future() { return promise_.get_future(); }

  /// False: it was given already.
  bool give(agentroom::Result<T> result) {
    if (std::exchange(given_, true)) return false;
    promise_.set_value(std::move(result));
    return true;
  }

 private:
  std::shared_ptr<const agentroom::Error> why_;
  std::promise<agentroom::Result<T>> promise_;
  bool given_ = false;
};

}  // namespace agentroom::client
