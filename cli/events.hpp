// An agent's events as programs see them.
#pragma once

#include <map>
#include <string>

#include "agentroom/agent_engine.hpp"
#include "event_stream.hpp"

namespace agentroom::cli {

/// The members of a result that tell an invite.
boost::json::object invite_members(const CreatedInvite& invite);
/// The members of `message` and `received`.
boost::json::object message_members(const HandlerMessage& message);
/// Adds error, code and hint.
boost::json::object error_members(boost::json::object members, const Error& error);

/// Tells an agent's events, but for those of its links.
///
///   Received -> received; Replied -> replied; NoReply -> no_reply; HandlerFailed -> handler_error;
///   SendProgress that failed -> send_error; PeerOnline -> peer_online; Unreadable -> unreadable;
///   InviteClosed -> invite_closed; RelayRefused -> relay_refused; StoreFailed -> store_error
class AgentEventTeller {
 public:
  explicit AgentEventTeller(EventStream& stream) : stream_(stream) {}

  void tell(const AgentEvent& event);

 private:
  void tell_one(const agent_events::PeerOnline& event);
  void tell_one(const agent_events::Received& event);
  void tell_one(const agent_events::Replied& event);
  void tell_one(const agent_events::NoReply& event);
  void tell_one(const agent_events::HandlerFailed& event);
  void tell_one(const agent_events::SendProgress& event);
  void tell_one(const agent_events::Unreadable& event);
  void tell_one(const agent_events::InviteClosed& event);
  void tell_one(const agent_events::RelayRefused& event);
  void tell_one(const agent_events::StoreFailed& event);
  void tell_one(const agent_events::Connected& /*event*/) {}
  void tell_one(const agent_events::Disconnected& /*event*/) {}

  /// `role` ("from" or "to") and `role`_name, the name that an earlier event gave the peer.
  boost::json::object of_peer(const std::string& role, const AgentId& peer) const;

  EventStream& stream_;
  std::map<AgentId, std::string> names_;  // one for each peer that was heard of
};

/// Tells the state of the one link that a command keeps: `first` (its own name for it) once, then `disconnect` and
/// `reconnect`.
class LinkTeller {
 public:
  LinkTeller(EventStream& stream, std::string first, std::string server, const AgentId& self);

  void connected(const agent_events::Connected& event);
  void disconnected(const agent_events::Disconnected& event);

 private:
  EventStream& stream_;
  std::string first_;
  std::string server_;
  std::string self_;
  bool was_connected_ = false;
  unsigned failures_ = 0;  // in a row
};

}  // namespace agentroom::cli
