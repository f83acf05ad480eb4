#include <iostream>

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "commands.hpp"
#include "events.hpp"
#include "one_shot.hpp"
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

/// An invite of this identity by its id or the beginning of one.
Result<InviteId> find_invite(const std::vector<OpenInvite>& open, const std::string& text) {
  std::vector<InviteId> found;
  for (const OpenInvite& invite : open) {
    if (!text.empty() && uuid_text(invite.invite_id.view()).starts_with(text)) found.push_back(invite.invite_id);
  }
  if (found.size() == 1) return found.front();
  const std::string list = "see them: agentroom invite list";
  if (found.empty()) return fail(ErrorCode::kNotFound, "no open invite " + printable(text), list);
  return fail(ErrorCode::kAmbiguous, "several invites begin with " + printable(text), list);
}

}  // namespace

int run(const InviteCreateCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto server = context->server();
  if (!server) return out.error(server.error());
  auto agent = OneShot::open(*context, {.server = server->url, .server_overrides = server->flag});
  if (!agent) return out.error(agent.error());

  const std::int64_t ttl = command.ttl_ms.value_or(protocol::kInviteLifeMs);
  auto invite = (*agent)->ask<CreatedInvite>(OneShot::Needs::kRelay, [&](AgentEngine::Done<CreatedInvite> done) {
    (*agent)->engine().create_invite(ttl, (*agent)->now(), std::move(done));
  });
  if (!invite) return out.error(invite.error());
  out.result(invite_members(*invite));
  out.line(invite->url);
  out.remark("Give this invite to one peer, by a way that nobody else reads. It is good once and expires " +
             relative_text(invite->expires_at, unix_ms()) + ".");
  return 0;
}

int run(const InviteAcceptCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  const std::string url = invite_argument(command.url);
  auto invite = protocol::parse_invite(url);
  if (!invite) return out.error(invite.error());
  if (auto in_time = protocol::check_invite_time(*invite, unix_ms()); !in_time) return out.error(in_time.error());

  const std::string server = globals.server.value_or(invite->server_url);
  auto agent = OneShot::open(*context, {.server = server, .server_overrides = globals.server.has_value()});
  if (!agent) return out.error(agent.error());
  bool online = false;
  std::string name;
  (*agent)->on_event([&](const AgentEvent& event) {
    if (const auto* peer = std::get_if<agent_events::PeerOnline>(&event);
        peer != nullptr && peer->peer == invite->inviter) {
      online = true;
      name = peer->name;
    }
  });
  auto accepted = (*agent)->ask<AcceptedInvite>(OneShot::Needs::kRelay, [&](AgentEngine::Done<AcceptedInvite> done) {
    (*agent)->engine().accept_invite(url, globals.server, (*agent)->now(), std::move(done));
  });
  if (!accepted) return out.error(accepted.error());

  // The relay that worked becomes this home's, when it has none yet.
  if (auto known = context->home().server_url(); known && !*known) {
    if (auto kept = context->home().write_server_url(accepted->server_url); !kept) out.warning(kept.error().message);
  }
  online = online || accepted->peer_online;
  if (!online && command.wait_s > 0) {
    out.remark("accepted; waiting up to " + std::to_string(command.wait_s) + " s for the inviter's answer");
    if (auto waited = (*agent)->run_until([&] { return online; }, std::chrono::seconds(command.wait_s)); !waited) {
      return out.error(waited.error());
    }
  }
  const std::string pk = base64url(accepted->peer.view());
  out.result({{"ok", true}, {"peer_pk", pk}, {"peer_online", online}, {"server_url", accepted->server_url}});
  out.line(table_text({{"peer", out.styled(Style::kBold, pk)},
                       {"name", name.empty() ? "-" : clean_name(name)},
                       {"online", online ? "yes" : "not yet: messages wait at the relay"}}));
  out.remark("Say something: agentroom send " + pk.substr(0, 8) + " 'hello'");
  return 0;
}

int run(const InviteListCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  const std::int64_t now = unix_ms();
  boost::json::array list;
  std::vector<std::vector<std::string>> rows{{"INVITE", "EXPIRES", "RELAY"}};
  for (const OpenInvite& invite : (*agent)->engine().invites()) {
    const std::string id = uuid_text(invite.invite_id.view());
    list.push_back({{"invite_id", id}, {"expires_at", invite.expires_at}, {"server_url", invite.server_url}});
    rows.push_back({id, relative_text(invite.expires_at, now), printable(invite.server_url)});
  }
  out.result({{"invites", std::move(list)}});
  if (rows.size() == 1) {
    out.remark("No open invites. Make one: agentroom invite create");
  } else {
    out.line(table_text(rows));
  }
  return 0;
}

int run(const InviteRevokeCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  auto id = find_invite((*agent)->engine().invites(), command.id);
  if (!id) return out.error(id.error());
  auto revoked = (*agent)->ask<void>(OneShot::Needs::kRelay, [&](AgentEngine::Done<void> done) {
    (*agent)->engine().revoke_invite(*id, (*agent)->now(), std::move(done));
  });
  if (!revoked) return out.error(revoked.error());
  const std::string text = uuid_text(id->view());
  out.result({{"ok", true}, {"invite_id", text}});
  out.line("revoked " + text);
  return 0;
}

}  // namespace agentroom::cli
