#include "words.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"

namespace agentroom::client {
namespace {

SendStatus status_of(agentroom::SendStatus status) {
  switch (status) {
    case agentroom::SendStatus::kPending:
      return SendStatus::kPending;
    case agentroom::SendStatus::kQueued:
      return SendStatus::kQueued;
    case agentroom::SendStatus::kDelivered:
      return SendStatus::kDelivered;
    case agentroom::SendStatus::kFailed:
      break;
  }
  return SendStatus::kFailed;
}

PeerState state_of(agentroom::PeerState state) {
  switch (state) {
    case agentroom::PeerState::kClaiming:
      return PeerState::kClaiming;
    case agentroom::PeerState::kWaiting:
      return PeerState::kWaiting;
    case agentroom::PeerState::kUnanswered:
      return PeerState::kUnanswered;
    case agentroom::PeerState::kReady:
      break;
  }
  return PeerState::kReady;
}

struct Tell {
  std::optional<Event> operator()(const agent_events::Connected& e) const {
    return Connected{.server = e.url, .waiting = e.pending};
  }
  std::optional<Event> operator()(const agent_events::Disconnected& e) const {
    if (e.more) return std::nullopt;  // another way to the same relay is tried at once
    return Disconnected{.server = e.url,
                        .why = error_of(e.why),
                        .retry_in = std::chrono::duration_cast<std::chrono::milliseconds>(e.retry_in),
                        .final = e.final};
  }
  /// Disconnected follows, with the same error.
  std::optional<Event> operator()(const agent_events::RelayRefused& /*event*/) const { return std::nullopt; }
  std::optional<Event> operator()(const agent_events::PeerOnline& e) const {
    return PeerJoined{.peer = key_text(e.peer), .name = printable(e.name)};
  }
  /// The message comes by itself.
  std::optional<Event> operator()(const agent_events::Received& /*event*/) const { return std::nullopt; }
  /// Who answered hears it by the call.
  std::optional<Event> operator()(const agent_events::Replied& /*event*/) const { return std::nullopt; }
  std::optional<Event> operator()(const agent_events::NoReply& /*event*/) const { return std::nullopt; }
  std::optional<Event> operator()(const agent_events::HandlerFailed& e) const {
    return MessageGivenUp{.peer = key_text(e.from), .id = uuid_text(e.msg_id.view()), .why = error_of(e.error)};
  }
  std::optional<Event> operator()(const agent_events::SendProgress& e) const {
    SendProgress progress{
        .peer = key_text(e.to), .id = uuid_text(e.msg_id.view()), .status = status_of(e.status), .why = {}};
    if (e.error) progress.why = error_of(*e.error);
    return progress;
  }
  std::optional<Event> operator()(const agent_events::Unreadable& e) const {
    return MessageUnreadable{.peer = key_text(e.from), .id = uuid_text(e.msg_id.view()), .why = printable(e.why)};
  }
  std::optional<Event> operator()(const agent_events::InviteClosed& e) const {
    return InviteClosed{.id = uuid_text(e.invite_id.view()), .why = printable(e.why)};
  }
  std::optional<Event> operator()(const agent_events::StoreFailed& e) const { return StoreFailed{error_of(e.error)}; }
};

}  // namespace

Error error_of(const agentroom::Error& error) {
  return {std::string(code_name(error.code)), printable(error.message), printable(error.hint)};
}

std::string key_text(const AgentId& agent) {
  return base64url(agent.view());
}

Message message_of(const HandlerMessage& message) {
  return {.id = uuid_text(message.msg_id.view()),
          .peer = key_text(message.from),
          .peer_name = printable(message.from_name),
          .text = message.text,
          .conversation_id = uuid_text(message.conversation_id.view()),
          .in_reply_to = message.in_reply_to ? uuid_text(message.in_reply_to->view()) : std::string(),
          .attempt = message.attempt,
          .hops = message.hops,
          .sent_at = message.sent_at};
}

Peer peer_of(const PeerSummary& peer) {
  return {.key = key_text(peer.id),
          .name = printable(peer.name),
          .server = peer.server_url,
          .state = state_of(peer.state),
          .unsent = peer.outbox,
          .unhandled = peer.inbox};
}

std::optional<Event> event_of(const AgentEvent& event) {
  return std::visit(Tell{}, event);
}

}  // namespace agentroom::client
