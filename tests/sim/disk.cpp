#include "disk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace agentroom::sim {

SimStore::SimStore(Disk& disk, Scheduler& scheduler, Dice& dice, Chronicle& chronicle, std::function<bool()> lives,
                   std::function<void()> poke)
    : disk_(disk),
      scheduler_(scheduler),
      dice_(dice),
      chronicle_(chronicle),
      lives_(std::move(lives)),
      poke_(std::move(poke)) {}

SimStore::~SimStore() {
  chronicle_.met(Way::kLostCommit, waiting_.size());
  if (untold_) chronicle_.met(Way::kUntoldCommit);
}

Result<void> SimStore::read() {
  if (!disk_.faults || !dice_.happens(disk_.plan.misread)) return {};
  chronicle_.met(Way::kMisread);
  return fail(ErrorCode::kIo, "the simulated disk misread");
}

Result<std::optional<Bytes>> SimStore::get(ByteView key) {
  if (auto good = read(); !good) return pass(good);
  const auto found = disk_.records.find(to_bytes(key));
  if (found == disk_.records.end()) return std::nullopt;
  return found->second;
}

Result<void> SimStore::scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) {
  if (auto good = read(); !good) return good;
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
  if (!lives_()) return;
  waiting_.push_back({std::move(batch), std::move(done)});
  if (!std::exchange(syncing_, true)) begin_sync();
}

void SimStore::begin_sync() {
  // Mostly quick; sometimes a disk that is busy, so that a crash finds much that is not durable yet.
  const Duration most = dice_.one_in(4) ? disk_.plan.sync : std::min(disk_.plan.sync, Duration(1'000));
  scheduler_.after(dice_.up_to(most), [this, token = std::weak_ptr(alive_)] {
    if (!token.expired()) sync();
  });
}

void Disk::apply(const StoreBatch& batch) {
  for (const StoreOp& op : batch) {
    if (op.kind == StoreOp::Kind::kDelete) {
      records.erase(op.key);
    } else {
      records[op.key] = op.value;
    }
  }
}

Result<void> SimStore::apply(const StoreBatch& batch) {
  for (const StoreOp& op : batch) {
    if (op.kind == StoreOp::Kind::kPutIfAbsent && disk_.records.contains(op.key)) {
      return fail(ErrorCode::kConflict, "the key is present");
    }
  }
  disk_.apply(batch);
  chronicle_.fold(batch.size());
  if (disk_.on_durable) disk_.on_durable(batch);
  return {};
}

// Takes some of what waits as one group; its completions come later than it is durable, so that a crash can fall
// between.
void SimStore::sync() {
  const std::size_t group = 1 + dice_.below(waiting_.size());
  auto outcomes = std::make_shared<std::vector<Outcome>>();
  for (std::size_t i = 0; i < group; ++i) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    const bool aborted = failed_;
    if (aborted) chronicle_.met(Way::kAbortedCommit);
    if (!failed_ && disk_.faults && dice_.happens(disk_.plan.fails)) {
      failed_ = true;
      chronicle_.met(Way::kFailedCommit);
    }
    auto result = aborted   ? Result<void>(fail(ErrorCode::kAborted, "a commit before this one failed"))
                  : failed_ ? Result<void>(fail(ErrorCode::kIo, "the simulated disk failed"))
                            : apply(next.batch);
    outcomes->emplace_back(std::move(next.done), std::move(result));
  }
  untold_ = std::ranges::any_of(*outcomes, [](const Outcome& outcome) { return outcome.result.has_value(); });
  const Duration most = dice_.one_in(4) ? disk_.plan.told : std::min(disk_.plan.told, Duration(1'000));
  scheduler_.after(dice_.up_to(most), [this, outcomes, token = std::weak_ptr(alive_)] {
    if (!token.expired()) tell(*outcomes);
  });
}

void SimStore::tell(std::vector<Outcome>& outcomes) {
  const std::weak_ptr<int> token(alive_);
  untold_ = false;
  for (auto& [done, result] : outcomes) {
    done(std::move(result));
    if (token.expired()) return;
  }
  syncing_ = !waiting_.empty();
  if (syncing_) begin_sync();
  poke_();
}

Result<void> SimStore::resume() {
  if (disk_.faults && disk_.plan.fails != 0 && dice_.one_in(3)) {
    return fail(ErrorCode::kIo, "the simulated disk does not come back yet");
  }
  failed_ = false;
  return {};
}

}  // namespace agentroom::sim
