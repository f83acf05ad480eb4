#include "agent/inbox.hpp"

#include <algorithm>

namespace agentroom::agent {

Result<void> Inbox::load() {
  return context_.journal.read_all(RecordKind::kIncoming, [&](ByteView key, ByteView value) -> Result<void> {
    auto record = decode_incoming(value);
    if (!record) return pass(record);
    const auto sequence = sequence_of(key);
    if (!sequence) return fail(ErrorCode::kCorrupt, "the store holds a record under a wrong key");
    ++rows_;
    bytes_ += record->text.size();
    next_sequence_ = *sequence + 1;
    by_peer_[record->from].push_back({*sequence, std::move(*record), true});
    return {};
  });
}

void Inbox::add(IncomingRecord record) {
  ++rows_;
  bytes_ += record.text.size();
  auto& rows = by_peer_[record.from];
  rows.push_back({next_sequence_++, std::move(record), false});
  save(rows.back());
}

Inbox::Row* Inbox::at(const AgentId& peer, std::size_t place) {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() || place >= found->second.size() ? nullptr : &found->second[place];
}

void Inbox::save(const Row& row) {
  context_.journal.put(sequence_key(RecordKind::kIncoming, row.sequence), encode(row.record));
}

void Inbox::pop(const AgentId& peer) {
  const auto found = by_peer_.find(peer);
  const Row& row = found->second.front();
  context_.journal.remove(sequence_key(RecordKind::kIncoming, row.sequence));
  --rows_;
  bytes_ -= row.record.text.size();
  found->second.pop_front();
  if (found->second.empty()) by_peer_.erase(found);
}

void Inbox::drop_peer(const AgentId& peer) {
  while (front(peer) != nullptr) pop(peer);
}

std::size_t Inbox::count(const AgentId& peer) const {
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? 0 : found->second.size();
}

std::vector<AgentId> Inbox::peers() const {
  std::vector<std::pair<std::uint64_t, AgentId>> fronts;
  fronts.reserve(by_peer_.size());
  for (const auto& [peer, rows] : by_peer_) fronts.emplace_back(rows.front().sequence, peer);
  std::ranges::sort(fronts);
  std::vector<AgentId> peers;
  peers.reserve(fronts.size());
  for (const auto& [sequence, peer] : fronts) peers.push_back(peer);
  return peers;
}

}  // namespace agentroom::agent
