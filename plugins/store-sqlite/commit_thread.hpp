// Takes batches from the engine thread and writes all that wait as one transaction: the sync of the last one is the
// time in which the next one gathers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/store.hpp"
#include "group.hpp"
#include "writer.hpp"

namespace agentroom::store_sqlite {

///   [writing] --a transaction fails--> [failed]: every batch fails with AR_ABORTED
///       ^                                 |
///       +-------- resume works -----------+
///
/// The queue holds Group::kMaxBytes and Group::kMaxBatches; what does not fit is refused with AR_TOO_LARGE.
class CommitThread {
 public:
  CommitThread(sdk::Host host, std::unique_ptr<Writer> writer);

  /// Writes and completes all that was accepted.
  ~CommitThread();

  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  /// Never waits for the disk. Completions come on the commit thread. Thread: engine.
  Status submit(std::span<const ar_store_op> ops, sdk::Completion done);

  /// Transactions so far, raised before a completion of theirs; nothing while no snapshot is to be held, since the log
  /// has to begin anew. Thread: any.
  std::optional<std::uint64_t> count() const {
    return writer_->log_is_long() ? std::optional<std::uint64_t>() : std::optional<std::uint64_t>(count_);
  }

  /// Waits until a write of the commit thread shows that the disk works. Thread: engine.
  Status resume();

 private:
  void run();
  void write(Group& group);
  void complete(const Group& group, const GroupResult& result);
  Status try_resume();

  sdk::Host host_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable resumed_;
  Group waiting_;
  bool stopping_ = false;
  bool resume_asked_ = false;
  std::optional<Status> resume_answer_;

  std::atomic<std::uint64_t> count_ = 0;

  // Of the commit thread alone, but for what any may ask.
  std::unique_ptr<Writer> writer_;
  bool failed_ = false;

  std::thread thread_;
};

}  // namespace agentroom::store_sqlite
