#include "ask.hpp"
#include "base/text.hpp"
#include "commands.hpp"

namespace agentroom::cli {
namespace {

using boost::json::object;

/// Asks, and tells the answer to programs with `ok`.
std::optional<object> ask_and_tell(const GlobalOptions& globals, Output& out, const runtime::ControlRequest& request,
                                   int& code) {
  auto context = Context::make(globals, out);
  if (!context) {
    code = out.error(context.error());
    return std::nullopt;
  }
  auto answer = ask_agent(*context, request);
  if (!answer) {
    code = out.error(answer.error());
    return std::nullopt;
  }
  object result{{"ok", true}};
  result.insert(answer->begin(), answer->end());
  out.result(result);
  code = 0;
  return std::move(*answer);
}

/// Three lines of four groups, each line indented.
std::string in_lines(std::string_view number) {
  constexpr std::size_t kColumns = 24;  // four groups with the space after each
  std::string text;
  for (std::size_t at = 0; at < number.size(); at += kColumns) {
    text += at == 0 ? "  " : "\n  ";
    text += number.substr(at, kColumns - 1);
  }
  return text;
}

/// How far the session with a peer is, for people.
std::string state_words(std::string_view state) {
  if (state == "claiming") return "not confirmed by the relay yet";
  if (state == "waiting") return "not answered yet";
  if (state == "unanswered") return "never answered: ask for a new invite";
  return std::string(state);
}

std::string text(const object& answer, std::string_view member) {
  return std::string(answer.at({member.data(), member.size()}).as_string());
}

}  // namespace

int run(const PeersCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto answer = ask_agent(*context, {"peers", {}});
  if (!answer) return out.error(answer.error());
  out.result(*answer);
  const boost::json::array& peers = answer->at("peers").as_array();
  if (peers.empty()) {
    out.remark(
        "No peers yet. Make an invite, or accept one:\n  agentroom invite create\n  agentroom invite accept URL");
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"PEER", "NAME", "STATE", "LAST USED", "UNSENT", "UNREAD", "RELAY"}};
  for (const boost::json::value& value : peers) {
    const object& peer = value.as_object();
    const std::string name = clean_name(text(peer, "name"));
    rows.push_back({out.styled(Style::kBold, short_key(text(peer, "pk"))), name.empty() ? "-" : name,
                    state_words(text(peer, "state")),
                    relative_text(peer.at("last_used").to_number<std::int64_t>(), unix_ms()),
                    std::to_string(peer.at("outbox").to_number<std::uint64_t>()),
                    std::to_string(peer.at("inbox").to_number<std::uint64_t>()), printable(text(peer, "server_url"))});
  }
  out.line(table_text(rows));
  return 0;
}

int run(const PeersRenameCommand& command, const GlobalOptions& globals, Output& out) {
  int code = 0;
  const auto answer =
      ask_and_tell(globals, out, {"peers.rename", {{"peer", command.peer}, {"name", command.name}}}, code);
  if (!answer) return code;
  const std::string peer = short_key(text(*answer, "pk"));
  out.line(command.name.empty() ? peer + " has no name of yours any more"
                                : peer + " is now " + clean_name(command.name));
  return 0;
}

int run(const PeersRemoveCommand& command, const GlobalOptions& globals, Output& out) {
  int code = 0;
  const auto answer = ask_and_tell(globals, out, {"peers.remove", {{"peer", command.peer}}}, code);
  if (!answer) return code;
  out.line("removed " + short_key(text(*answer, "pk")) + ": it can write to you no more");
  return 0;
}

int run(const PeersVerifyCommand& command, const GlobalOptions& globals, Output& out) {
  int code = 0;
  const auto answer = ask_and_tell(globals, out, {"peers.verify", {{"peer", command.peer}}}, code);
  if (!answer) return code;
  out.line(out.styled(Style::kBold, in_lines(text(*answer, "safety_number"))));
  out.remark(
      "Compare it with the peer's owner over another channel, such as a call: the same\n"
      "command shows both of you the same digits, or somebody stands between you.");
  return 0;
}

}  // namespace agentroom::cli
