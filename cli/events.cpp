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

struct Printer {
  Output& out;

  void operator()(const agent_events::Connected& /*event*/) const {}
  void operator()(const agent_events::Disconnected& /*event*/) const {}

  void operator()(const agent_events::PeerOnline& e) const {
    out.event("peer_online", {{"pk", key(e.peer)}, {"name", printable(e.name)}},
              stamped(out, Style::kGood, "+", out.styled(Style::kBold, peer_text(e.peer, e.name)) + " is here"));
  }

  void operator()(const agent_events::Received& e) const {
    object members{
        {"from", key(e.from)}, {"from_name", printable(e.from_name)}, {"msg_id", uuid(e.msg_id)}, {"text", e.text}};
    if (e.in_reply_to) members["in_reply_to"] = uuid(*e.in_reply_to);
    out.event("received", std::move(members),
              stamped(out, Style::kNotice, "<-",
                      out.styled(Style::kBold, peer_text(e.from, e.from_name)) + ": " + quote_text(e.text)));
  }

  void operator()(const agent_events::Replied& e) const {
    out.event(
        "replied",
        {{"to", key(e.to)},
         {"msg_id", uuid(e.msg_id)},
         {"in_reply_to", uuid(e.in_reply_to)},
         {"text", e.text},
         {"turn", e.turn}},
        stamped(out, Style::kGood, "->", out.styled(Style::kBold, short_key(key(e.to))) + ": " + quote_text(e.text)));
  }

  void operator()(const agent_events::NoReply& e) const {
    out.event("no_reply", {{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}},
              stamped(out, Style::kDim, "--", "no reply to " + short_key(key(e.from))));
  }

  void operator()(const agent_events::HandlerFailed& e) const {
    out.event("handler_error", error_members({{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}}, e.error),
              stamped(out, Style::kBad, "!!", "the handler failed: " + printable(e.error.message)));
  }

  void operator()(const agent_events::SendProgress& e) const {
    if (e.status != SendStatus::kFailed) return;
    const Error error = e.error.value_or(Error{ErrorCode::kInternal, "given up", {}});
    out.event("send_error", error_members({{"to", key(e.to)}, {"msg_id", uuid(e.msg_id)}}, error),
              stamped(out, Style::kBad, "!!", "not sent to " + short_key(key(e.to)) + ": " + printable(error.message)));
  }

  void operator()(const agent_events::Unreadable& e) const {
    out.event("unreadable", {{"from", key(e.from)}, {"msg_id", uuid(e.msg_id)}, {"error", printable(e.why)}},
              stamped(out, Style::kBad, "!!", "unreadable, from " + short_key(key(e.from)) + ": " + printable(e.why)));
  }

  void operator()(const agent_events::InviteClosed& e) const {
    out.event("invite_closed", {{"invite_id", uuid(e.invite_id)}, {"error", printable(e.why)}},
              stamped(out, Style::kNotice, "!!", "an invite is closed: " + printable(e.why)));
  }

  void operator()(const agent_events::StoreFailed& e) const {
    out.event("store_error", error_members({}, e.error),
              stamped(out, Style::kBad, "!!", "the store failed: " + printable(e.error.message)));
  }
};

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

void print_event(Output& out, const AgentEvent& event) {
  std::visit(Printer{out}, event);
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
