#include "coverage.hpp"

namespace agentroom::sim {

const char* Coverage::name(Way way) {
  switch (way) {
    case Way::kCut:
      return "link cut";
    case Way::kHalfOpen:
      return "link cut, heard of late";
    case Way::kStall:
      return "link stalled";
    case Way::kTamper:
      return "link message tampered with";
    case Way::kLostMessages:
      return "link messages lost on their way";
    case Way::kRefusedConnection:
      return "connection refused by the relay";
    case Way::kFailedCommit:
      return "commit failed";
    case Way::kAbortedCommit:
      return "commit aborted behind a failed one";
    case Way::kMisread:
      return "read failed";
    case Way::kLostCommit:
      return "crash before a commit was durable";
    case Way::kUntoldCommit:
      return "crash between a commit and its completion";
    case Way::kRelayCrash:
      return "crash of the relay";
    case Way::kAgentCrash:
      return "crash of an agent";
    case Way::kDeathBetweenEffects:
      return "death between two effects of a turn";
    case Way::kCrashInSessionStart:
      return "crash of an inviter within a session start";
    case Way::kRestart:
      return "party asked to end";
    case Way::kSecondOwner:
      return "second owner of an identity";
    case Way::kReplaced:
      return "agent told that it was replaced";
    case Way::kClockForward:
      return "clock set forward";
    case Way::kClockBack:
      return "clock set back";
    case Way::kSleep:
      return "everybody asleep";
    case Way::kAway:
      return "one agent off for hours to days";
    case Way::kRemovedPeer:
      return "peer removed";
    case Way::kInvited:
      return "invite published";
    case Way::kRevoked:
      return "invite revoked";
    case Way::kAccepted:
      return "invite accepted";
    case Way::kBothInvited:
      return "both sides invited each other";
    case Way::kClaimedWhileAway:
      return "invite claimed while its inviter was away";
    case Way::kClaimAnsweredAgain:
      return "claim answered OK again";
    case Way::kClaimExpired:
      return "claim rejected: expired";
    case Way::kClaimRevoked:
      return "claim rejected: revoked";
    case Way::kClaimUsed:
      return "claim rejected: claimed already";
    case Way::kLateStart:
      return "session start taken after its invite expired";
    case Way::kSuperseded:
      return "session superseded";
    case Way::kSessionsExpired:
      return "superseded session expired";
    case Way::kDelivered:
      return "DELIVERED";
    case Way::kQueued:
      return "QUEUED";
    case Way::kQueuedInFlight:
      return "QUEUED after it was in flight";
    case Way::kQueueFull:
      return "REJECTED QUEUE_FULL";
    case Way::kNoMailbox:
      return "REJECTED NO_MAILBOX";
    case Way::kNotAllowed:
      return "REJECTED NOT_ALLOWED";
    case Way::kUnreadable:
      return "REJECTED UNREADABLE";
    case Way::kResent:
      return "message sent again";
    case Way::kHandedAgain:
      return "message delivered again";
    case Way::kReceiptedAgain:
      return "duplicate receipted again";
    case Way::kLateReceipt:
      return "receipt given out of order";
    case Way::kExpiredAtSender:
      return "message expired at its sender";
    case Way::kExpiredAtRelay:
      return "message expired at the relay";
    case Way::kOutboxFull:
      return "outbox full";
    case Way::kAgentWindowFull:
      return "an agent's window full";
    case Way::kRelayWindowFull:
      return "the relay's window full";
    case Way::kRateLimited:
      return "agent read slower for its rate";
    case Way::kPaused:
      return "connection not read for a while";
    case Way::kKeptKey:
      return "skipped key kept";
    case Way::kKeptKeyUsed:
      return "kept key used";
    case Way::kKeptKeysFull:
      return "kept keys at their bound";
    case Way::kReplied:
      return "reply taken";
    case Way::kHandlerFailed:
      return "handler failed";
    case Way::kHandlerCancelled:
      return "handler cancelled";
    case Way::kHandlerCutShort:
      return "handler cut short";
    case Way::kSecondAttempt:
      return "handler's attempt 2";
    case Way::kThirdAttempt:
      return "handler's attempt 3";
    case Way::kGivenUp:
      return "given up after attempt 3";
    case Way::kRelayMoved:
      return "relay moved to a new secret";
    case Way::kRelayRestored:
      return "relay restored from a backup";
    case Way::kAgentRestored:
      return "agent restored from a backup";
    case Way::kDisorder:
      return "deliveries in another order";
    case Way::kRestoredReported:
      return "loss after a restore reported";
    case Way::kCount:
      break;
  }
  return "";
}

}  // namespace agentroom::sim
