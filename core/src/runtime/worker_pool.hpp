// The threads that handlers run on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "agentroom/handler.hpp"

namespace agentroom::runtime {

/// Tells every running handler call to give up, by an eventfd.
class StopFlag final : public CancelFlag {
 public:
  StopFlag();
  ~StopFlag() override;
  StopFlag(const StopFlag&) = delete;
  StopFlag& operator=(const StopFlag&) = delete;

  /// For good. Thread: any.
  void set();
  bool cancelled() const override { return set_; }
  int descriptor() const override { return fd_; }

 private:
  int fd_ = -1;
  std::atomic<bool> set_ = false;
};

/// Threads made as calls need them, at most `size`, kept until `stop`: a handler's child process may be tied to the
/// thread that started it. The queue is bounded by its user: the agent engine has at most `concurrency` calls out.
class WorkerPool {
 public:
  explicit WorkerPool(std::size_t size) : size_(size) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Thread: the owner's.
  void run(std::function<void()> job);
  /// Waits for what runs; drops what waits. Thread: the owner's.
  void stop();

 private:
  void work();

  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  std::size_t idle_ = 0;                    // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace agentroom::runtime
