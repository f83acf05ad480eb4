#include "agentroom/result.hpp"

namespace agentroom {

std::string_view code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kConfig:
      return "config";
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kExists:
      return "exists";
    case ErrorCode::kNoSession:
      return "no_session";
    case ErrorCode::kAmbiguous:
      return "ambiguous";
    case ErrorCode::kNetwork:
      return "network";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kIdentityChanged:
      return "relay_identity_changed";
    case ErrorCode::kInviteExpired:
      return "invite_expired";
    case ErrorCode::kInviteUsed:
      return "invite_used";
    case ErrorCode::kInviteRevoked:
      return "invite_revoked";
    case ErrorCode::kNotAllowed:
      return "not_allowed";
    case ErrorCode::kQueueFull:
      return "queue_full";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kUnsupportedVersion:
      return "unsupported_version";
    case ErrorCode::kBadSignature:
      return "bad_signature";
    case ErrorCode::kUnreadable:
      return "unreadable";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kAborted:
      return "aborted";
    case ErrorCode::kHomeInUse:
      return "home_in_use";
    case ErrorCode::kInUse:
      return "in_use";
    case ErrorCode::kPlugin:
      return "plugin";
    case ErrorCode::kHandler:
      return "handler";
    case ErrorCode::kCancelled:
      return "cancelled";
  }
  return "internal";
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kConfig:
      return 2;
    case ErrorCode::kNetwork:
    case ErrorCode::kTimeout:
      return 3;
    case ErrorCode::kNoSession:
      return 4;
    default:
      return 1;
  }
}

}  // namespace agentroom
