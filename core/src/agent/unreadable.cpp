#include "agent/unreadable.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace agentroom::agent {

Result<void> UnreadableMessages::load() {
  return context_.journal.read_all(RecordKind::kUnreadable, [&](ByteView key, ByteView value) -> Result<void> {
    auto record = decode_unreadable(value);
    if (!record) return pass(record);
    const auto sequence = sequence_of(key);
    if (!sequence) return fail(ErrorCode::kCorrupt, "the store holds a record under a wrong key");
    rows_.push_back({*sequence, record->from, record->msg_id, record->envelope.size()});
    bytes_ += record->envelope.size();
    next_sequence_ = *sequence + 1;
    return {};
  });
}

bool UnreadableMessages::holds(const AgentId& from, const MsgId& msg_id) const {
  return std::ranges::any_of(rows_, [&](const Row& row) { return row.from == from && row.msg_id == msg_id; });
}

void UnreadableMessages::keep(const AgentId& from, const MsgId& msg_id, ByteView envelope, const std::string& why) {
  const std::uint64_t sequence = next_sequence_++;
  rows_.push_back({sequence, from, msg_id, envelope.size()});
  bytes_ += envelope.size();
  context_.journal.put(
      sequence_key(RecordKind::kUnreadable, sequence),
      encode(UnreadableRecord{
          .from = from, .msg_id = msg_id, .at = context_.now.unix_ms, .why = why, .envelope = to_bytes(envelope)}));
  while (rows_.size() > protocol::kUnreadableKept || bytes_ > protocol::kUnreadableBytes) {
    context_.journal.remove(sequence_key(RecordKind::kUnreadable, rows_.front().sequence));
    bytes_ -= rows_.front().size;
    rows_.pop_front();
  }
}

}  // namespace agentroom::agent
