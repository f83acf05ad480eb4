// Messages that could not be read, kept apart for their owner to look into.
#pragma once

#include <deque>

#include "agent/context.hpp"
#include "agent/records.hpp"

namespace agentroom::agent {

/// At most 100 messages and 1 MiB; the oldest make room.
class UnreadableMessages {
 public:
  explicit UnreadableMessages(Context& context) : context_(context) {}
  Result<void> load();

  /// True when this very message lies here already.
  bool holds(const AgentId& from, const MsgId& msg_id) const;
  void keep(const AgentId& from, const MsgId& msg_id, ByteView envelope, const std::string& why);

 private:
  struct Row {
    std::uint64_t sequence;
    AgentId from;
    MsgId msg_id;
    std::size_t size;
  };

  Context& context_;
  std::deque<Row> rows_;
  std::size_t bytes_ = 0;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace agentroom::agent
