// Messages that are taken and not handled yet (protocol sections 7.4 and 7.5).
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "agent/context.hpp"
#include "agent/records.hpp"

namespace agentroom::agent {

/// Rows by peer, in the order in which they came. At most 10,000 and 64 MiB in all: what comes beyond is refused, so
/// that its sender learns of it.
class Inbox {
 public:
  static constexpr std::size_t kMaxRows = 10'000;
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  /// Of a handler's attempt.
  enum class Mark : std::uint8_t { kNone, kStaged, kDurable };
  struct Row {
    std::uint64_t sequence = 0;
    IncomingRecord record;
    bool stored_before = false;  ///< by an earlier run of the agent
    Mark mark = Mark::kNone;
  };

  explicit Inbox(Context& context) : context_(context) {}
  Result<void> load();

  bool full(std::size_t text_bytes) const { return rows_ >= kMaxRows || bytes_ + text_bytes > kMaxBytes; }
  /// Stages it.
  void add(IncomingRecord record);
  /// The next row of a peer, or null.
  Row* front(const AgentId& peer) { return at(peer, 0); }
  /// The one that many places behind it, or null.
  Row* at(const AgentId& peer, std::size_t place);
  /// Stages a changed row.
  void save(const Row& row);
  /// The front row is handled: stages its removal.
  void pop(const AgentId& peer);
  void drop_peer(const AgentId& peer);

  std::size_t count(const AgentId& peer) const;
  std::vector<AgentId> peers() const;

 private:
  Context& context_;
  std::unordered_map<AgentId, std::deque<Row>> by_peer_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace agentroom::agent
