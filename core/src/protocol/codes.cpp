#include "protocol/frames.hpp"

namespace agentroom::protocol {

std::string_view code_text(Code code) {
  switch (code) {
    case Code::kNone:
      return "NONE";
    case Code::kUnauth:
      return "UNAUTH";
    case Code::kBadFrame:
      return "BAD_FRAME";
    case Code::kBadSignature:
      return "BAD_SIGNATURE";
    case Code::kNotFound:
      return "NOT_FOUND";
    case Code::kNotAllowed:
      return "NOT_ALLOWED";
    case Code::kNoMailbox:
      return "NO_MAILBOX";
    case Code::kAlreadyClaimed:
      return "ALREADY_CLAIMED";
    case Code::kExpired:
      return "EXPIRED";
    case Code::kRevoked:
      return "REVOKED";
    case Code::kInviteQuota:
      return "INVITE_QUOTA";
    case Code::kQueueFull:
      return "QUEUE_FULL";
    case Code::kUnreadable:
      return "UNREADABLE";
    case Code::kTooLarge:
      return "TOO_LARGE";
    case Code::kUnsupportedVersion:
      return "UNSUPPORTED_VERSION";
    case Code::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

}  // namespace agentroom::protocol
