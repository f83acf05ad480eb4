// A store whose moments of durability the simulation decides.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "agentroom/store.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

/// What survives a crash.
struct Disk {
  std::map<Bytes, Bytes> records;
  std::uint64_t commits = 0;
  bool faults = false;  ///< while true, a sync may fail and everything behind it
};

/// One run of a party on its disk. Batches that were not synced are lost when it goes; completions never come after
/// that.
class SimStore final : public Store {
 public:
  /// `poke` is called after completions ran.
  SimStore(Disk& disk, Scheduler& scheduler, Dice& dice, std::function<void()> poke);
  ~SimStore() override;

  Result<std::optional<Bytes>> get(ByteView key) override;
  Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) override;
  void commit(StoreBatch batch, Completion done) override;
  Result<void> resume() override;

 private:
  struct Waiting {
    StoreBatch batch;
    Completion done;
  };
  void sync();
  Result<void> apply(const StoreBatch& batch);

  Disk& disk_;
  Scheduler& scheduler_;
  Dice& dice_;
  std::function<void()> poke_;
  std::deque<Waiting> waiting_;
  bool syncing_ = false;
  bool failed_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace agentroom::sim
