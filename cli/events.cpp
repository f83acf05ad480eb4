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

std::string stamped(Output& out, Style style, const std::string& sign, const std::string& rest) {
  return out.styled(Style::kDim, clock_text(unix_ms())) + "  " + out.styled(style, sign) + " " + rest;
}

object error_members(object members, const Error& error) {
  members["error"] = printable(error.message);
  members["code"] = code_name(error.code);
  if (!error.hint.empty()) members["hint"] = printable(error.hint);
  return members;
}

}  // namespace

std::string peer_text(const AgentId& peer, const std::string& name) {
  const std::string clean = clean_name(name);
  return clean.empty() ? short_key(key(peer)) : clean;
}

std::string quote_text(const std::string& text) {
  std::string out;
  for (const char c : printable(text, true)) {
    out += c;
    if (c == '\n') out += "              ";  // under the text: after the time, the sign and their spaces
  }
  return out;
}

object invite_members(const CreatedInvite& invite) {
  return {{"url", invite.url}, {"invite_id", uuid(invite.invite_id)}, {"expires_at", invite.expires_at}};
}

void print_message(Output& out, const HandlerMessage& message) {
  out.event(
      "message",
      {{"from", key(message.from)},
       {"from_name", printable(message.from_name)},
       {"text", message.text},
       {"msg_id", uuid(message.msg_id)},
       {"sent_at", message.sent_at}},
      stamped(out, Style::kNotice, "<-",
              out.styled(Style::kBold, peer_text(message.from, message.from_name)) + ": " + quote_text(message.text)));
}

void EventPrinter::tell(const agent_events::PeerOnline& e) {
  names_[e.peer] = e.name;
  out_.event("peer_online", {{"pk", key(e.peer)}, {"name", printable(e.name)}},
             stamped(out_, Style::kGood, "+", out_.styled(Style::kBold, peer_text(e.peer, e.name)) + " is here"));
}

void EventPrinter::tell(const agent_events::Received& e) {
  names_[e.from] = e.from_name;
  object members{
      {"from", key(e.from)}, {"from_name", printable(e.from_name)}, {"msg_id", uuid(e.msg_id)}, {"text", e.text}};
  if (e.in_reply_to) members["in_reply_to"] = uuid(*e.in_reply_to);
  out_.event("received", std::move(members),
             stamped(out_, Style::kNotice, "<-",
                     out_.styled(Style::kBold, peer_text(e.from, e.from_name)) + ": " + quote_text(e.text)));
}

void EventPrinter::tell(const agent_events::Replied& e) {
  out_.event("replied",
             {{"to", key(e.to)},
              {"msg_id", uuid(e.msg_id)},
              {"in_reply_to", uuid(e.in_reply_to)},
              {"text", e.text},
              {"turn", e.turn}},
             stamped(out_, Style::kGood, "->", out_.styled(Style::kBold, name_of(e.to)) + ": " + quote_text(e.text)));
}

void EventPrinter::tell(const agent_events::NoReply& e) {
  out_.event("no_reply", {{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}},
             stamped(out_, Style::kDim, "--", "no reply to " + name_of(e.from)));
}

void EventPrinter::tell(const agent_events::HandlerFailed& e) {
  out_.event("handler_error", error_members({{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}}, e.error),
             stamped(out_, Style::kBad, "!!", "the handler failed: " + printable(e.error.message)));
}

void EventPrinter::tell(const agent_events::SendProgress& e) {
  if (e.status != SendStatus::kFailed) return;
  const Error error = e.error.value_or(Error{ErrorCode::kInternal, "given up", {}});
  out_.event("send_error", error_members({{"to", key(e.to)}, {"msg_id", uuid(e.msg_id)}}, error),
             stamped(out_, Style::kBad, "!!", "not sent to " + name_of(e.to) + ": " + printable(error.message)));
}

void EventPrinter::tell(const agent_events::Unreadable& e) {
  out_.event("unreadable", {{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}, {"error", printable(e.why)}},
             stamped(out_, Style::kBad, "!!", "unreadable, from " + name_of(e.from) + ": " + printable(e.why)));
}

void EventPrinter::tell(const agent_events::InviteClosed& e) {
  out_.event("invite_closed", {{"invite_id", uuid(e.invite_id)}, {"error", printable(e.why)}},
             stamped(out_, Style::kNotice, "!!", "an invite is closed: " + printable(e.why)));
}

void EventPrinter::tell(const agent_events::StoreFailed& e) {
  out_.event("store_error", error_members({}, e.error),
             stamped(out_, Style::kBad, "!!", "the store failed: " + printable(e.error.message)));
}

std::string EventPrinter::name_of(const AgentId& peer) const {
  const auto found = names_.find(peer);
  return peer_text(peer, found == names_.end() ? std::string() : found->second);
}

void EventPrinter::print(const AgentEvent& event) {
  std::visit([this](const auto& each) { tell(each); }, event);
}

LinkPrinter::LinkPrinter(Output& out, std::string first, std::string server, const AgentId& self)
    : out_(out), first_(std::move(first)), server_(std::move(server)), self_(key(self)) {}

void LinkPrinter::connected(const agent_events::Connected& event) {
  if (event.url != server_) return;
  const bool again = connections_++ > 0;
  down_ = false;
  const std::string where = out_.styled(Style::kDim, printable(event.url));
  if (again) {
    out_.event("reconnect", {{"server", event.url}, {"pending", event.pending}},
               stamped(out_, Style::kGood, "==", "connected again to " + where));
    return;
  }
  out_.event(first_, {{"pk", self_}, {"server", event.url}, {"pending", event.pending}},
             stamped(out_, Style::kGood,
                     "==", first_ + " as " + out_.styled(Style::kBold, short_key(self_)) + " on " + where));
}

void LinkPrinter::disconnected(const agent_events::Disconnected& event) {
  if (event.url != server_) return;
  const std::int64_t retry_ms = std::chrono::duration_cast<std::chrono::milliseconds>(event.retry_in).count();
  object members = error_members({{"server", event.url}}, event.why);
  if (!event.final) members["retry_in_ms"] = retry_ms;
  // To people each outage is told once, to programs each attempt.
  const bool told = std::exchange(down_, true);
  const std::string line =
      told ? std::string()
           : stamped(out_, Style::kBad,
                     "==", printable(event.why.message) + (event.final ? "" : "; trying again until it works"));
  out_.event("disconnect", std::move(members), line);
}

}  // namespace agentroom::cli
