// Which messages were taken already (protocol section 7.4).
#pragma once

#include <optional>
#include <unordered_set>

#include "agent/context.hpp"

namespace agentroom::agent {

/// Dedupe keys (from, msg_id), kept 30 days. They stay in the store and are looked up there; only those of commits
/// under way are in memory.
class Dedupe {
 public:
  explicit Dedupe(Context& context) : context_(context) {}

  /// Errors: kIo, kCorrupt.
  Result<bool> seen(const AgentId& from, const MsgId& msg_id);
  /// Stages the key: in the transaction that takes the message.
  void record(const AgentId& from, const MsgId& msg_id);
  /// Removes expired keys, some at each call and all in turn, as fast as keys come. Errors: kIo, kCorrupt.
  Result<void> expire_some();
  bool expiry_due() const { return recorded_ >= kExpireEvery; }

 private:
  static constexpr std::size_t kExpireEvery = 256;
  static constexpr std::size_t kExpireBatch = 1'024;

  /// That of the last message asked about is remembered.
  const SeenKey& key_of(const AgentId& from, const MsgId& msg_id);

  struct Asked {
    AgentId from;
    MsgId msg_id;
    SeenKey key;
  };

  Context& context_;
  std::optional<Asked> asked_;
  std::unordered_set<SeenKey> under_way_;
  Bytes cursor_;
  std::size_t recorded_ = 0;
};

}  // namespace agentroom::agent
