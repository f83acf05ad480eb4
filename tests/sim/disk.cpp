#include "disk.hpp"

#include <vector>

namespace agentroom::sim {

SimStore::SimStore(Disk& disk, Scheduler& scheduler, Dice& dice, std::function<void()> poke)
    : disk_(disk), scheduler_(scheduler), dice_(dice), poke_(std::move(poke)) {}

SimStore::~SimStore() = default;

Result<std::optional<Bytes>> SimStore::get(ByteView key) {
  const auto found = disk_.records.find(to_bytes(key));
  if (found == disk_.records.end()) return std::nullopt;
  return found->second;
}

Result<void> SimStore::scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) {
  const Bytes start = to_bytes(prefix);
  const Bytes past = to_bytes(after);
  std::size_t count = 0;
  for (auto it = disk_.records.lower_bound(std::max(start, past)); it != disk_.records.end(); ++it) {
    if (it->first.size() < start.size() || !std::equal(start.begin(), start.end(), it->first.begin())) break;
    if (!past.empty() && it->first == past) continue;
    if (!visit(it->first, it->second)) break;
    if (limit != 0 && ++count == limit) break;
  }
  return {};
}

void SimStore::commit(StoreBatch batch, Completion done) {
  waiting_.push_back({std::move(batch), std::move(done)});
  if (std::exchange(syncing_, true)) return;
  // Mostly quick; sometimes a disk that is busy, so that a crash finds much that is not durable yet.
  const auto most = dice_.one_in(4) ? std::chrono::milliseconds(300) : std::chrono::milliseconds(2);
  scheduler_.after(dice_.up_to(most), [this, token = std::weak_ptr(alive_)] {
    if (!token.expired()) sync();
  });
}

Result<void> SimStore::apply(const StoreBatch& batch) {
  auto next = disk_.records;
  for (const StoreOp& op : batch) {
    switch (op.kind) {
      case StoreOp::Kind::kPut:
        next[op.key] = op.value;
        break;
      case StoreOp::Kind::kDelete:
        next.erase(op.key);
        break;
      case StoreOp::Kind::kPutIfAbsent:
        if (!next.emplace(op.key, op.value).second) return fail(ErrorCode::kConflict, "the key is present");
        break;
    }
  }
  disk_.records = std::move(next);
  ++disk_.commits;
  return {};
}

// Takes some of what waits as one group; its completions come a moment after it is durable, so that a crash can fall
// between.
void SimStore::sync() {
  const std::size_t group = 1 + dice_.below(waiting_.size());
  auto outcomes = std::make_shared<std::vector<std::pair<Completion, Result<void>>>>();
  if (!failed_ && disk_.faults && dice_.one_in(400)) failed_ = true;
  for (std::size_t i = 0; i < group; ++i) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    auto outcome = failed_ ? Result<void>(fail(ErrorCode::kIo, "the simulated disk failed")) : apply(next.batch);
    outcomes->emplace_back(std::move(next.done), std::move(outcome));
  }
  scheduler_.after(dice_.up_to(std::chrono::milliseconds(1)), [this, outcomes, token = std::weak_ptr(alive_)] {
    for (auto& [done, outcome] : *outcomes) {
      if (token.expired()) return;
      done(std::move(outcome));
    }
    if (token.expired()) return;
    syncing_ = false;
    if (!waiting_.empty()) {
      syncing_ = true;
      sync();
    }
    poke_();
  });
}

Result<void> SimStore::resume() {
  failed_ = false;
  return {};
}

}  // namespace agentroom::sim
