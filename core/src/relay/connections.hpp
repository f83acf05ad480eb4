// All channels: what leaves them, when, and when they are looked at again.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "agentroom/relay_engine.hpp"
#include "relay/connection.hpp"

namespace agentroom::relay {

/// A connection that takes nothing for so long is closed.
inline constexpr Duration kBlockedTimeout = std::chrono::seconds(60);

class Connections {
 public:
  Connections(Channels& channels, const RelayLimits& limits, const KeyedHash& hash, RelayStatus& counters)
      : channels_(channels), limits_(limits), hash_(hash), counters_(counters) {}

  Connection& open(ChannelId channel, ClientAddress address, Duration now);
  Connection* find(ChannelId channel);
  /// It has said who it is.
  void authenticated(Connection& connection);
  /// Of the open connections that have not, the one opened first; null without one.
  Connection* oldest_unauthenticated();
  /// Closes a channel that was not taken.
  void turn_away(ChannelId channel, std::uint16_t code, std::string_view why) { channels_.close(channel, code, why); }
  /// The transport says that it has ended.
  void forget(ChannelId channel);

  /// What is not boxed: challenge and welcome. At once.
  void send_plain(Connection& connection, Bytes message) {
    counters_.sent_bytes += message.size();
    channels_.send(connection.channel, std::move(message));
  }
  void frame(Connection& connection, const protocol::Frame& frame);
  void ack(Connection& connection, const protocol::AckItem& item);
  void pong(Connection& connection);
  /// A Ping behind all that was said until now; its number.
  std::uint64_t ping(Connection& connection);
  /// Sends what it still has to say, then closes. Only its counts remain until `forget`.
  void close(Connection& connection, std::uint16_t code, std::string_view why);
  /// The transport took all that was sent.
  void drained(Connection& connection);
  void pause(Connection& connection, Connection::Pause reason);
  void resume(Connection& connection, Connection::Pause reason);

  /// Sends what gathered, each connection once.
  void flush(Duration now);

  /// Has the connection looked at not later than `at`.
  void look_at(Connection& connection, Duration at);
  /// The next connection whose time has come, or null.
  Connection* due(Duration now);
  std::optional<Duration> next_deadline() const;

  template <class Visit>
  void each(Visit&& visit) {
    for (auto& entry : connections_) visit(*entry.second);
  }

 private:
  struct Timer {
    Duration at{};
    ChannelId channel = 0;
    bool operator>(const Timer& other) const { return at > other.at; }
  };
  using Unauthenticated = std::set<std::pair<Duration, ChannelId>>;

  void mark(Connection& connection);
  void write(Connection& connection, bool all);

  Channels& channels_;
  const RelayLimits& limits_;
  KeyedHash hash_;
  RelayStatus& counters_;
  boost::unordered_flat_map<ChannelId, std::unique_ptr<Connection>> connections_;
  Unauthenticated unauthenticated_;  ///< in the order in which they were opened
  std::vector<ChannelId> dirty_;
  std::vector<ChannelId> flushing_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  Duration now_{};
};

}  // namespace agentroom::relay
