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
  if (const auto refusal = admission.open(address.key, ledger.now.steady)) {
    ledger.counters.hit(refusal->limit);
    observer.on_refused(address.text, refusal->why);
    return connections.turn_away(channel, refusal->close_code, refusal->why);
  }
  Connection& connection = connections.open(channel, std::move(address), ledger.now.steady);
  connection.handshake = std::make_unique<protocol::RelayHandshake>(identity, terms_of(ledger.limits), random);
  connections.send_plain(connection, to_bytes(connection.handshake->challenge()));
  connections.look_at(connection, ledger.now.steady + std::chrono::milliseconds(ledger.limits.handshake_timeout_ms));
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
  connection.agent = ledger.agents.intern(accepted->agent);
  know_if_named(connection.agent);
  connection.cipher.emplace(std::move(accepted->cipher));
  connection.handshake.reset();
  connection.phase = Connection::Phase::kReady;
  connection.was_authenticated = true;
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
  --agents_connected;
  ledger.agents.left(connection.agent);
  ledger.agents.release(connection.agent);
  observer.on_agent_disconnected(id);
}

void RelayEngine::State::end(Connection& connection, std::uint16_t code, const char* why) {
  leave(connection);
  connections.close(connection, code, why);
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
  admission.close(connection->address.key, connection->was_authenticated);
  connections.forget(channel);
}

}  // namespace agentroom
