// No exception leaves a plugin: every function that the host calls runs its body behind one of these.
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "agentroom/abi/types.h"
#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/result.hpp"

namespace agentroom::sdk {

namespace detail {

/// Copies what fits and terminates; never ends inside a character.
inline void copy_text(char* out, std::size_t capacity, std::string_view text) noexcept {
  std::size_t size = std::min(text.size(), capacity - 1);
  if (size < text.size()) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  }
  if (size > 0) std::memcpy(out, text.data(), size);
  out[size] = '\0';
}

inline void fill(ar_error* out, ar_status status, std::string_view message, std::string_view hint = {}) noexcept {
  if (out == nullptr || !AR_HAS_MEMBER(out, ar_error, hint)) return;
  out->status = status;
  copy_text(out->message, sizeof out->message, message);
  copy_text(out->hint, sizeof out->hint, hint);
}

}  // namespace detail

/// Tells the caller of the boundary about `error`; the status to return.
inline ar_status report(ar_error* out, const Error& error) noexcept {
  const ar_status status = error.status == AR_OK ? AR_INTERNAL : error.status;
  detail::fill(out, status, error.message, error.hint);
  return status;
}

/// Runs `body`, which returns a Status, and tells the caller how it went. What it throws is AR_INTERNAL.
template <class Body>
ar_status guarded(ar_error* out, const char* where, Body&& body) noexcept {
  try {
    const Status status = std::forward<Body>(body)();
    return status ? AR_OK : report(out, status.error());
  } catch (const std::bad_alloc&) {
    detail::fill(out, AR_INTERNAL, "out of memory");
  } catch (const std::exception& e) {
    detail::fill(out, AR_INTERNAL, e.what(), where);
  } catch (...) {
    detail::fill(out, AR_INTERNAL, "an exception of unknown type", where);
  }
  return AR_INTERNAL;
}

/// Runs `body`, which returns nothing; what it throws goes to the log. False when it threw.
template <class Body>
bool guarded_void(const Host& host, std::string_view where, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return true;
  } catch (const std::exception& e) {
    host.log(LogLevel::kError, where);
    host.log(LogLevel::kError, e.what());
  } catch (...) {
    host.log(LogLevel::kError, where);
  }
  return false;
}

/// What the opaque pointer of an interface points to.
template <class Base>
struct Instance {
  Host host;
  std::unique_ptr<Base> object;
};

template <class Base, class Opaque>
Instance<Base>& instance(Opaque* self) {
  return *reinterpret_cast<Instance<Base>*>(self);
}

/// Ends an instance; what its destructor does must not throw.
template <class Base, class Opaque>
void destroy(Opaque* self) noexcept {
  delete reinterpret_cast<Instance<Base>*>(self);
}

/// Opens a `T` and hands it out as the interface's opaque pointer.
template <class T, class Base, class Opaque, class Options>
ar_status open_instance(const ar_host* host, const Options& options, Opaque** out, ar_error* error) noexcept {
  return guarded(error, "open", [&]() -> Status {
    auto opened = T::open(Host(host), options);
    if (!opened) return std::move(opened.error());
    auto held = std::make_unique<Instance<Base>>(Instance<Base>{Host(host), std::move(*opened)});
    *out = reinterpret_cast<Opaque*>(held.release());
    return {};
  });
}

/// The name, the interface and the vtable of a plugin class; specialised by the header of each kind.
template <class T>
struct Kind;

}  // namespace agentroom::sdk
