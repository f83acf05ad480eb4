// Watches the windows of all links.
#pragma once

#include <map>
#include <set>

#include "chronicle.hpp"
#include "wiretap.hpp"

namespace agentroom::sim {

/// The relay leaves at most 64 deliveries and 1 MiB without a receipt, an agent at most 64 messages to one recipient
/// without an answer (protocol section 7). What one side sent counts before the other has heard it, so this sees at
/// most what is truly open; except that neither sees what the other side gave up.
class LinkBounds {
 public:
  explicit LinkBounds(Chronicle& chronicle) : chronicle_(chronicle) {}
  void see(const Wiretap::Overheard& overheard);
  void forget(std::uint64_t link) { links_.erase(link); }

 private:
  struct Link {
    std::map<std::pair<AgentId, MsgId>, std::size_t> delivered;  // without a receipt: bytes
    std::size_t delivered_bytes = 0;
    std::map<MsgId, AgentId> asked;  // without an answer: to whom
    std::map<AgentId, std::size_t> asked_of;
    /// Answers to what an earlier link carried, which the agent may send again before it reads them.
    std::set<MsgId> answered_before;
  };

  Chronicle& chronicle_;
  std::map<std::uint64_t, Link> links_;
};

}  // namespace agentroom::sim
