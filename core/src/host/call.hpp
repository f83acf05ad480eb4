// Calls into a plugin: what it returns and what it throws become values of ours.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "agentroom/abi/types.h"
#include "agentroom/result.hpp"

namespace agentroom::host {

/// An ar_error as a caller passes it in: the size set, the rest zero.
struct PluginError : ar_error {
  PluginError() : ar_error{} { struct_size = sizeof(ar_error); }
};

/// What a plugin passed in, not copied: one of an older minor version has a shorter one. Null or too short: one that
/// says AR_INTERNAL and nothing else.
const ar_error& said_by_plugin(const ar_error* error);

ErrorCode code_of(ar_status status);

/// What plugin `id` said when `method` failed: its own words, escaped, or the status when it said nothing.
Error plugin_error(std::string_view id, std::string_view method, ar_status status, const ar_error& error);

/// The text of a view, escaped, at most `max` bytes of it. For what people read.
std::string plugin_text(ar_string text, std::size_t max);

Error exception_error(std::string_view id, std::string_view method, std::string_view what);

/// Runs `body`, which calls plugin `id`. A plugin in C++ that lets an exception out breaks the rules of the boundary;
/// it must not take the process with it.
template <class Body>
auto call_plugin(std::string_view id, std::string_view method, Body&& body) -> Result<decltype(body())> {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& e) {
    return std::unexpected(exception_error(id, method, e.what()));
  } catch (...) {
    return std::unexpected(exception_error(id, method, "an exception of unknown type"));
  }
}

/// The same for methods that report by ar_status and ar_error.
template <class Body>
Result<void> call_for_status(std::string_view id, std::string_view method, Body&& body) {
  PluginError error;
  Result<ar_status> status = call_plugin(id, method, [&] { return std::forward<Body>(body)(&error); });
  if (!status) return pass(status);
  if (*status != AR_OK) return std::unexpected(plugin_error(id, method, *status, error));
  return {};
}

}  // namespace agentroom::host
