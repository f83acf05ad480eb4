// A store whose disk the test holds in its hand.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "agentroom/store.hpp"

namespace agentroom::test {

/// Commits wait until `complete_one` unless `automatic`. What is durable outlives a crash; nothing else does.
class FakeStore final : public Store {
 public:
  using Records = std::map<Bytes, Bytes>;

  explicit FakeStore(Records durable = {}) : records_(std::move(durable)) {}

  Result<std::optional<Bytes>> get(ByteView key) override {
    if (read_error) return std::unexpected(*read_error);
    const auto found = records_.find(to_bytes(key));
    if (found == records_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(found->second);
  }

  Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visit) override {
    if (read_error) return std::unexpected(*read_error);
    std::size_t visited = 0;
    for (const auto& [key, value] : records_) {
      if (!std::ranges::equal(ByteView(key).first(std::min(key.size(), prefix.size())), prefix)) continue;
      if (!after.empty() && key <= to_bytes(after)) continue;
      if (!visit(key, value) || (++visited == limit && limit != 0)) break;
    }
    return {};
  }

  void commit(StoreBatch batch, Completion done) override {
    ++commits;
    const bool dies_here = commits == crash_at;
    if (dies_here && crash_after_durable) {
      for (const auto& [earlier, untold] : waiting_) apply(earlier);
      apply(batch);
    }
    if (dies_here) crashed = true;
    if (!crashed) waiting_.emplace_back(std::move(batch), std::move(done));
  }

  Result<void> resume() override { return {}; }

  /// Makes the oldest commit durable, or fails it. False when none waits.
  bool complete_one(std::optional<Error> failure = {}) {
    if (waiting_.empty()) return false;
    auto [batch, done] = std::move(waiting_.front());
    waiting_.pop_front();
    if (!failure) apply(batch);
    done(failure ? Result<void>(std::unexpected(*failure)) : Result<void>());
    return true;
  }

  std::size_t waiting() const { return waiting_.size(); }
  const Records& durable() const { return records_; }
  Records& mutable_records() { return records_; }
  /// Durable records of a kind (the first byte of their keys).
  std::size_t count(char kind) const {
    std::size_t n = 0;
    for (const auto& [key, value] : records_) n += key.front() == static_cast<std::byte>(kind) ? 1 : 0;
    return n;
  }

  bool automatic = true;
  std::optional<Error> read_error;
  std::size_t commits = 0;
  std::size_t crash_at = 0;          ///< the process dies in its n-th commit; 0: never
  bool crash_after_durable = false;  ///< ... once that commit is on disk, before it is told
  bool crashed = false;

 private:
  void apply(const StoreBatch& batch) {
    for (const StoreOp& op : batch) {
      if (op.kind == StoreOp::Kind::kDelete) {
        records_.erase(op.key);
      } else {
        records_[op.key] = op.value;
      }
    }
  }

  Records records_;
  std::deque<std::pair<StoreBatch, Completion>> waiting_;
};

}  // namespace agentroom::test
