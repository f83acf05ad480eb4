// The public face of the engine. An engine whose store failed takes no event and answers each request with an error.
#include "agentroom/agent_engine.hpp"

#include "agent/engine_state.hpp"
#include "agent/words.hpp"
#include "base/text.hpp"
#include "protocol/server_url.hpp"

namespace agentroom {
namespace {

Error over() {
  return {ErrorCode::kAborted, "the store failed before", "try again when it works"};
}

}  // namespace

AgentEngine::AgentEngine(const AgentConfig& config, const crypto::Identity& identity, Store& store, AgentIo& io,
                         Random& random)
    : state_(std::make_unique<State>(config, identity, store, io, random)) {}

AgentEngine::~AgentEngine() = default;

Result<void> AgentEngine::start(const Now& now) {
  return state_->start(now);
}

void AgentEngine::on_opened(ChannelId channel, const Now& now) {
  state_->context.now = now;
  if (auto* link = state_->links.find(channel)) link->on_opened();
}

void AgentEngine::on_message(ChannelId channel, MutableByteView message, const Now& now) {
  state_->context.now = now;
  if (auto* link = state_->links.find(channel)) link->on_message(message);
}

void AgentEngine::on_drained(ChannelId channel, const Now& now) {
  state_->context.now = now;
  if (auto* link = state_->links.find(channel)) link->on_drained();
}

void AgentEngine::on_closed(ChannelId channel, const CloseInfo& why, const Now& now) {
  state_->context.now = now;
  if (auto* link = state_->links.find(channel)) link->on_closed(why);
}

void AgentEngine::on_handled(const AgentId& from, const MsgId& msg_id, HandlerOutcome outcome, bool quick,
                             const Now& now) {
  state_->context.now = now;
  if (!state_->dead()) state_->turns.on_handled(from, msg_id, std::move(outcome), quick);
}

void AgentEngine::on_time(const Now& now) {
  state_->on_time(now);
}

std::optional<Duration> AgentEngine::next_deadline() const {
  return state_->next_deadline();
}

void AgentEngine::flush(const Now& now) {
  state_->flush(now);
}

void AgentEngine::create_invite(std::int64_t ttl_ms, const Now& now, Done<CreatedInvite> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<CreatedInvite>(std::unexpected(over())));
  if (state_->context.stopping) {
    return state_->context.answer(std::move(done),
                                  Result<CreatedInvite>(std::unexpected(agent::words::shutting_down())));
  }
  state_->invites.create(ttl_ms, std::move(done));
}

void AgentEngine::set_server(std::string url) {
  state_->config.server = std::move(url);
}

Result<void> AgentEngine::set_invite_url(std::string url) {
  if (!protocol::is_bare_server_url(url)) {
    return fail(ErrorCode::kUsage,
                "the URL cannot stand in an invite, which takes no user name, query or fragment: " + printable(url),
                "give one like wss://relay.example.org/ws");
  }
  state_->invites.name_url(std::move(url));
  return {};
}

void AgentEngine::accept_invite(const std::string& url, std::optional<std::string> server, const Now& now,
                                Done<AcceptedInvite> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<AcceptedInvite>(std::unexpected(over())));
  if (state_->context.stopping) {
    return state_->context.answer(std::move(done),
                                  Result<AcceptedInvite>(std::unexpected(agent::words::shutting_down())));
  }
  state_->claims.accept(url, std::move(server), std::move(done));
}

void AgentEngine::revoke_invite(const InviteId& invite, const Now& now, Done<void> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<void>(std::unexpected(over())));
  if (state_->context.stopping) {
    return state_->context.answer(std::move(done), Result<void>(std::unexpected(agent::words::shutting_down())));
  }
  state_->invites.revoke(invite, std::move(done));
}

void AgentEngine::send(const AgentId& to, std::string text, const Now& now, Done<SentMessage> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<SentMessage>(std::unexpected(over())));
  state_->send(to, std::move(text), std::move(done));
}

void AgentEngine::remove_peer(const AgentId& peer, const Now& now, Done<void> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<void>(std::unexpected(over())));
  state_->remove_peer(peer, std::move(done));
}

void AgentEngine::rename_peer(const AgentId& peer, const std::string& name, const Now& now, Done<void> done) {
  state_->context.now = now;
  if (state_->dead()) return state_->context.answer(std::move(done), Result<void>(std::unexpected(over())));
  state_->rename_peer(peer, name, std::move(done));
}

Result<void> AgentEngine::announce_relay_urls(std::vector<std::string> urls, const Now& now) {
  state_->context.now = now;
  return state_->announcements.set(std::move(urls));
}

std::vector<PeerSummary> AgentEngine::peers() const {
  return state_->summaries();
}

std::vector<OpenInvite> AgentEngine::invites() const {
  return state_->invites.open();
}

Result<AgentId> AgentEngine::find_peer(std::string_view text) const {
  return state_->peers.resolve(text);
}

std::size_t AgentEngine::outbox_size() const {
  return state_->outbox.size();
}

bool AgentEngine::idle() const {
  return state_->idle();
}

void AgentEngine::shut_down(const Now& now) {
  state_->shut_down(now);
}

}  // namespace agentroom
