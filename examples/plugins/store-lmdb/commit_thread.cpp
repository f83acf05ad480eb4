#include "commit_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <exception>
#include <string>
#include <utility>

namespace store_lmdb {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kMaxBatches = 65'536;

std::size_t size_of(std::span<const ar_store_op> ops) {
  std::size_t size = sizeof(Batch);
  for (const ar_store_op& op : ops) {
    size += sizeof(Op) + op.key.size + (op.kind == AR_STORE_DELETE ? 0 : op.value.size);
  }
  return size;
}

Batch copy_of(std::span<const ar_store_op> ops, sdk::Completion done) {
  Batch batch{{}, done};
  batch.ops.reserve(ops.size());
  for (const ar_store_op& op : ops) {
    batch.ops.push_back({op.kind, std::string(sdk::text_of(sdk::bytes(op.key))),
                         std::string(op.kind == AR_STORE_DELETE ? "" : sdk::text_of(sdk::bytes(op.value)))});
  }
  return batch;
}

Status conflict() {
  return fail(AR_CONFLICT, "a record that a batch wanted to be the first to write is there already");
}

Status aborted() {
  return fail(AR_ABORTED, "not written, because an earlier batch failed and the store was not resumed since");
}

}  // namespace

CommitThread::CommitThread(std::function<GroupResult(const std::deque<Batch>&)> write) : write_(std::move(write)) {
  // Signals are the host's: a thread of a plugin takes none.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

CommitThread::~CommitThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

Status CommitThread::submit(std::span<const ar_store_op> ops, sdk::Completion done) {
  const std::size_t bytes = size_of(ops);
  const Error refusal = fail(AR_TOO_LARGE, "64 MiB or 65,536 batches wait for the disk already, or the batch is larger",
                             "commit again when a completion has come");
  if (bytes > kMaxBytes) return refusal;
  Batch batch = copy_of(ops, done);
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() == kMaxBatches || waiting_bytes_ > kMaxBytes - bytes) return refusal;
    waiting_.push_back(std::move(batch));
    waiting_bytes_ += bytes;
  }
  work_.notify_one();
  return {};
}

bool CommitThread::failed() const {
  const std::scoped_lock lock(mutex_);
  return failed_;
}

void CommitThread::resumed() {
  const std::scoped_lock lock(mutex_);
  failed_ = false;
}

void CommitThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;  // stopping, and everything accepted is completed
    const std::deque<Batch> group = std::exchange(waiting_, {});
    waiting_bytes_ = 0;
    const bool failed = failed_;
    lock.unlock();
    if (failed) {
      for (const Batch& batch : group) batch.done(aborted());
    } else {
      write(group);
    }
    lock.lock();
  }
}

void CommitThread::write(const std::deque<Batch>& group) {
  GroupResult result;
  try {
    result = write_(group);
  } catch (const std::exception& error) {
    result = {{}, fail(AR_IO, std::string("cannot write the store: ") + error.what())};
  }
  if (result.error) {
    const std::scoped_lock lock(mutex_);
    failed_ = true;
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (i < result.outcomes.size()) {
      group[i].done(result.outcomes[i] ? Status() : conflict());
    } else if (i == result.outcomes.size()) {
      group[i].done(Status(*result.error));
    } else {
      group[i].done(aborted());
    }
  }
}

}  // namespace store_lmdb
