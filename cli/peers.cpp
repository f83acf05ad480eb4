#include "base/base64url.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "events.hpp"
#include "one_shot.hpp"

namespace agentroom::cli {
int run(const PeersCommand& /*command*/, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  const std::int64_t now = unix_ms();
  boost::json::array list;
  std::vector<std::vector<std::string>> rows{{"PEER", "NAME", "LAST USED", "UNSENT", "UNREAD", "RELAY"}};
  for (const PeerSummary& peer : (*agent)->engine().peers()) {
    const std::string pk = base64url(peer.id.view());
    list.push_back({{"pk", pk},
                    {"name", printable(peer.name)},
                    {"last_used", peer.last_used},
                    {"created_at", peer.created_at},
                    {"server_url", peer.server_url},
                    {"confirmed", peer.confirmed},
                    {"generation", peer.generation},
                    {"outbox", peer.outbox},
                    {"inbox", peer.inbox}});
    rows.push_back({out.styled(Style::kBold, short_key(pk)), peer.name.empty() ? "-" : clean_name(peer.name),
                    relative_text(peer.last_used, now), std::to_string(peer.outbox), std::to_string(peer.inbox),
                    printable(peer.server_url)});
  }
  out.result({{"peers", std::move(list)}});
  if (rows.size() == 1) {
    out.remark("No peers yet. Make an invite: agentroom invite create, or accept one: agentroom invite accept URL");
  } else {
    out.line(table_text(rows));
  }
  return 0;
}

int run(const PeersRenameCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  auto peer = (*agent)->engine().find_peer(command.peer);
  if (!peer) return out.error(peer.error());
  auto renamed = (*agent)->ask<void>(OneShot::Needs::kStore, [&](AgentEngine::Done<void> done) {
    (*agent)->engine().rename_peer(*peer, command.name, (*agent)->now(), std::move(done));
  });
  if (!renamed) return out.error(renamed.error());
  const std::string pk = base64url(peer->view());
  out.result({{"ok", true}, {"pk", pk}, {"name", command.name}});
  out.line(short_key(pk) +
           (command.name.empty() ? " has no name of yours any more" : " is now " + clean_name(command.name)));
  return 0;
}

int run(const PeersRemoveCommand& command, const GlobalOptions& globals, Output& out) {
  auto context = Context::make(globals, out);
  if (!context) return out.error(context.error());
  auto agent = OneShot::open(*context, {});
  if (!agent) return out.error(agent.error());
  auto peer = (*agent)->engine().find_peer(command.peer);
  if (!peer) return out.error(peer.error());
  auto removed = (*agent)->ask<void>(OneShot::Needs::kStore, [&](AgentEngine::Done<void> done) {
    (*agent)->engine().remove_peer(*peer, (*agent)->now(), std::move(done));
  });
  if (!removed) return out.error(removed.error());
  const std::string pk = base64url(peer->view());
  out.result({{"ok", true}, {"pk", pk}});
  out.line("removed " + short_key(pk) + ": it can write to you no more");
  return 0;
}

}  // namespace agentroom::cli
