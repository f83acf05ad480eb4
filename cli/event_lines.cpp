#include "event_lines.hpp"

#include <array>

#include "base/text.hpp"

namespace agentroom::cli {
namespace {

/// An event with its members as text.
class Line {
 public:
  Line(const Output& out, const boost::json::object& event) : out_(out), event_(event) {}

  std::string text(std::string_view member) const {
    const boost::json::value* value = event_.if_contains({member.data(), member.size()});
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
  }
  std::int64_t number(std::string_view member) const {
    const boost::json::value* value = event_.if_contains({member.data(), member.size()});
    boost::system::error_code error;
    return value == nullptr ? 0 : value->to_number<std::int64_t>(error);
  }
  bool has(std::string_view member) const { return event_.contains({member.data(), member.size()}); }

  bool flag(std::string_view member) const {
    const boost::json::value* value = event_.if_contains({member.data(), member.size()});
    return value != nullptr && value->is_bool() && value->as_bool();
  }

  std::string said() const { return quote_text(text("text")); }
  std::string error() const { return printable(text("error")); }
  /// `from` or `to`, in bold.
  std::string peer(const std::string& member) const { return bold(peer_text(text(member), text(member + "_name"))); }
  std::string bold(std::string_view plain) const { return out_.styled(Style::kBold, plain); }
  std::string dim(std::string_view plain) const { return out_.styled(Style::kDim, plain); }

  /// The time, a sign, and the rest.
  std::string stamped(Style style, std::string_view sign, const std::string& rest) const {
    return dim(clock_text(number("ts"))) + "  " + out_.styled(style, sign) + " " + rest;
  }

