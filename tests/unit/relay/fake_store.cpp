#include "fake_store.hpp"

#include <algorithm>
#include <cstdlib>

namespace agentroom::relay::test {

Result<std::optional<Bytes>> FakeStore::get(ByteView key) {
  ++reads;
  if (reads_fail) return agentroom::fail(ErrorCode::kIo, "the disk does not answer");
  const auto found = records_.find(to_bytes(key));
  if (found == records_.end()) return std::nullopt;
  return found->second;
}

Result<void> FakeStore::scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) {
  const Bytes began_after = to_bytes(after);
  std::size_t count = 0;
  for (const auto& [key, value] : records_) {
    const bool fits = key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
    if (!fits || (!after.empty() && key <= to_bytes(after))) continue;
    if (!visit(key, value) || ++count == limit) break;
  }
  // A store may look at it until now: no visitor takes it away.
  if (!std::ranges::equal(after, began_after)) std::abort();
  return {};
}

void FakeStore::commit(StoreBatch batch, Completion done) {
  ++commits;
  waiting_.push_back({std::move(batch), std::move(done)});
}

Result<void> FakeStore::resume() {
  if (resume_fails) return agentroom::fail(ErrorCode::kIo, "the disk is still full");
  aborted_ = false;
  return {};
}

bool FakeStore::complete() {
  if (waiting_.empty()) return false;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  if (aborted_) {
    next.done(agentroom::fail(ErrorCode::kAborted, "a batch before this one failed"));
    return true;
  }
  for (StoreOp& op : next.batch) {
    if (op.kind == StoreOp::Kind::kDelete) {
      records_.erase(op.key);
    } else {
      records_[op.key] = std::move(op.value);
    }
  }
  next.done({});
  return true;
}

void FakeStore::fail(ErrorCode code) {
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  aborted_ = true;
  next.done(agentroom::fail(code, "no space left on device"));
}

}  // namespace agentroom::relay::test
