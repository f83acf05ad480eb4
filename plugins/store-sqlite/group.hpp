// The batches that wait for the next transaction, in one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agentroom/sdk/store.hpp"
#include "agentroom/sdk/view.hpp"

namespace agentroom::store_sqlite {

class Group {
 public:
  struct Op {
    std::uint32_t kind;
    std::uint32_t key_size;
    std::uint32_t value_size;
    std::size_t at;  ///< of the key; the value follows it
  };

  /// What waits at most: a commit beyond it is refused.
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;
  static constexpr std::size_t kMaxBatches = 65'536;

  /// Whether one more batch of that many bytes stays within the bounds.
  bool has_room(std::size_t bytes) const {
    return batches_.size() < kMaxBatches && bytes <= kMaxBytes && footprint_ <= kMaxBytes - bytes;
  }

  static std::size_t size_of(std::span<const ar_store_op> ops) {
    std::size_t size = 0;
    for (const ar_store_op& op : ops) size += sizeof(Op) + op.key.size + value_of(op).size();
    return size;
  }

  /// All of the batch or, when there is no memory, nothing of it.
  void append(std::span<const ar_store_op> ops, sdk::Completion done) {
    const std::size_t bytes_before = bytes_.size();
    const std::size_t ops_before = ops_.size();
    try {
      for (const ar_store_op& op : ops) append(op);
      batches_.push_back({ops_.size(), done});
    } catch (...) {
      bytes_.resize(bytes_before);
      ops_.erase(ops_.begin() + static_cast<std::ptrdiff_t>(ops_before), ops_.end());
      throw;
    }
    footprint_ += size_of(ops);
  }

  bool empty() const { return batches_.empty(); }
  std::size_t size() const { return batches_.size(); }

  std::span<const Op> ops(std::size_t batch) const {
    const std::size_t begin = batch == 0 ? 0 : batches_[batch - 1].ops_end;
    return std::span(ops_).subspan(begin, batches_[batch].ops_end - begin);
  }
  sdk::ByteView key(const Op& op) const { return std::span(bytes_).subspan(op.at, op.key_size); }
  sdk::ByteView value(const Op& op) const { return std::span(bytes_).subspan(op.at + op.key_size, op.value_size); }
  const sdk::Completion& done(std::size_t batch) const { return batches_[batch].done; }

  /// Keeps the memory for the next group, but not that of a burst.
  void clear() {
    if (bytes_.capacity() > kKeptBytes || ops_.capacity() > kKeptOps) {
      *this = Group();
      return;
    }
    bytes_.clear();
    ops_.clear();
    batches_.clear();
    footprint_ = 0;
  }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{512} * 1024;
  static constexpr std::size_t kKeptOps = 4'096;

  struct Batch {
    std::size_t ops_end;
    sdk::Completion done;
  };

  static sdk::ByteView value_of(const ar_store_op& op) {
    return op.kind == AR_STORE_DELETE ? sdk::ByteView() : sdk::bytes(op.value);
  }

  void append(const ar_store_op& op) {
    const sdk::ByteView key = sdk::bytes(op.key);
    const sdk::ByteView value = value_of(op);
    ops_.push_back(
        {op.kind, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size()), bytes_.size()});
    bytes_.insert(bytes_.end(), key.begin(), key.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }

  std::vector<std::byte> bytes_;
  std::vector<Op> ops_;
  std::vector<Batch> batches_;
  std::size_t footprint_ = 0;
};

}  // namespace agentroom::store_sqlite
