// The way of a store's completions back to the engine thread.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "agentroom/abi/store.h"
#include "agentroom/executor.hpp"
#include "agentroom/store.hpp"

namespace agentroom::host {

/// Completions run on the engine thread in the order of their commits, whatever thread the plugin reports from; all
/// that ended since the last task was run share one post. Bounded by the commits that the engine has outstanding.
class CompletionQueue : public std::enable_shared_from_this<CompletionQueue> {
 public:
  CompletionQueue(std::string plugin, Executor& executor) : plugin_(std::move(plugin)), executor_(executor) {}

  /// One commit that is under way; stays where it is until its completion runs.
  struct Pending {
    CompletionQueue* queue = nullptr;
    Store::Completion done;
    Result<void> outcome;  // guarded by mutex_
    bool ended = false;    // guarded by mutex_
  };

  /// Thread: engine.
  Pending& add(Store::Completion done);
  /// Thread: any. The second end of a commit counts for nothing.
  void end(Pending& pending, Result<void> outcome);
  /// Runs no completion any more and forgets those that wait. Thread: engine or owner, after the plugin's `close`.
  void close();

  /// `ar_store_done`; `ctx` is a Pending.
  static void on_done(void* ctx, ar_status status, const ar_error* error) noexcept;

 private:
  void run_ended();

  const std::string plugin_;
  Executor& executor_;
  std::deque<std::unique_ptr<Pending>> pending_;  // engine thread only
  bool closed_ = false;                           // engine thread only

  std::mutex mutex_;
  bool posted_ = false;  // guarded by mutex_
};

}  // namespace agentroom::host
