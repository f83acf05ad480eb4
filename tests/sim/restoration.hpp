// What still holds when an agent's store is put back as it was once.
#pragma once

#include <map>
#include <set>

#include "agent_disk.hpp"
#include "agentroom/agent_engine.hpp"
#include "chronicle.hpp"

namespace agentroom::sim {

/// A store from a backup has forgotten messages that were acknowledged and knows keys that are spent, so nothing that
/// was promised holds. This does all the same: no session is set up or set back but by an invite; a text that is
/// written afterwards is handled, or its sender or its recipient is told that it was not; and in a session that a new
/// invite makes it is handled.
class Restoration {
 public:
  explicit Restoration(Chronicle& chronicle) : chronicle_(chronicle) {}

  /// From the begin of the run.
  void on_commit(const AgentId& agent, const Transaction& changes);

  /// From now on texts are followed.
  void begin() { begun_ = true; }
  /// New invites are made from now on.
  void renew();

  void on_written(const AgentId& from, const AgentId& to, const MsgId& msg_id);
  void on_report(const AgentEvent& event);

  /// Both have the session of an invite that was made after `renew()`.
  bool renewed(const AgentId& one, const AgentId& other) const;

  /// All is at rest: every text that was written is accounted for; `strictly`: handled.
  void settle(bool strictly);

 private:
  struct Text {
    AgentId from;
    AgentId to;
    bool handled = false;
    bool reported = false;
  };

  Chronicle& chronicle_;
  bool begun_ = false;
  bool renewing_ = false;
  std::set<SessionId> known_;                       // sessions that an invite made before the restore
  std::map<SessionId, std::set<AgentId>> renewed_;  // those made after `renew()`, and who has them
  std::map<MsgId, Text> texts_;
};

}  // namespace agentroom::sim
