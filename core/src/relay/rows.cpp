#include "relay/rows.hpp"

namespace agentroom::relay {
namespace {

constexpr std::size_t kChunksKept = 16;

}  // namespace

Rows::Rows(const KeyedHash& hash) : hash_(hash), by_key_(0, Hash{this}, Equal{this}) {}

std::size_t Rows::Hash::operator()(const Key& key) const {
  const std::uint64_t agents = static_cast<std::uint64_t>(key.from) << 32 | key.to;
  return rows->hash_.fold(rows->hash_.fold(rows->hash_.start(), agents), key.msg_id.view());
}

std::size_t Rows::Hash::operator()(RowId id) const {
  const Row& row = (*rows)[id];
  return (*this)(Key{row.from, row.to, row.msg_id});
}

bool Rows::Equal::operator()(const Key& key, RowId id) const {
  const Row& row = (*rows)[id];
  return row.msg_id == key.msg_id && row.from == key.from && row.to == key.to;
}

RowId Rows::add(AgentRef from, AgentRef to, const MsgId& msg_id) {
  if (free_ == kNone) {
    const auto first = static_cast<RowId>(chunks_.size() << kChunkBits);
    chunks_.push_back(std::make_unique<Row[]>(std::size_t{1} << kChunkBits));
    for (RowId id = first + kChunkMask + 1; id-- > first;) {
      (*this)[id].next = free_;
      free_ = id;
    }
  }
  const RowId id = free_;
  free_ = (*this)[id].next;
  Row& row = (*this)[id];
  row = Row{};
  row.msg_id = msg_id;
  row.from = from;
  row.to = to;
  by_key_.insert(id);
  ++size_;
  return id;
}

void Rows::hide(RowId id) {
  const Row& row = (*this)[id];
  const auto found = by_key_.find(Key{row.from, row.to, row.msg_id});
  if (found != by_key_.end() && *found == id) by_key_.erase(found);
}

void Rows::erase(RowId id) {
  hide(id);
  (*this)[id].next = free_;
  free_ = id;
  --size_;
  if (size_ > 0 || chunks_.size() <= kChunksKept) return;
  // Nothing is queued any more: what a full relay needed goes back.
  chunks_.clear();
  free_ = kNone;
  by_key_ = boost::unordered_flat_set<RowId, Hash, Equal>(0, Hash{this}, Equal{this});
}

RowId Rows::find(AgentRef from, AgentRef to, const MsgId& msg_id) const {
  const auto found = by_key_.find(Key{from, to, msg_id});
  return found == by_key_.end() ? kNone : *found;
}

}  // namespace agentroom::relay
