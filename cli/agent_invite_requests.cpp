// Requests about invites: the inviter's side and the invitee's.
#include <boost/json/array.hpp>
#include <memory>

#include "agent_requests.hpp"
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "events.hpp"
#include "protocol/invite.hpp"
#include "request_arguments.hpp"

namespace agentroom::cli {
namespace {

/// An invite of this identity by its id or the beginning of one.
Result<OpenInvite> find_invite(const std::vector<OpenInvite>& open, const std::string& text) {
  std::vector<OpenInvite> found;
  for (const OpenInvite& invite : open) {
    if (!text.empty() && uuid_text(invite.invite_id.view()).starts_with(text)) found.push_back(invite);
  }
  if (found.size() == 1) return found.front();
  const std::string list = "see them: agentroom invite list";
  if (found.empty()) return fail(ErrorCode::kNotFound, "no open invite " + printable(text), list);
  return fail(ErrorCode::kAmbiguous, "several invites begin with " + printable(text), list);
}

}  // namespace

Result<void> AgentRequests::create_invite(Id id, const Object& arguments) {
  auto ttl = number_argument(arguments, "ttl_ms");
  if (!ttl) return pass(ttl);
  find(id)->url = config_.server.value_or("");
  engine().create_invite(*ttl, process_.now(), [this, id](Result<CreatedInvite> invite) {
    if (!invite) return finish(id, pass(invite));
    if (find(id) != nullptr) return finish(id, invite_members(*invite));
    // Nobody waits for it any more, so nobody has its URL.
    engine().revoke_invite(invite->invite_id, process_.now(), [](const Result<void>&) {});
  });
  return {};
}

Result<void> AgentRequests::accept_invite(Id id, const Object& arguments) {
  auto url = text_argument(arguments, "url");
  if (!url) return pass(url);
  auto wait_ms = number_argument(arguments, "wait_ms");
  if (!wait_ms) return pass(wait_ms);
  auto invite = protocol::parse_invite(*url);
  if (!invite) return pass(invite);
  auto server = optional_text(arguments, "server");
  const std::string relay = server.value_or(invite->server_url);
  if (config_.server_overrides && config_.server != relay) {
    return fail(ErrorCode::kUsage,
                "the invite would be accepted at " + printable(relay) +
                    ", but the process that serves this home was started with --server " + printable(*config_.server) +
                    ", which stands in for every relay",
                "start that one again without --server, with the relay in agentroom.toml");
  }
  Running* running = find(id);
  running->url = relay;
  const auto online = std::make_shared<bool>(false);
  running->see = [online, inviter = invite->inviter](const AgentEvent& event) {
    const auto* peer = std::get_if<agent_events::PeerOnline>(&event);
    if (peer != nullptr && peer->peer == inviter) *online = true;
  };
  engine().accept_invite(*url, std::move(server), process_.now(),
                         [this, id, online, wait = *wait_ms](Result<AcceptedInvite> answer) {
                           if (!answer) return finish(id, pass(answer));
                           accepted(id, *answer, wait, *online || answer->peer_online);
                         });
  return {};
}

void AgentRequests::accepted(Id id, const AcceptedInvite& invite, std::int64_t wait_ms, bool online) {
  Running* running = find(id);
  if (running == nullptr) return;
  const auto members = [this, invite](bool is_online) {
    Object answer{
        {"peer_pk", base64url(invite.peer.view())}, {"server_url", invite.server_url}, {"peer_online", is_online}};
    for (const PeerSummary& peer : engine().peers()) {
      if (peer.id == invite.peer && !peer.name.empty()) answer["name"] = peer.name;
    }
    return answer;
  };
  running->progress({{"peer_pk", base64url(invite.peer.view())}, {"server_url", invite.server_url}});
  if (online || wait_ms <= 0) return finish(id, members(online));
  running->deadline = process_.now().steady + std::chrono::milliseconds(wait_ms);
  running->link_came = true;
  running->give_up = [members](const Error& /*why*/) -> Result<Object> { return members(false); };
  running->see = [this, id, members, inviter = invite.peer](const AgentEvent& event) {
    const auto* peer = std::get_if<agent_events::PeerOnline>(&event);
    if (peer == nullptr || peer->peer != inviter) return;
    finish(id, members(true));
  };
}

Result<void> AgentRequests::list_invites(Id id, const Object& /*arguments*/) {
  boost::json::array list;
  for (const OpenInvite& invite : engine().invites()) {
    list.push_back({{"invite_id", uuid_text(invite.invite_id.view())},
                    {"expires_at", invite.expires_at},
                    {"server_url", invite.server_url}});
  }
  finish(id, Object{{"invites", std::move(list)}});
  return {};
}

Result<void> AgentRequests::revoke_invite(Id id, const Object& arguments) {
  auto text = text_argument(arguments, "id");
  if (!text) return pass(text);
  auto invite = find_invite(engine().invites(), *text);
  if (!invite) return pass(invite);
  find(id)->url = invite->server_url;
  engine().revoke_invite(invite->invite_id, process_.now(),
                         [this, id, invite = invite->invite_id](Result<void> revoked) {
                           if (!revoked) return finish(id, pass(revoked));
                           finish(id, Object{{"invite_id", uuid_text(invite.view())}});
                         });
  return {};
}

}  // namespace agentroom::cli
