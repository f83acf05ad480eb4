// Channels come, prove who they are, and go (protocol section 6).
#include <algorithm>

#include "base/text.hpp"
#include "relay/engine_state.hpp"

namespace agentroom {
namespace {

using relay::Connection;
using relay::kNone;

constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kGoingAway = 1001;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;

protocol::RelayTerms terms_of(const RelayLimits& limits) {
  protocol::RelayTerms terms;
  terms.mailbox_messages = limits.mailbox_messages;
  terms.mailbox_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.mailbox_bytes, 0xffff'ffff));
  terms.open_invites = limits.open_invites;
  return terms;
}

}  // namespace

void RelayEngine::State::opened(ChannelId channel, const PeerInfo& peer) {
  relay::ClientAddress address = proxies.client(peer);
  if (shutting_down) return connections.turn_away(channel, kGoingAway, "the relay is shutting down");
  auto refusal = admission.open(address.key, ledger.now.steady);
  if (refusal && refusal->crowded && make_room(*refusal)) refusal = admission.open(address.key, ledger.now.steady);
  if (refusal) {
    ledger.counters.hit(refusal->limit);
    observer.on_refused(address.text, refusal->why);
    return connections.turn_away(channel, refusal->close_code, refusal->why);
  }
  Connection& connection = connections.open(channel, std::move(address), ledger.now.steady);
  connection.handshake = std::make_unique<protocol::RelayHandshake>(identity, terms_of(ledger.limits), random);
  connections.send_plain(connection, to_bytes(connection.handshake->challenge()));
  connections.look_at(connection, ledger.now.steady + std::chrono::milliseconds(ledger.limits.handshake_timeout_ms));
}

/// Whoever has said nothing for longest goes, so that those who hold connections open without a word keep nobody out.
bool RelayEngine::State::make_room(const relay::Refusal& refusal) {
  Connection* oldest = connections.oldest_unauthenticated();
  if (oldest == nullptr) return false;
  ledger.counters.hit(refusal.limit);
  ledger.counters.failed(HandshakeFailure::kTimeout);
  refuse(*oldest, kTryAgainLater, "had not authenticated when others needed its place");
  return true;
}

void RelayEngine::State::uncount(Connection& connection) {
  if (std::exchange(connection.counted, false)) {
    admission.close(connection.address.key, connection.was_authenticated);
  }
}

protocol::Welcome RelayEngine::State::welcome(const AgentId& id) {
  const relay::AgentRef ref = ledger.agents.intern(id);
  if (Connection* old = ledger.agents[ref].connection) {
    connections.frame(*old, protocol::Closing{protocol::ClosingReason::kReplaced});
    end(*old, kNormal, "replaced by a newer connection of the same agent");
  }
  const relay::Agent& agent =
      ledger.agents[ledger.agents.intern(id)];  // it may have been forgotten with its connection
  protocol::Welcome welcome;
  welcome.pending = agent.queued;
  if (agent.has_mailbox) welcome.allow_digest = agent.allow_digest;
  return welcome;
}

void RelayEngine::State::authenticate(Connection& connection, ByteView hello) {
  auto accepted = connection.handshake->accept(hello, [&](const AgentId& agent) { return welcome(agent); });
  if (!accepted) {
    ledger.counters.failed(HandshakeFailure::kRefused);
    admission.failed(connection.address.key, ledger.now.steady);
    return refuse(connection, kPolicyViolation, "the handshake failed");
  }
  const relay::AgentRef agent = ledger.agents.intern(accepted->agent);
  know_if_named(agent);
  const bool newcomer = !ledger.agents[agent].known;
  if (!ledger.connected.fits(newcomer, 0, 1)) {
    ledger.counters.hit(RelayLimit::kConnections);
    ledger.agents.release(agent);
    return refuse(connection, kTryAgainLater, "the relay holds all the connections that agents new to it may have");
  }
  ledger.connected.change(newcomer, 0, 1);
  connection.agent = agent;
  connection.cipher.emplace(std::move(accepted->cipher));
  connection.handshake.reset();
  connections.authenticated(connection);
  admission.authenticated();
  ++agents_connected;
  ledger.agents[connection.agent].connection = &connection;
  connections.send_plain(connection, std::move(accepted->welcome));
  connections.look_at(connection, ledger.now.steady + std::chrono::milliseconds(protocol::kPingAfterMs));
  router.want_pump(connection.agent);
  observer.on_agent_connected(accepted->agent);
}

/// Those who are named in `publishers` are no strangers.
void RelayEngine::State::know_if_named(relay::AgentRef agent) {
  if (config.publishers && std::ranges::binary_search(*config.publishers, ledger.agents[agent].id)) ledger.know(agent);
}

void RelayEngine::State::leave(Connection& connection) {
  if (!connection.ready()) return;
  relay::Agent& agent = ledger.agents[connection.agent];
  const AgentId id = agent.id;
  agent.connection = nullptr;
  router.ended(connection);
  desk.ended(connection);
  ledger.connected.change(!agent.known, 1, 0);
  --agents_connected;
  ledger.agents.left(connection.agent);
  ledger.agents.release(connection.agent);
  observer.on_agent_disconnected(id);
}

void RelayEngine::State::end(Connection& connection, std::uint16_t code, const char* why) {
  leave(connection);
  connections.close(connection, code, why);
  // Its channel ends when the other end lets it; until then it would stand in the way of others.
  if (!connection.was_authenticated) uncount(connection);
}

void RelayEngine::State::refuse(Connection& connection, std::uint16_t code, const char* why) {
  observer.on_refused(connection.address.text, why);
  end(connection, code, why);
}

void RelayEngine::State::closed(ChannelId channel) {
  Connection* connection = connections.find(channel);
  if (connection == nullptr) return;
  if (connection->phase == Connection::Phase::kChallenged) ledger.counters.failed(HandshakeFailure::kLeft);
  leave(*connection);
  uncount(*connection);
  connections.forget(channel);
}

}  // namespace agentroom
