#include "agentroom/relay_engine.hpp"

#include <algorithm>

#include "crypto/primitives.hpp"
#include "relay/engine_state.hpp"

namespace agentroom {
namespace {

RelayConfig in_order(RelayConfig config) {
  if (config.publishers) std::ranges::sort(*config.publishers);
  return config;
}

}  // namespace

RelayEngine::State::State(const RelayConfig& relay_config, const crypto::RelayIdentity& relay_identity,
                          Store& relay_store, Channels& channels, Random& source, RelayObserver& relay_observer)
    : config(in_order(relay_config)),
      identity(relay_identity),
      random(source),
      observer(relay_observer),
      proxies(config.trust_proxy, config.shared_addresses),
      ledger(config.limits, source),
      admission(ledger.limits, ledger.hash),
      connections(channels, ledger.limits, ledger.hash, ledger.counters),
      store(relay_store, identity.store_key(), source),
      commits(store, *this, ledger.counters),
      router(ledger, connections, store, commits, observer),
      desk(config, ledger, connections, store, commits, router, admission) {}

// ---- disk ----

void RelayEngine::State::on_mailbox(relay::MailboxRecord record) {
  const relay::AgentRef ref = ledger.agents.intern(record.agent);
  ledger.agents[ref].took_part = record.known || record.claimed_here;
  if (ledger.agents[ref].took_part) ledger.know(ref);
  know_if_named(ref);
  ledger.agents.load_mailbox(ref, std::move(record.allowed));
  ledger.agents[ref].claimed_here = record.claimed_here;
  ledger.agents.left(ref);
}

void RelayEngine::State::on_invite(relay::InviteRecord record) {
  const relay::AgentRef inviter = ledger.agents.intern(record.inviter);
  if (record.state == relay::InviteRecord::State::kClaimed) {
    ledger.agents[inviter].took_part = true;
    ledger.know(inviter);
  }
  ledger.invites.load(std::move(record));
}

void RelayEngine::State::on_durable(relay::Effects effects) {
  router.durable(effects.rows);
  desk.durable(effects);
}

void RelayEngine::State::on_lost(std::vector<relay::Effects> effects, const Error& why) {
  observer.on_store_failed(why);
  std::vector<relay::RowId> rows;
  std::vector<InviteId> invites;
  for (const relay::Effects& batch : effects) {
    rows.insert(rows.end(), batch.rows.begin(), batch.rows.end());
    invites.insert(invites.end(), batch.invites.begin(), batch.invites.end());
  }
  router.lost(rows);
  for (auto batch = effects.rbegin(); batch != effects.rend(); ++batch) desk.lost(*batch);
  desk.write_again(invites);
}

// ---- the public face ----

RelayEngine::RelayEngine(const RelayConfig& config, const crypto::RelayIdentity& identity, Store& store,
                         Channels& channels, Random& random, RelayObserver& observer) {
  crypto::init();
  state_ = std::make_unique<State>(config, identity, store, channels, random, observer);
}

RelayEngine::~RelayEngine() = default;

Result<void> RelayEngine::start(const Now& now) {
  state_->ledger.now = now;
  auto loaded = state_->store.load(*state_);
  if (loaded) state_->housekeeping();
  return loaded;
}

void RelayEngine::on_opened(ChannelId channel, const PeerInfo& peer, const Now& now) {
  state_->ledger.now = now;
  state_->opened(channel, peer);
}

void RelayEngine::on_message(ChannelId channel, MutableByteView message, const Now& now) {
  state_->ledger.now = now;
  if (relay::Connection* connection = state_->connections.find(channel)) state_->message(*connection, message);
}

void RelayEngine::on_drained(ChannelId channel, const Now& now) {
  state_->ledger.now = now;
  relay::Connection* connection = state_->connections.find(channel);
  if (connection == nullptr || !connection->ready()) return;
  state_->connections.drained(*connection);
  state_->router.want_pump(connection->agent);
}

void RelayEngine::on_closed(ChannelId channel, const Now& now) {
  state_->ledger.now = now;
  state_->closed(channel);
}

void RelayEngine::on_time(const Now& now) {
  state_->ledger.now = now;
  state_->on_time();
}

std::optional<Duration> RelayEngine::next_deadline() const {
  return state_->next_deadline();
}

void RelayEngine::flush(const Now& now) {
  state_->ledger.now = now;
  state_->flush();
}

void RelayEngine::shut_down(const Now& now) {
  state_->ledger.now = now;
  state_->shut_down();
}

bool RelayEngine::drained() const {
  return state_->channels_closed;
}

RelayStatus RelayEngine::status() const {
  const State& s = *state_;
  RelayStatus status = s.ledger.counters;
  status.store_ok = s.commits.usable();
  status.connections = s.admission.connections();
  status.agents = s.agents_connected;
  status.pending = s.ledger.queued;
  status.pending_bytes = s.ledger.queued_bytes;
  status.held_messages = s.ledger.rows.size();
  status.held_bytes = s.ledger.bytes.all() + s.ledger.flight_bytes.all();
  status.invites = s.ledger.invites.open(s.ledger.now.unix_ms);
  status.remembered_invites = s.ledger.invites.remembered();
  status.mailboxes = s.ledger.agents.mailboxes();
  status.allowed_tokens = s.ledger.agents.tokens();
  status.addresses = s.admission.addresses();
  return status;
}

}  // namespace agentroom