 private:
  const Output& out_;
  const boost::json::object& event_;
};

std::string message(const Line& e) {
  return e.stamped(Style::kNotice, "<-", e.peer("from") + ": " + e.said());
}
std::string replied(const Line& e) {
  return e.stamped(Style::kGood, "->", e.peer("to") + ": " + e.said());
}
std::string no_reply(const Line& e) {
  return e.stamped(Style::kDim, "--", "no reply to " + e.peer("from"));
}
std::string handler_error(const Line& e) {
  return e.stamped(Style::kBad, "!!", "no answer to " + e.peer("from") + ": " + e.error());
}
std::string send_error(const Line& e) {
  return e.stamped(Style::kBad, "!!", "not sent to " + e.peer("to") + ": " + e.error());
}
std::string peer_online(const Line& e) {
  return e.stamped(Style::kGood, "+ ", e.bold(peer_text(e.text("pk"), e.text("name"))) + " is here");
}
std::string unreadable(const Line& e) {
  return e.stamped(Style::kBad, "!!", "unreadable, from " + e.peer("from") + ": " + e.error());
}
std::string invite_closed(const Line& e) {
  return e.stamped(Style::kNotice, "!!", "an invite is closed: " + e.error());
}
std::string relay_refused(const Line& e) {
  return e.stamped(Style::kBad, "!!", e.error() + "; nothing is sent to it, trying again until the right one answers");
}
std::string events_dropped(const Line& e) {
  return e.stamped(
      Style::kNotice, "!!",
      std::to_string(e.number("count")) + " events were not shown: nobody read them, or the disk was full");
}
std::string store_error(const Line& e) {
  return e.stamped(Style::kBad, "!!", "the store failed: " + e.error());
}
/// The relay was reached at another URL than its own.
std::string through(const Line& e) {
  return e.has("through") ? " through " + e.dim(printable(e.text("through"))) : std::string();
}
std::string first_connection(const Line& e) {
  std::string line = e.text("type") + " as " + e.bold(peer_text(e.text("pk"), {})) + " on " +
                     e.dim(printable(e.text("server"))) + through(e);
  if (e.has("owner_pid")) line += ", beside pid " + std::to_string(e.number("owner_pid"));
  return e.stamped(Style::kGood, "==", line);
}
std::string reconnect(const Line& e) {
  return e.stamped(Style::kGood, "==", "connected again to " + e.dim(printable(e.text("server"))) + through(e));
}
/// To people each outage is told once, to programs each attempt. A relay that is refused has an event of its own.
std::string disconnect(const Line& e) {
  if (e.number("attempt") > 1 || e.text("code") == "relay_identity_changed") return {};
  return e.stamped(Style::kBad, "==", e.error() + (e.has("retry_in_ms") ? "; trying again until it works" : ""));
}
/// What a tunnel that stands by does is told with a word more.
std::string standing_by(const Line& e) {
  return e.flag("standby") ? " (stands by)" : "";
}
std::string tunnel(const Line& e) {
  return e.stamped(Style::kGood, "==",
                   "public URL " + e.bold(printable(e.text("url"))) + standing_by(e) +
                       (e.flag("reachable") ? "" : ", which does not work yet: " + e.error()));
}
std::string tunnel_moved(const Line& e) {
  return e.stamped(Style::kNotice, "==", "the tunnel that stood by is in use now: " + e.bold(printable(e.text("url"))));
}
std::string tunnel_lost(const Line& e) {
  return e.stamped(Style::kBad, "==", "a tunnel is lost" + standing_by(e) + ": " + printable(e.text("reason")));
}
std::string tunnel_error(const Line& e) {
  const std::string hint = e.flag("final") ? "" : printable(e.text("hint"));  // the last word is the command's error
  return e.stamped(Style::kBad, "!!",
                   "no tunnel" + standing_by(e) + ": " + e.error() + (e.flag("final") ? "" : "; trying again") +
                       (hint.empty() ? "" : "\n             " + hint));
}
/// An event that has its plugin's name. How far a transfer is stands on the progress line; of the tunnel that stands by
/// people are told when it is up.
std::string tunnel_step(const Line& e) {
  if (e.has("bytes") || e.flag("standby")) return {};
  const std::string detail = printable(e.text("detail"));
  return e.stamped(
      Style::kDim, "..",
      printable(e.text("type")) + ": " + printable(e.text("state")) + (detail.empty() ? "" : ", " + detail));
}
std::string done(const Line& e) {
  const std::int64_t turns = e.number("turns");
  return e.dim("done after " + std::to_string(turns) + (turns == 1 ? " reply" : " replies"));
}

struct Writer {
  std::string_view type;
  std::string (*write)(const Line&);
};
constexpr std::array kWriters{Writer{"message", message},
                              Writer{"received", message},
                              Writer{"replied", replied},
                              Writer{"no_reply", no_reply},
                              Writer{"handler_error", handler_error},
                              Writer{"send_error", send_error},
                              Writer{"peer_online", peer_online},
                              Writer{"unreadable", unreadable},
                              Writer{"invite_closed", invite_closed},
                              Writer{"relay_refused", relay_refused},
                              Writer{"events_dropped", events_dropped},
                              Writer{"store_error", store_error},
                              Writer{"serving", first_connection},
                              Writer{"listening", first_connection},
                              Writer{"reconnect", reconnect},
                              Writer{"disconnect", disconnect},
                              Writer{"tunnel", tunnel},
                              Writer{"tunnel_moved", tunnel_moved},
                              Writer{"tunnel_lost", tunnel_lost},
                              Writer{"tunnel_error", tunnel_error},
                              Writer{"done", done}};

}  // namespace

std::string peer_text(std::string_view key, std::string_view name) {
  const std::string clean = clean_name(name);
  return clean.empty() ? printable(short_key(key)) : clean;
}

std::string quote_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text, true)) {
    out += c;
    if (c == '\n') out += "              ";  // under the text: after the time, the sign and their spaces
  }
  return out;
}

std::string event_line(const Output& out, const boost::json::object& event) {
  const Line line(out, event);
  const std::string type = line.text("type");
  for (const Writer& writer : kWriters) {
    if (writer.type == type) return writer.write(line);
  }
  return line.has("state") ? tunnel_step(line) : std::string();
}

}  // namespace agentroom::cli
