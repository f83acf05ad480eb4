// The relay: moves, keeps and acknowledges sealed messages, and can read nothing (protocol sections 6 to 9).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agentroom/ids.hpp"
#include "agentroom/random.hpp"
#include "agentroom/relay_status.hpp"
#include "agentroom/result.hpp"
#include "agentroom/store.hpp"
#include "agentroom/time.hpp"
#include "agentroom/transport.hpp"

namespace agentroom {

namespace crypto {
struct RelayIdentity;
}

/// Protocol section 8. Counts unless the name says bytes or ms.
struct RelayLimits {
  std::uint32_t connections = 10'000;
  std::uint32_t connections_per_address = 100;  ///< IPv6: per /64; a /48 has four times each limit by address
  std::uint32_t unauthenticated = 1'000;
  std::uint32_t handshake_timeout_ms = 10'000;
  std::uint32_t handshakes_per_minute = 20;  ///< per address
  std::uint32_t handshake_burst = 60;
  std::uint32_t failures_per_minute = 5;  ///< per address, then close 1008
  std::uint32_t frames_per_second = 50;   ///< per agent, sustained; over it the channel is read slower
  std::uint32_t frame_burst = 500;
  std::uint32_t mailbox_messages = 500;
  std::uint64_t mailbox_bytes = 16ULL << 20;
  std::uint32_t open_invites = 20;           ///< per agent; remembered are five times as many
  std::uint32_t invites_per_hour = 60;       ///< new ones per address
  std::uint64_t queued_bytes = 1ULL << 30;   ///< relay-wide
  std::uint32_t invites = 10'000;            ///< relay-wide
  std::uint64_t unsent_bytes = 1ULL << 20;   ///< per connection
  std::uint32_t mailboxes = 100'000;         ///< relay-wide
  std::uint64_t allowed_tokens = 4'000'000;  ///< relay-wide, 16 bytes each
  /// What agents that never took part in a claim here may have together of `connections` and the relay-wide limits.
  std::uint32_t newcomer_percent = 25;
};

struct RelayConfig {
  RelayLimits limits;
  /// Nothing: anyone who authenticates may publish invites; else only these keys and those who claimed here.
  std::optional<std::vector<AgentId>> publishers;
  /// Addresses whose X-Forwarded-For or CF-Connecting-IP is believed.
  std::vector<std::string> trust_proxy;
  /// Addresses that stand for many clients, such as the one from which a tunnel without such a header connects. No
  /// limit by address applies to them; those for the whole relay do.
  std::vector<std::string> shared_addresses;
};

/// What the relay tells its owner; for logs and for the events of a command. Never a plaintext, never a token.
class RelayObserver {
 public:
  virtual ~RelayObserver() = default;
  virtual void on_agent_connected(const AgentId& agent) = 0;
  virtual void on_agent_disconnected(const AgentId& agent) = 0;
  /// A connection was refused or closed for what it did; `why` is for people and safe to print.
  virtual void on_refused(const std::string& address, const std::string& why) = 0;
  /// The store failed. Messages that were not durable were answered REJECTED QUEUE_FULL with a time to come again,
  /// which keeps them at the head of their sender's outbox; requests REJECTED INTERNAL.
  virtual void on_store_failed(const Error& error) = 0;
};

/// The relay as a state machine: events in, calls on `Channels` and `Store` out. It does no I/O, starts no thread,
/// reads no clock.
///
///   channel:  opened -> challenged -> authenticated -> closed
///   message:  received -> in flight -> receipted (DELIVERED)
///                      \-> committed (QUEUED) -> in flight -> receipted -> gone
///
/// Within a turn the owner calls the `on_` methods for what came, then `flush` once: frames for a channel leave
/// together in as few link messages as hold them. Thread: the engine's, all methods.
class RelayEngine {
 public:
  /// All references must outlive the engine. `identity` is copied where needed.
  RelayEngine(const RelayConfig& config, const crypto::RelayIdentity& identity, Store& store, Channels& channels,
              Random& random, RelayObserver& observer);
  ~RelayEngine();
  RelayEngine(const RelayEngine&) = delete;
  RelayEngine& operator=(const RelayEngine&) = delete;

  /// Reads mailboxes, invites and expired records from the store. To be called once, before anything else.
  /// Errors: kCorrupt (damaged, or sealed under another relay secret), kIo.
  Result<void> start(const Now& now);

  void on_opened(ChannelId channel, const PeerInfo& peer, const Now& now);
  void on_message(ChannelId channel, MutableByteView message, const Now& now);
  void on_drained(ChannelId channel, const Now& now);
  void on_closed(ChannelId channel, const Now& now);

  /// Does what is due: timeouts, pings, expiry.
  void on_time(const Now& now);
  /// When `on_time` wants to be called next (steady time), or nothing while nothing waits.
  std::optional<Duration> next_deadline() const;

  /// Seals and sends what is ready, commits what must be stored. At the end of every turn.
  void flush(const Now& now);

  /// Sends Closing(shutting_down) to everyone and stores what is in flight. The owner goes on with turns until
  /// `drained()` or its own deadline.
  void shut_down(const Now& now);
  bool drained() const;

  RelayStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace agentroom
