#include "commit_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <exception>
#include <string>
#include <utility>

namespace agentroom::store_sqlite {
namespace {

/// Signals are the host's: a thread of a plugin takes none. The constructor's caller gets its own mask back.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

Status conflict() {
  return fail(AR_CONFLICT, "a record that a batch wanted to be the first to write is there already");
}

Status aborted() {
  return fail(AR_ABORTED, "not written, because an earlier batch failed and the store was not resumed since");
}

std::size_t rows(const Group& group) {
  std::size_t sum = 0;
  for (std::size_t batch = 0; batch < group.size(); ++batch) sum += group.ops(batch).size();
  return sum;
}

}  // namespace

CommitThread::CommitThread(sdk::Host host, std::unique_ptr<Writer> writer) : host_(host), writer_(std::move(writer)) {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
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
  {
    const std::scoped_lock lock(mutex_);
    if (!waiting_.has_room(Group::size_of(ops))) {
      return fail(AR_TOO_LARGE, "64 MiB or 65,536 batches wait for the disk already, or the batch alone is larger",
                  "commit again when a completion has come");
    }
    waiting_.append(ops, done);
  }
  work_.notify_one();
  return {};
}

Status CommitThread::resume() {
  std::unique_lock lock(mutex_);
  resume_asked_ = true;
  resume_answer_.reset();
  work_.notify_one();
  resumed_.wait(lock, [&] { return resume_answer_.has_value(); });
  return std::move(*resume_answer_);
}

void CommitThread::run() {
  Group group;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return !waiting_.empty() || resume_asked_ || stopping_; });
    if (!waiting_.empty()) {
      std::swap(group, waiting_);
      lock.unlock();
      write(group);
      group.clear();
      writer_->checkpoint_if_due();
      lock.lock();
    } else if (resume_asked_) {
      lock.unlock();
      Status answer = try_resume();
      lock.lock();
      resume_asked_ = false;
      resume_answer_ = std::move(answer);
      resumed_.notify_one();
    } else {
      return;
    }
  }
}

void CommitThread::write(Group& group) {
  GroupResult result;
  if (failed_) {
    for (std::size_t batch = 0; batch < group.size(); ++batch) group.done(batch)(aborted());
    return;
  }
  try {
    result = writer_->write(group);
  } catch (const std::exception& error) {
    result = GroupResult{{}, fail(AR_IO, std::string("cannot write the store: ") + error.what())};
  }
  failed_ = result.error.has_value();
  // The first batch that failed carries the error to who committed it; that one tells it to people.
  if (failed_) host_.log(sdk::LogLevel::kInfo, result.error->message);
  ++count_;
  host_.count("store_sqlite_transactions");
  host_.count("store_sqlite_rows", static_cast<double>(rows(group)));
  complete(group, result);
}

void CommitThread::complete(const Group& group, const GroupResult& result) {
  static const Status kWritten;
  static const Status kConflict = conflict();
  static const Status kAborted = aborted();
  const std::size_t decided = result.outcomes.size();
  for (std::size_t batch = 0; batch < group.size(); ++batch) {
    if (batch < decided) {
      group.done(batch)(result.outcomes[batch] == Outcome::kWritten ? kWritten : kConflict);
    } else if (batch == decided) {
      group.done(batch)(Status(*result.error));
    } else {
      group.done(batch)(kAborted);
    }
  }
}

Status CommitThread::try_resume() {
  if (!failed_) return {};
  Status proven = writer_->prove_writable();
  failed_ = !proven;
  return proven;
}

}  // namespace agentroom::store_sqlite
