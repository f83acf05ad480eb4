// The way back to the engine thread.
#pragma once

#include <functional>

namespace agentroom {

/// Runs tasks on the engine thread, in the order they were posted, between two turns of the transport.
class Executor {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Executor() = default;
  /// False once the loop has ended: the task is then destroyed without having run. Each caller bounds what it posts
  /// (one completion for each commit, one outcome for each handler call). Thread: any.
  virtual bool post(Task task) = 0;
};

}  // namespace agentroom
