// Takes batches from the engine thread and writes all that wait as one transaction: the sync of the last one is the
// time in which the next one gathers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>

#include "agentroom/sdk/store.hpp"
#include "writer.hpp"

namespace store_lmdb {

///   [writing] --a transaction fails--> [failed]: every batch fails with AR_ABORTED
///       ^                                 |
///       +----------- resumed -------------+
///
/// 64 MiB and 65,536 batches wait at most; what does not fit is refused with AR_TOO_LARGE.
class CommitThread {
 public:
  /// `write` is called on the commit thread.
  explicit CommitThread(std::function<GroupResult(const std::deque<Batch>&)> write);

  /// Writes and completes all that was accepted.
  ~CommitThread();

  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// Never waits for the disk. Thread: engine.
  Status submit(std::span<const ar_store_op> ops, sdk::Completion done);

  bool failed() const;
  void resumed();

 private:
  void run();
  void write(const std::deque<Batch>& group);

  const std::function<GroupResult(const std::deque<Batch>&)> write_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Batch> waiting_;      // guarded by mutex_
  std::size_t waiting_bytes_ = 0;  // guarded by mutex_
  bool failed_ = false;            // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_

  std::thread thread_;
};

}  // namespace store_lmdb
