// An ordered map in memory that keeps every promise of a store but durability.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agentroom/sdk/store.hpp"

namespace agentroom::store_memory {

/// Batches are applied and completed by a commit thread, one after another: what is handed to `commit` is not seen
/// before.
class MemoryStore final : public sdk::Store {
 public:
  /// `max_bytes`: keys and values together; a batch that would exceed it fails as a full disk does.
  explicit MemoryStore(std::uint64_t max_bytes);
  ~MemoryStore() override;

  static sdk::Result<std::unique_ptr<MemoryStore>> open(sdk::Host host, const sdk::StoreOptions& options);

  sdk::Result<bool> get(sdk::ByteView key, const sdk::Visitor& visit) override;
  sdk::Status scan(sdk::ByteView prefix, sdk::ByteView after, std::uint64_t limit, const sdk::Visitor& visit) override;
  sdk::Status commit(std::span<const ar_store_op> ops, sdk::Completion done) override;
  sdk::Status resume() override;

 private:
  // Characters compare as unsigned, so a string orders as the boundary wants bytes ordered.
  using Records = std::map<std::string, std::string, std::less<>>;

  struct Op {
    std::uint32_t kind = AR_STORE_PUT;
    std::string key;
    std::string value;
  };
  struct Batch {
    std::vector<Op> ops;
    sdk::Completion done;
  };
  /// What stands after a batch.
  struct Changes {
    Records puts;
    std::set<std::string, std::less<>> deletes;
    std::uint64_t bytes = 0;
  };

  void run();
  sdk::Status apply(Batch& batch);
  sdk::Result<Changes> plan(Batch& batch) const;
  const std::string* value_after(const Changes& changes, const std::string& key) const;

  const std::uint64_t max_bytes_;

  std::mutex queue_mutex_;
  std::condition_variable queued_;
  std::deque<Batch> queue_;  // guarded by queue_mutex_; bounded by the commits that the host has outstanding
  bool closing_ = false;     // guarded by queue_mutex_

  std::mutex records_mutex_;
  Records records_;          // guarded by records_mutex_
  std::uint64_t bytes_ = 0;  // guarded by records_mutex_
  bool failed_ = false;      // guarded by records_mutex_

  std::thread thread_;
};

}  // namespace agentroom::store_memory
