// A store whose moments of durability the simulation decides.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "agentroom/store.hpp"
#include "chronicle.hpp"
#include "plan.hpp"
#include "scheduler.hpp"

namespace agentroom::sim {

/// What survives a crash.
struct Disk {
  std::map<Bytes, Bytes> records;
  DiskPlan plan;
  bool faults = false;  ///< while true commits and reads may fail
  std::function<void(const StoreBatch& batch)> on_durable;

  /// What a batch changes, at once and durably.
  void apply(const StoreBatch& batch);
};

/// One run of a party on its disk. Batches that were not synced are lost when it goes; completions never come after
/// that.
class SimStore final : public Store {
 public:
  /// `lives` is asked whether a commit still happens; `poke` is called after completions ran.
  SimStore(Disk& disk, Scheduler& scheduler, Dice& dice, Chronicle& chronicle, std::function<bool()> lives,
           std::function<void()> poke);
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
  struct Outcome {
    Completion done;
    Result<void> result;
  };
  /// Whether the disk reads this time.
  Result<void> read();
  void begin_sync();
  void sync();
  void tell(std::vector<Outcome>& outcomes);
  Result<void> apply(const StoreBatch& batch);

  Disk& disk_;
  Scheduler& scheduler_;
  Dice& dice_;
  Chronicle& chronicle_;
  std::function<bool()> lives_;
  std::function<void()> poke_;
  std::deque<Waiting> waiting_;
  bool syncing_ = false;
  bool failed_ = false;
  bool untold_ = false;  // what is durable has its completion still to come
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace agentroom::sim
