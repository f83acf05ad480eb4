#include "memory_store.hpp"

#include <new>
#include <utility>

namespace agentroom::store_memory {

MemoryStore::MemoryStore(std::uint64_t max_bytes) : max_bytes_(max_bytes), thread_([this] { run(); }) {}

MemoryStore::~MemoryStore() {
  {
    const std::scoped_lock lock(queue_mutex_);
    closing_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

sdk::Result<bool> MemoryStore::get(sdk::ByteView key, const sdk::Visitor& visit) {
  const std::scoped_lock lock(records_mutex_);
  const auto found = records_.find(sdk::text_of(key));
  if (found == records_.end()) return false;
  visit(key, sdk::bytes_of(found->second));
  return true;
}

sdk::Status MemoryStore::scan(sdk::ByteView prefix, sdk::ByteView after, std::uint64_t limit,
                              const sdk::Visitor& visit) {
  const std::string_view wanted = sdk::text_of(prefix);
  const std::string_view behind = sdk::text_of(after);
  const std::scoped_lock lock(records_mutex_);
  auto record = !behind.empty() && behind >= wanted ? records_.upper_bound(behind) : records_.lower_bound(wanted);
  for (std::uint64_t visited = 0; record != records_.end() && record->first.starts_with(wanted); ++record) {
    if (limit != 0 && visited++ == limit) break;
    if (!visit(sdk::bytes_of(record->first), sdk::bytes_of(record->second))) break;
  }
  return {};
}

sdk::Status MemoryStore::commit(std::span<const ar_store_op> ops, sdk::Completion done) {
  Batch batch{{}, done};
  batch.ops.reserve(ops.size());
  for (const ar_store_op& op : ops) {
    batch.ops.push_back({op.kind, std::string(sdk::text_of(sdk::bytes(op.key))),
                         std::string(op.kind == AR_STORE_DELETE ? "" : sdk::text_of(sdk::bytes(op.value)))});
  }
  {
    const std::scoped_lock lock(queue_mutex_);
    queue_.push_back(std::move(batch));
  }
  queued_.notify_one();
  return {};
}

sdk::Status MemoryStore::resume() {
  const std::scoped_lock lock(records_mutex_);
  failed_ = false;
  return {};
}

void MemoryStore::run() {
  std::unique_lock lock(queue_mutex_);
  while (true) {
    queued_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;  // closing, and everything accepted is completed
    std::deque<Batch> waiting = std::exchange(queue_, {});
    lock.unlock();
    for (Batch& batch : waiting) batch.done(apply(batch));
    lock.lock();
  }
}

sdk::Status MemoryStore::apply(Batch& batch) {
  const std::scoped_lock lock(records_mutex_);
  if (failed_) return sdk::fail(AR_ABORTED, "a batch before it failed");
  try {
    auto changes = plan(batch);
    if (!changes) {
      failed_ = changes.error().status != AR_CONFLICT;
      return std::move(changes.error());
    }
    // Nothing below allocates: a batch is written whole or not at all.
    for (const std::string& key : changes->deletes) records_.erase(key);
    for (const auto& [key, value] : changes->puts) records_.erase(key);
    records_.merge(changes->puts);
    bytes_ = changes->bytes;
    return {};
  } catch (const std::bad_alloc&) {
    failed_ = true;
    return sdk::fail(AR_IO, "out of memory");
  }
}

sdk::Result<MemoryStore::Changes> MemoryStore::plan(Batch& batch) const {
  Changes changes;
  changes.bytes = bytes_;
  for (Op& op : batch.ops) {
    const std::string* before = value_after(changes, op.key);
    if (op.kind == AR_STORE_PUT_IF_ABSENT && before != nullptr) {
      return sdk::fail(AR_CONFLICT, "a key is present already");
    }
    if (before != nullptr) changes.bytes -= op.key.size() + before->size();
    if (op.kind == AR_STORE_DELETE) {
      changes.puts.erase(op.key);
      changes.deletes.insert(std::move(op.key));
    } else {
      changes.bytes += op.key.size() + op.value.size();
      changes.deletes.erase(op.key);
      changes.puts.insert_or_assign(std::move(op.key), std::move(op.value));
    }
  }
  if (changes.bytes > max_bytes_) {
    return sdk::fail(AR_IO, "the store is full: " + std::to_string(max_bytes_) + " bytes",
                     "raise [store.memory] max_bytes");
  }
  return changes;
}

/// Later operations of a batch see earlier ones.
const std::string* MemoryStore::value_after(const Changes& changes, const std::string& key) const {
  if (const auto put = changes.puts.find(key); put != changes.puts.end()) return &put->second;
  if (changes.deletes.contains(key)) return nullptr;
  const auto record = records_.find(key);
  return record == records_.end() ? nullptr : &record->second;
}

}  // namespace agentroom::store_memory
