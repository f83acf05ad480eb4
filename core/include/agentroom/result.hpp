// Expected failure as a value.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace agentroom {

/// What went wrong, as a stable code: `code_name()` is what a program sees in `{"ok":false,"code":...}`.
/// The exit code of a command follows from it (`exit_code()`).
enum class ErrorCode {
  kInternal,         ///< a bug, or something that has no better name
  kUsage,            ///< wrong arguments (exit 2)
  kConfig,           ///< wrong configuration: file, key or value (exit 2)
  kInvalid,          ///< malformed input from outside: an invite, a text, a record
  kNotFound,         ///< no such thing
  kExists,           ///< it is there already
  kNoSession,        ///< no session with that peer (exit 4)
  kAmbiguous,        ///< a name or key prefix that fits several peers
  kNetwork,          ///< unreachable, refused, reset (exit 3)
  kTimeout,          ///< no answer in time (exit 3)
  kIdentityChanged,  ///< the relay's key is not the pinned one
  kInviteExpired,
  kInviteUsed,
  kInviteRevoked,
  kNotAllowed,  ///< the peer or relay no longer accepts this
  kQueueFull,
  kTooLarge,
  kUnsupportedVersion,
  kBadSignature,
  kUnreadable,  ///< does not decrypt
  kPermission,  ///< file modes or ownership
  kIo,          ///< disk: full, read-only, failing
  kCorrupt,     ///< stored data that does not check
  kConflict,    ///< a put-if-absent found its key present
  kAborted,     ///< not done because something before it failed
  kHomeInUse,
  kInUse,    ///< an address or a file that another process uses
  kPlugin,   ///< a plugin that is missing, foreign, broken or refuses
  kHandler,  ///< the message handler failed
  kCancelled,
};

/// Lower-case stable name, e.g. "no_session".
std::string_view code_name(ErrorCode code);

/// 1, 2, 3 or 4 as the command line promises.
int exit_code(ErrorCode code);

/// A failure told to a person: what was tried and what was expected; `hint` names the next command, or is empty.
/// Neither ever holds a secret; text that came from a peer is escaped before it gets here.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string hint;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(hint)});
}

/// Passes the error of one result on as the error of another.
template <class T>
std::unexpected<Error> pass(Result<T>& result) {
  return std::unexpected(std::move(result.error()));
}

}  // namespace agentroom
