// A store whose moments of durability the test decides.
#pragma once

#include <deque>
#include <map>

#include "agentroom/store.hpp"

namespace agentroom::relay::test {

/// What survives a restart.
using Records = std::map<Bytes, Bytes>;

class FakeStore final : public Store {
 public:
  explicit FakeStore(Records& records) : records_(records) {}

  Result<std::optional<Bytes>> get(ByteView key) override;
  Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) override;
  void commit(StoreBatch batch, Completion done) override;
  Result<void> resume() override;

  /// Makes the oldest batch durable and completes it. False when there is none.
  bool complete();
  /// Fails the oldest batch; everything behind it fails when it is completed, until `resume`.
  void fail(ErrorCode code = ErrorCode::kIo);

  std::size_t waiting() const { return waiting_.size(); }
  const StoreBatch& oldest() const { return waiting_.front().batch; }

  bool reads_fail = false;
  bool resume_fails = false;
  std::size_t commits = 0;
  std::size_t reads = 0;

 private:
  struct Waiting {
    StoreBatch batch;
    Completion done;
  };
  Records& records_;
  std::deque<Waiting> waiting_;
  bool aborted_ = false;
};

}  // namespace agentroom::relay::test
