// What an agent's events look like on stdout.
#pragma once

#include <map>
#include <string>

#include "agentroom/agent_engine.hpp"
#include "output.hpp"

namespace agentroom::cli {

/// How a person sees a peer: its name when there is one, else the beginning of its key. Safe on a terminal.
std::string peer_text(const AgentId& peer, const std::string& name);
/// Text from a peer as people see it: escaped, later lines indented under the first.
std::string quote_text(const std::string& text);

/// The members of a result that tell an invite.
boost::json::object invite_members(const CreatedInvite& invite);

/// `message`, with everything known of it.
void print_message(Output& out, const HandlerMessage& message);

/// Tells an agent's events, but for connections and messages of `listen`, which their commands know better.
///
///   Received -> received; Replied -> replied; NoReply -> no_reply; HandlerFailed -> handler_error;
///   SendProgress that failed -> send_error; PeerOnline -> peer_online; Unreadable -> unreadable;
///   InviteClosed -> invite_closed; StoreFailed -> store_error
class EventPrinter {
 public:
  explicit EventPrinter(Output& out) : out_(out) {}

  void print(const AgentEvent& event);

 private:
  void tell(const agent_events::PeerOnline& event);
  void tell(const agent_events::Received& event);
  void tell(const agent_events::Replied& event);
  void tell(const agent_events::NoReply& event);
  void tell(const agent_events::HandlerFailed& event);
  void tell(const agent_events::SendProgress& event);
  void tell(const agent_events::Unreadable& event);
  void tell(const agent_events::InviteClosed& event);
  void tell(const agent_events::StoreFailed& event);
  void tell(const agent_events::Connected& /*event*/) {}
  void tell(const agent_events::Disconnected& /*event*/) {}

  /// A peer by the name that an earlier event gave it.
  std::string name_of(const AgentId& peer) const;

  Output& out_;
  std::map<AgentId, std::string> names_;  // one for each peer that was heard of
};

/// Tells the state of the one link that a command keeps: `first` (its own name for it) once, then `disconnect` and
/// `reconnect`.
class LinkPrinter {
 public:
  LinkPrinter(Output& out, std::string first, std::string server, const AgentId& self);

  void connected(const agent_events::Connected& event);
  void disconnected(const agent_events::Disconnected& event);

  bool ever_connected() const { return connections_ > 0; }

 private:
  Output& out_;
  std::string first_;
  std::string server_;
  std::string self_;
  unsigned connections_ = 0;
  bool down_ = false;
};

}  // namespace agentroom::cli
