#include <iostream>

#include "ask.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "protocol/invite.hpp"
#include "protocol/limits.hpp"

namespace agentroom::cli {
namespace {

/// The URL as given, or the first line of stdin for "-": so it need not stand in the list of processes.
std::string invite_argument(const std::string& argument) {
  if (argument != "-") return argument;
  std::string line;
  std::getline(std::cin, line);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace

int run(const InviteCreateCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto server = context->server();
  if (!server) return out.error(server.error());
  const std::int64_t ttl = command.ttl_ms.value_or(protocol::kInviteLifeMs);
  auto invite = ask_agent(*context, {"invite.create", {{"ttl_ms", ttl}}},
                          {.alone = {.server = server->url, .server_overrides = server->flag}});
  if (!invite) return out.error(invite.error());
  out.result(*invite);
  out.line(std::string(invite->at("url").as_string()));
  out.remark("Give it to one peer, where nobody else reads. Good once; it expires " +
             relative_text(invite->at("expires_at").to_number<std::int64_t>(), unix_ms()) + ".");
  return 0;
}

int run(const InviteAcceptCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  const std::string url = invite_argument(command.url);
  auto invite = protocol::parse_invite(url);
  if (!invite) return out.error(invite.error());
  if (auto in_time = protocol::check_invite_time(*invite, unix_ms()); !in_time) return out.error(in_time.error());

  const std::int64_t wait_ms = command.wait_s * 1000;
  boost::json::object arguments{{"url", url}, {"wait_ms", wait_ms}};
  if (globals.server) arguments["server"] = *globals.server;
  auto accepted = ask_agent(
      *context, {"invite.accept", std::move(arguments)},
      {.alone = {.server = globals.server.value_or(invite->server_url), .server_overrides = globals.server.has_value()},
       .same_server = false,
       .more_time = std::chrono::milliseconds(wait_ms),
       .waiting_on = "accepted; waiting for the inviter's answer"});
  if (!accepted) return out.error(accepted.error());

  // The relay that worked becomes this home's, when it has none yet.
  if (auto known = context->home().server_url(); known && !*known) {
    const std::string worked(accepted->at("server_url").as_string());
    if (auto kept = context->home().write_server_url(worked); !kept) out.warning(kept.error().message);
  }
  boost::json::object result{{"ok", true}};
  result.insert(accepted->begin(), accepted->end());
  out.result(result);
  const std::string pk(accepted->at("peer_pk").as_string());
  const std::string name = accepted->contains("name") ? clean_name(accepted->at("name").as_string()) : std::string();
  const bool online = accepted->at("peer_online").as_bool();
  out.line(table_text({{"peer", out.styled(Style::kBold, pk)},
                       {"name", name.empty() ? "-" : name},
                       {"online", online ? "yes" : "not yet: messages wait at the relay"}}));
  out.remark("Say something: agentroom send " + pk.substr(0, 8) + " 'hello'");
  return 0;
}

int run(const InviteListCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto answer = ask_agent(*context, {"invite.list", {}});
  if (!answer) return out.error(answer.error());
  out.result(*answer);
  const boost::json::array& invites = answer->at("invites").as_array();
  if (invites.empty()) {
    out.remark("No open invites. Make one: agentroom invite create");
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"INVITE", "EXPIRES", "RELAY"}};
  for (const boost::json::value& invite : invites) {
    rows.push_back({std::string(invite.at("invite_id").as_string()),
                    relative_text(invite.at("expires_at").to_number<std::int64_t>(), unix_ms()),
                    printable(invite.at("server_url").as_string())});
  }
  out.line(table_text(rows));
  return 0;
}

int run(const InviteRevokeCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto revoked = ask_agent(*context, {"invite.revoke", {{"id", command.id}}});
  if (!revoked) return out.error(revoked.error());
  const std::string id(revoked->at("invite_id").as_string());
  out.result({{"ok", true}, {"invite_id", id}});
  out.line("revoked " + id);
  return 0;
}

}  // namespace agentroom::cli
