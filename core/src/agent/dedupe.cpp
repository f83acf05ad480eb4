#include "agent/dedupe.hpp"

#include "agent/records.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {

const SeenKey& Dedupe::key_of(const AgentId& from, const MsgId& msg_id) {
  if (!asked_ || asked_->from != from || asked_->msg_id != msg_id) {
    asked_ = {.from = from, .msg_id = msg_id, .key = seen_key(context_.journal.sealer(), from, msg_id)};
  }
  return asked_->key;
}

Result<bool> Dedupe::seen(const AgentId& from, const MsgId& msg_id) {
  const SeenKey key = key_of(from, msg_id);
  if (under_way_.contains(key)) return true;
  auto record = context_.journal.read(key.view());
  if (!record) return pass(record);
  if (!*record) return false;
  auto at = decode_seen(**record);
  if (!at) return pass(at);
  return true;
}

void Dedupe::record(const AgentId& from, const MsgId& msg_id) {
  const SeenKey key = key_of(from, msg_id);
  under_way_.insert(key);
  context_.journal.put(to_bytes(key.view()), encode_seen(context_.now.unix_ms));
  context_.journal.then([this, key] { under_way_.erase(key); });
  ++recorded_;
}

Result<void> Dedupe::expire_some() {
  recorded_ = 0;
  std::size_t visited = 0;
  auto read = context_.journal.read_some(RecordKind::kSeen, cursor_, kExpireBatch,
                                         [&](ByteView key, ByteView value) -> Result<void> {
                                           auto at = decode_seen(value);
                                           if (!at) return pass(at);
                                           ++visited;
                                           cursor_ = to_bytes(key);
                                           if (*at + protocol::kDedupeLifeMs < context_.now.unix_ms)
                                             context_.journal.remove_later(cursor_, context_.now);
                                           return {};
                                         });
  if (visited < kExpireBatch) cursor_.clear();  // from the first again
  return read;
}

}  // namespace agentroom::agent
