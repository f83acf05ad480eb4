// What a campaign has met: how often each fault struck, and each way was gone that a promise depends on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace agentroom::sim {

/// A fault that struck, or a way through the protocol that is worth nothing as evidence while no seed has gone it.
enum class Way : std::uint8_t {
  // Faults of the network.
  kCut,
  kHalfOpen,
  kStall,
  kTamper,
  kLostMessages,  ///< a cut took messages that were under way
  kRefusedConnection,
  // Faults of disks.
  kFailedCommit,
  kAbortedCommit,
  kMisread,
  kLostCommit,    ///< a crash before a commit was durable
  kUntoldCommit,  ///< a crash between a commit and its completion
  // Faults of parties, their owners and their clocks.
  kRelayCrash,
  kAgentCrash,
  kDeathBetweenEffects,
  kCrashInSessionStart,  ///< of an inviter that was handed a SessionInit and had not receipted it
  kRestart,
  kSecondOwner,
  kReplaced,  ///< an agent was told that another connection took its place
  kClockForward,
  kClockBack,
  kSleep,
  kAway,  ///< one agent is off while the others go on, then for hours to days
  kRemovedPeer,
  // Invites and sessions.
  kInvited,
  kRevoked,
  kAccepted,
  kBothInvited,
  kClaimedWhileAway,  ///< the inviter was not up when its relay answered OK
  kClaimAnsweredAgain,
  kClaimExpired,
  kClaimRevoked,
  kClaimUsed,
  kLateStart,        ///< a SessionInit was taken after its invite had expired
  kSuperseded,       ///< a session no longer sends
  kSessionsExpired,  ///< one that no longer sent was dropped 14 days later
  // Messages.
  kDelivered,
  kQueued,
  kQueuedInFlight,  ///< QUEUED after it had been handed to its recipient
  kQueueFull,
  kNoMailbox,
  kNotAllowed,
  kUnreadable,
  kResent,
  kHandedAgain,
  kReceiptedAgain,
  kLateReceipt,  ///< one was given after those of later messages
  kExpiredAtSender,
  kExpiredAtRelay,
  kOutboxFull,
  kAgentWindowFull,
  kRelayWindowFull,
  kRateLimited,
  kPaused,  ///< an end stopped reading a connection
  // Keys.
  kKeptKey,
  kKeptKeyUsed,
  kKeptKeysFull,
  // Handlers.
  kReplied,
  kHandlerFailed,
  kHandlerCancelled,
  kHandlerCutShort,
  kSecondAttempt,
  kThirdAttempt,
  kGivenUp,  ///< after the third
  // What owners do once all came to rest.
  kRelayMoved,
  kRelayRestored,
  kAgentRestored,
  kDisorder,          ///< two deliveries of one link message changed places
  kRestoredReported,  ///< a message that a restored agent could not send or read was reported
  kCount,
};

class Coverage {
 public:
  static constexpr std::size_t kWays = static_cast<std::size_t>(Way::kCount);

  void met(Way way, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(way)] += times; }
  std::uint64_t of(Way way) const { return counts_[static_cast<std::size_t>(way)]; }
  Coverage& operator+=(const Coverage& other) {
    for (std::size_t i = 0; i < kWays; ++i) counts_[i] += other.counts_[i];
    return *this;
  }

  /// For people.
  static const char* name(Way way);

 private:
  std::array<std::uint64_t, kWays> counts_{};
};

}  // namespace agentroom::sim
