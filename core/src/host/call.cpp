#include "host/call.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"

namespace agentroom::host {

ErrorCode code_of(ar_status status) {
  switch (status) {
    case AR_INVALID:
      return ErrorCode::kInvalid;
    case AR_UNSUPPORTED:
      return ErrorCode::kUsage;
    case AR_NOT_FOUND:
      return ErrorCode::kNotFound;
    case AR_CONFLICT:
      return ErrorCode::kConflict;
    case AR_IO:
      return ErrorCode::kIo;
    case AR_IN_USE:
      return ErrorCode::kInUse;
    case AR_CORRUPT:
      return ErrorCode::kCorrupt;
    case AR_ABORTED:
      return ErrorCode::kAborted;
    case AR_TOO_LARGE:
      return ErrorCode::kTooLarge;
    case AR_TIMEOUT:
      return ErrorCode::kTimeout;
    case AR_CANCELLED:
      return ErrorCode::kCancelled;
    case AR_NETWORK:
      return ErrorCode::kNetwork;
    case AR_PERMISSION:
      return ErrorCode::kPermission;
    default:
      return ErrorCode::kPlugin;
  }
}

namespace {

std::string terminated(const char* text, std::size_t capacity) {
  return printable(std::string_view(text, strnlen(text, capacity)));
}

}  // namespace

const ar_error& said_by_plugin(const ar_error* error) {
  static const ar_error kNothing = [] {
    PluginError nothing;
    nothing.status = AR_INTERNAL;
    return nothing;
  }();
  return error != nullptr && AR_HAS_MEMBER(error, ar_error, hint) ? *error : kNothing;
}

Error plugin_error(std::string_view id, std::string_view method, ar_status status, const ar_error& error) {
  std::string message = terminated(error.message, sizeof error.message);
  if (message.empty()) message = std::string(method) + " failed with status " + std::to_string(status);
  return {code_of(status), std::string(id) + ": " + message, terminated(error.hint, sizeof error.hint)};
}

std::string plugin_text(ar_string text, std::size_t max) {
  if (text.data == nullptr) return {};
  return printable(std::string_view(text.data, std::min(text.size, max)));
}

Error exception_error(std::string_view id, std::string_view method, std::string_view what) {
  return {ErrorCode::kPlugin,
          std::string(id) + ": " + std::string(method) + " let an exception out: " + printable(what),
          "this is a bug in the plugin; tell its author"};
}

}  // namespace agentroom::host
