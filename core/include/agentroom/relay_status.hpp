// What a relay counts and measures of itself, for `/health` and `/metrics`. Nothing in it names anyone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace agentroom {

/// The limits that something can run into, named as the keys of `[relay.limits]` are.
enum class RelayLimit : std::uint8_t {
  kConnections,
  kConnectionsPerAddress,
  kUnauthenticated,
  kHandshakesPerMinute,
  kFailuresPerMinute,
  kFramesPerSecond,
  kMailboxMessages,
  kMailboxBytes,
  kOpenInvites,
  kInvitesPerHour,
  kQueuedBytes,
  kInvites,
  kUnsentBytes,
  kMailboxes,
  kAllowedTokens,
};
inline constexpr std::array<std::string_view, 15> kRelayLimitNames{
    "connections",         "connections_per_address",
    "unauthenticated",     "handshakes_per_minute",
    "failures_per_minute", "frames_per_second",
    "mailbox_messages",    "mailbox_bytes",
    "open_invites",        "invites_per_hour",
    "queued_bytes",        "invites",
    "unsent_bytes",        "mailboxes",
    "allowed_tokens",
};

/// Why a connection did not become an agent's.
enum class HandshakeFailure : std::uint8_t { kRefused, kTimeout, kLeft };
inline constexpr std::array<std::string_view, 3> kHandshakeFailureNames{"refused", "timeout", "left"};

/// Counts observations by upper bounds that stand apart; the last count is of those above all bounds.
template <std::size_t Bounds>
struct RelayHistogram {
  std::array<std::uint64_t, Bounds + 1> counts{};
  std::uint64_t sum = 0;

  void observe(const std::array<std::uint64_t, Bounds>& bounds, std::uint64_t value) {
    std::size_t at = 0;
    while (at < Bounds && value > bounds[at]) ++at;
    ++counts[at];
    sum += value;
  }
};

inline constexpr std::array<std::uint64_t, 12> kCommitTimeBoundsUs{
    500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 5'000'000};
inline constexpr std::array<std::uint64_t, 10> kCommitMessageBounds{0, 1, 2, 5, 10, 25, 50, 100, 250, 1'000};

/// Counters grow from the start of the engine.
struct RelayStatus {
  bool store_ok = true;
  std::uint64_t connections = 0;
  std::uint64_t agents = 0;   ///< authenticated connections
  std::uint64_t pending = 0;  ///< queued messages
  std::uint64_t pending_bytes = 0;
  std::uint64_t held_messages = 0;  ///< in flight or queued
  std::uint64_t held_bytes = 0;
  std::uint64_t invites = 0;             ///< open
  std::uint64_t remembered_invites = 0;  ///< open ones included
  std::uint64_t mailboxes = 0;
  std::uint64_t allowed_tokens = 0;
  std::uint64_t addresses = 0;  ///< remembered for their rates

  std::uint64_t delivered = 0;
  std::uint64_t queued = 0;
  std::uint64_t expired = 0;
  std::uint64_t rejected = 0;
  std::array<std::uint64_t, 16> rejected_by_code{};  ///< in the order of protocol section 9
  std::array<std::uint64_t, kRelayLimitNames.size()> limit_hits{};
  std::array<std::uint64_t, kHandshakeFailureNames.size()> handshake_failures_by_reason{};
  std::uint64_t received_bytes = 0;  ///< link messages
  std::uint64_t sent_bytes = 0;
  std::uint64_t failed_commits = 0;
  RelayHistogram<kCommitTimeBoundsUs.size()> commit_us;  ///< from hand-over to completion
  RelayHistogram<kCommitMessageBounds.size()> commit_messages;

  std::uint64_t hits(RelayLimit limit) const { return limit_hits[static_cast<std::size_t>(limit)]; }
  std::uint64_t handshake_failures(HandshakeFailure reason) const {
    return handshake_failures_by_reason[static_cast<std::size_t>(reason)];
  }

  void hit(RelayLimit limit) { ++limit_hits[static_cast<std::size_t>(limit)]; }
  void failed(HandshakeFailure reason) { ++handshake_failures_by_reason[static_cast<std::size_t>(reason)]; }
};

}  // namespace agentroom
