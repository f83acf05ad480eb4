#include "events.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;

std::string key(const AgentId& agent) {
  return base64url(agent.view());
}

template <class Id>
std::string uuid(const Id& id) {
  return uuid_text(id.view());
}

}  // namespace

object error_members(object members, const Error& error) {
  members["error"] = printable(error.message);
  members["code"] = code_name(error.code);
  if (!error.hint.empty()) members["hint"] = printable(error.hint);
  return members;
}

object invite_members(const CreatedInvite& invite) {
  return {{"url", invite.url}, {"invite_id", uuid(invite.invite_id)}, {"expires_at", invite.expires_at}};
}

object message_members(const HandlerMessage& message) {
  return {{"from", key(message.from)},
          {"from_name", printable(message.from_name)},
          {"text", message.text},
          {"msg_id", uuid(message.msg_id)},
          {"sent_at", message.sent_at}};
}

object AgentEventTeller::of_peer(const std::string& role, const AgentId& peer) const {
  object members{{role, key(peer)}};
  if (const auto found = names_.find(peer); found != names_.end()) members[role + "_name"] = printable(found->second);
  return members;
}

void AgentEventTeller::tell_one(const agent_events::PeerOnline& e) {
  names_[e.peer] = e.name;
  stream_.tell("peer_online", {{"pk", key(e.peer)}, {"name", printable(e.name)}});
}

void AgentEventTeller::tell_one(const agent_events::Received& e) {
  names_[e.from] = e.from_name;
  object members{{"from", key(e.from)},
                 {"from_name", printable(e.from_name)},
                 {"text", e.text},
                 {"msg_id", uuid(e.msg_id)},
                 {"sent_at", e.sent_at}};
  if (e.in_reply_to) members["in_reply_to"] = uuid(*e.in_reply_to);
  stream_.tell("received", std::move(members));
}

void AgentEventTeller::tell_one(const agent_events::Replied& e) {
  object members = of_peer("to", e.to);
  members["msg_id"] = uuid(e.msg_id);
  members["in_reply_to"] = uuid(e.in_reply_to);
  members["text"] = e.text;
  members["turn"] = e.turn;
  stream_.tell("replied", std::move(members));
}

void AgentEventTeller::tell_one(const agent_events::NoReply& e) {
  object members = of_peer("from", e.from);
  members["msg_id"] = uuid(e.msg_id);
  stream_.tell("no_reply", std::move(members));
}

void AgentEventTeller::tell_one(const agent_events::HandlerFailed& e) {
  object members = of_peer("from", e.from);
  members["msg_id"] = uuid(e.msg_id);
  stream_.tell("handler_error", error_members(std::move(members), e.error));
}

void AgentEventTeller::tell_one(const agent_events::SendProgress& e) {
  if (e.status != SendStatus::kFailed) return;
  object members = of_peer("to", e.to);
  members["msg_id"] = uuid(e.msg_id);
  stream_.tell("send_error",
               error_members(std::move(members), e.error.value_or(Error{ErrorCode::kInternal, "given up", {}})));
}

void AgentEventTeller::tell_one(const agent_events::Unreadable& e) {
  object members = of_peer("from", e.from);
  members["msg_id"] = uuid(e.msg_id);
  members["error"] = printable(e.why);
  stream_.tell("unreadable", std::move(members));
}

void AgentEventTeller::tell_one(const agent_events::InviteClosed& e) {
  stream_.tell("invite_closed", {{"invite_id", uuid(e.invite_id)}, {"error", printable(e.why)}});
}

void AgentEventTeller::tell_one(const agent_events::RelayRefused& e) {
  stream_.tell("relay_refused", error_members({{"server", e.url}, {"shown", base64url(e.shown.view())}}, e.why));
}

void AgentEventTeller::tell_one(const agent_events::StoreFailed& e) {
  stream_.tell("store_error", error_members({}, e.error));
}

void AgentEventTeller::tell(const AgentEvent& event) {
  std::visit([this](const auto& each) { tell_one(each); }, event);
}

LinkTeller::LinkTeller(EventStream& stream, std::string first, std::string server, const AgentId& self)
    : stream_(stream), first_(std::move(first)), server_(std::move(server)), self_(key(self)) {}

void LinkTeller::connected(const agent_events::Connected& event) {
  if (event.url != server_) return;
  failures_ = 0;
  object members{{"server", event.url}, {"pending", event.pending}};
  if (event.through != event.url) members["through"] = printable(event.through);
  if (std::exchange(was_connected_, true)) return stream_.tell("reconnect", std::move(members));
  members["pk"] = self_;
  stream_.tell(first_, std::move(members));
}

void LinkTeller::disconnected(const agent_events::Disconnected& event) {
  if (event.url != server_) return;
  object members = error_members({{"server", event.url}, {"attempt", ++failures_}}, event.why);
  if (!event.final) {
    members["retry_in_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(event.retry_in).count();
  }
  stream_.tell("disconnect", std::move(members));
}

}  // namespace agentroom::cli
