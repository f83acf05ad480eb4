// Requests about peers.
#include <boost/json/array.hpp>

#include "agent_requests.hpp"
#include "base/base64url.hpp"
#include "base/text.hpp"
#include "crypto/safety_number.hpp"
#include "request_arguments.hpp"

namespace agentroom::cli {
namespace {

std::string_view state_name(PeerState state) {
  switch (state) {
    case PeerState::kClaiming:
      return "claiming";
    case PeerState::kWaiting:
      return "waiting";
    case PeerState::kUnanswered:
      return "unanswered";
    default:
      return "ready";
  }
}

}  // namespace

Result<void> AgentRequests::list_peers(Id id, const Object& /*arguments*/) {
  boost::json::array list;
  for (const PeerSummary& peer : engine().peers()) {
    list.push_back({{"pk", base64url(peer.id.view())},
                    {"name", printable(peer.name)},
                    {"last_used", peer.last_used},
                    {"created_at", peer.created_at},
                    {"server_url", peer.server_url},
                    {"confirmed", peer.confirmed},
                    {"state", state_name(peer.state)},
                    {"generation", peer.generation},
                    {"outbox", peer.outbox},
                    {"inbox", peer.inbox}});
  }
  finish(id, Object{{"peers", std::move(list)}});
  return {};
}

Result<void> AgentRequests::rename_peer(Id id, const Object& arguments) {
  auto text = text_argument(arguments, "peer");
  if (!text) return pass(text);
  auto name = text_argument(arguments, "name");
  if (!name) return pass(name);
  auto peer = engine().find_peer(*text);
  if (!peer) return pass(peer);
  engine().rename_peer(*peer, *name, process_.now(), [this, id, peer = *peer, name = *name](Result<void> renamed) {
    if (!renamed) return finish(id, pass(renamed));
    finish(id, Object{{"pk", base64url(peer.view())}, {"name", name}});
  });
  return {};
}

Result<void> AgentRequests::remove_peer(Id id, const Object& arguments) {
  auto text = text_argument(arguments, "peer");
  if (!text) return pass(text);
  auto peer = engine().find_peer(*text);
  if (!peer) return pass(peer);
  engine().remove_peer(*peer, process_.now(), [this, id, peer = *peer](Result<void> removed) {
    if (!removed) return finish(id, pass(removed));
    finish(id, Object{{"pk", base64url(peer.view())}});
  });
  return {};
}

Result<void> AgentRequests::verify_peer(Id id, const Object& arguments) {
  auto text = text_argument(arguments, "peer");
  if (!text) return pass(text);
  auto peer = engine().find_peer(*text);
  if (!peer) return pass(peer);
  finish(id, Object{{"pk", base64url(peer->view())},
                    {"safety_number", crypto::safety_number(agent_.identity().id(), *peer)}});
  return {};
}

}  // namespace agentroom::cli
