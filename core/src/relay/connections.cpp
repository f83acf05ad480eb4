#include "relay/connections.hpp"

namespace agentroom::relay {
namespace {

/// Answers that a connection which does not take them may have waiting, before it is read no more.
constexpr std::size_t kAcksWaiting = 8'192;

}  // namespace

Connection& Connections::open(ChannelId channel, ClientAddress address, Duration now) {
  auto made = std::make_unique<Connection>(channel, std::move(address), hash_, now);
  unauthenticated_.emplace(now, channel);
  return *(connections_[channel] = std::move(made));
}

void Connections::authenticated(Connection& connection) {
  unauthenticated_.erase({connection.opened_at, connection.channel});
  connection.phase = Connection::Phase::kReady;
  connection.was_authenticated = true;
}

Connection* Connections::oldest_unauthenticated() {
  return unauthenticated_.empty() ? nullptr : find(unauthenticated_.begin()->second);
}

void Connections::forget(ChannelId channel) {
  if (const Connection* connection = find(channel)) unauthenticated_.erase({connection->opened_at, channel});
  connections_.erase(channel);
}

Connection* Connections::find(ChannelId channel) {
  const auto found = connections_.find(channel);
  return found == connections_.end() ? nullptr : found->second.get();
}

// ---- what leaves ----

void Connections::mark(Connection& connection) {
  if (connection.dirty || !connection.ready()) return;
  connection.dirty = true;
  dirty_.push_back(connection.channel);
}

void Connections::frame(Connection& connection, const protocol::Frame& frame) {
  if (!connection.ready()) return;
  connection.writer.add(frame);
  mark(connection);
}

void Connections::ack(Connection& connection, const protocol::AckItem& item) {
  if (!connection.ready()) return;
  connection.writer.ack(item);
  if (connection.blocked && connection.writer.acks() > kAcksWaiting) pause(connection, Connection::kForAcks);
  mark(connection);
}

void Connections::pong(Connection& connection) {
  connection.pong_due = true;
  mark(connection);
}

std::uint64_t Connections::ping(Connection& connection) {
  if (!std::exchange(connection.ping_due, true)) ++connection.pings;
  mark(connection);
  return connection.pings;
}

void Connections::write(Connection& connection, bool all) {
  if (connection.pong_due) connection.writer.add(protocol::Pong{});
  connection.pong_due = false;
  if (connection.ping_due) connection.writer.add_behind_acks(protocol::Ping{});
  connection.ping_due = false;
  std::size_t unsent = 0;
  connection.writer.flush(*connection.cipher, [&](Bytes message) {
    counters_.sent_bytes += message.size();
    unsent = channels_.send(connection.channel, std::move(message));
    return all || unsent <= limits_.unsent_bytes;
  });
  if (unsent <= limits_.unsent_bytes || all) return;
  counters_.hit(RelayLimit::kUnsentBytes);
  connection.blocked = true;
  connection.blocked_at = now_;
}

void Connections::flush(Duration now) {
  now_ = now;
  flushing_.swap(dirty_);
  for (const ChannelId channel : flushing_) {
    Connection* connection = find(channel);
    if (connection == nullptr || !connection->ready()) continue;
    connection->dirty = false;
    if (!connection->blocked) write(*connection, false);
    if (connection->blocked) look_at(*connection, connection->blocked_at + kBlockedTimeout);
  }
  flushing_.clear();
}

void Connections::close(Connection& connection, std::uint16_t code, std::string_view why) {
  if (connection.phase == Connection::Phase::kClosed) return;
  if (connection.ready()) write(connection, true);
  channels_.close(connection.channel, code, why);
  unauthenticated_.erase({connection.opened_at, connection.channel});
  connection.phase = Connection::Phase::kClosed;
  connection.handshake.reset();
  connection.cipher.reset();
  connection.writer = LinkWriter{};
  connection.window = Window{};
  connection.held_back.clear();
}

void Connections::drained(Connection& connection) {
  if (!connection.blocked) return;
  connection.blocked = false;
  resume(connection, Connection::kForAcks);
  mark(connection);
}

void Connections::pause(Connection& connection, Connection::Pause reason) {
  if (connection.paused == 0) channels_.pause(connection.channel);
  connection.paused = static_cast<std::uint8_t>(connection.paused | reason);
}

void Connections::resume(Connection& connection, Connection::Pause reason) {
  if ((connection.paused & reason) == 0) return;
  connection.paused = static_cast<std::uint8_t>(connection.paused & ~reason);
  if (connection.paused == 0) channels_.resume(connection.channel);
}

// ---- when they are looked at ----

void Connections::look_at(Connection& connection, Duration at) {
  if (connection.timer && *connection.timer <= at) return;
  connection.timer = at;
  timers_.push({at, connection.channel});
}

Connection* Connections::due(Duration now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Connection* connection = find(timer.channel);
    if (connection == nullptr || connection->timer != timer.at) continue;  // an earlier look replaced it
    connection->timer.reset();
    if (connection->phase != Connection::Phase::kClosed) return connection;
  }
  return nullptr;
}

std::optional<Duration> Connections::next_deadline() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.top().at;
}

}  // namespace agentroom::relay
