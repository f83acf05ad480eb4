// Base class of a store plugin: an ordered map from bytes to bytes with atomic, durable batches.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/store.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

struct StoreOptions {
  std::string_view config;    ///< TOML, the plugin's own table; valid during `open`
  std::string_view location;  ///< absolute path without extension; valid during `open`
  bool read_only = false;     ///< for inspection: nothing is made or changed; without data AR_NOT_FOUND
};

/// How much room the data takes on disk, and how much of it `compact` would about give back.
struct StoreSize {
  std::uint64_t bytes = 0;
  std::uint64_t unused_bytes = 0;
};

/// Whether who asked for a backup gave it up. Thread: that of the call.
class GivenUp {
 public:
  GivenUp(int32_t (*cancelled)(void* ctx), void* ctx) : cancelled_(cancelled), ctx_(ctx) {}
  bool operator()() const noexcept { return cancelled_ != nullptr && cancelled_(ctx_) != 0; }

 private:
  int32_t (*cancelled_)(void* ctx);
  void* ctx_;
};

/// Called once a record; false ends the scan. Must not be kept.
class Visitor {
 public:
  Visitor(ar_store_visit visit, void* ctx) : visit_(visit), ctx_(ctx) {}
  bool operator()(ByteView key, ByteView value) const { return visit_(ctx_, to_abi(key), to_abi(value)) != 0; }

 private:
  ar_store_visit visit_;
  void* ctx_;
};

/// Tells the host how an accepted batch ended: exactly once for each, in the order of the commits, from any thread,
/// never from inside `commit`. Copyable; a batch that was not accepted is never told.
class Completion {
 public:
  Completion(ar_store_done done, void* ctx) : done_(done), ctx_(ctx) {}
  void operator()(const Status& status) const noexcept {
    if (status) return done_(ctx_, AR_OK, nullptr);
    ar_error error{};
    error.struct_size = sizeof error;
    done_(ctx_, report(&error, status.error()), &error);
  }

 private:
  ar_store_done done_;
  void* ctx_;
};

/// A store. Besides these methods a class needs
///
///     static Result<std::unique_ptr<T>> open(Host host, const StoreOptions& options);
///
/// The destructor finishes and completes every accepted commit and joins the threads of the instance.
class Store {
 public:
  virtual ~Store() = default;

  /// True after one call of `visit` when the key is present; false without a call when it is not. Committed data only.
  /// Errors: AR_IO, AR_CORRUPT. Thread: engine.
  virtual Result<bool> get(ByteView key, const Visitor& visit) = 0;

  /// Visits, in key order, at most `limit` (0: all) records whose key begins with `prefix` and is greater than `after`
  /// (empty: from the first). Committed data only. Errors: AR_IO, AR_CORRUPT. Thread: engine.
  virtual Status scan(ByteView prefix, ByteView after, std::uint64_t limit, const Visitor& visit) = 0;

  /// Accepts a batch, copying what it needs; anything but success: not accepted, `done` is not called. Sizes and kinds
  /// of `ops` are checked already. After a failure other than AR_CONFLICT every batch behind it and every later one
  /// fails with AR_ABORTED until `resume`. Thread: engine.
  virtual Status commit(std::span<const ar_store_op> ops, Completion done) = 0;

  /// Accepts batches again; called when no completion is outstanding. Thread: engine.
  virtual Status resume() = 0;

  // Optional: what an owner does to the data once in a while. No completion is outstanding, but for `backup`.

  /// Reads all of the data and tells whether it is whole; changes nothing. Errors: AR_CORRUPT, AR_IO. Thread: engine.
  virtual Status check() { return fail(AR_UNSUPPORTED, "does not support a check of what it keeps"); }

  /// Thread: engine.
  virtual Result<StoreSize> size() { return fail(AR_UNSUPPORTED, "does not tell its size"); }

  /// Writes the data anew without what was deleted, whole or not at all. Errors: AR_IO, AR_CORRUPT. Thread: engine.
  virtual Status compact() { return fail(AR_UNSUPPORTED, "does not support compacting"); }

  /// Writes a durable copy of one moment, of mode 0600, to the new file `path`; leaves nothing after an error.
  /// Errors: AR_CONFLICT (there is such a file), AR_CANCELLED, AR_IO, AR_CORRUPT. Thread: any, beside other methods.
  virtual Status backup(const std::string& path, const GivenUp& given_up) {
    static_cast<void>(path);
    static_cast<void>(given_up);
    return fail(AR_UNSUPPORTED, "does not support backups");
  }
};

namespace detail {

inline Status check_ops(std::span<const ar_store_op> ops) {
  for (const ar_store_op& op : ops) {
    if (op.kind > AR_STORE_PUT_IF_ABSENT) return fail(AR_INVALID, "a batch holds an operation of unknown kind");
    if (op.key.size == 0) return fail(AR_INVALID, "a batch holds an empty key");
    if (op.key.size > AR_STORE_MAX_KEY) return fail(AR_TOO_LARGE, "a batch holds a key of more than 1,024 bytes");
    if (op.value.size > AR_STORE_MAX_VALUE) return fail(AR_TOO_LARGE, "a batch holds a value of more than 16 MiB");
  }
  return {};
}

inline void store_close(ar_store* self) {
  destroy<Store>(self);
}

inline ar_status store_get(ar_store* self, ar_bytes key, ar_store_visit visit, void* ctx, ar_error* error) {
  bool found = false;
  const ar_status status = guarded(error, "get", [&]() -> Status {
    auto result = instance<Store>(self).object->get(bytes(key), Visitor(visit, ctx));
    if (!result) return std::move(result.error());
    found = *result;
    return {};
  });
  return status == AR_OK && !found ? AR_NOT_FOUND : status;
}

inline ar_status store_scan(ar_store* self, ar_bytes prefix, ar_bytes after, std::uint64_t limit, ar_store_visit visit,
                            void* ctx, ar_error* error) {
  return guarded(error, "scan", [&] {
    return instance<Store>(self).object->scan(bytes(prefix), bytes(after), limit, Visitor(visit, ctx));
  });
}

inline ar_status store_commit(ar_store* self, const ar_store_op* ops, std::size_t count, ar_store_done done, void* ctx,
                              ar_error* error) {
  return guarded(error, "commit", [&]() -> Status {
    const std::span<const ar_store_op> batch(ops, count);
    if (Status checked = check_ops(batch); !checked) return checked;
    return instance<Store>(self).object->commit(batch, Completion(done, ctx));
  });
}

inline ar_status store_resume(ar_store* self, ar_error* error) {
  return guarded(error, "resume", [&] { return instance<Store>(self).object->resume(); });
}

inline ar_status store_check(ar_store* self, ar_error* error) {
  return guarded(error, "check", [&] { return instance<Store>(self).object->check(); });
}

inline ar_status store_size(ar_store* self, ar_store_size* out, ar_error* error) {
  return guarded(error, "size", [&]() -> Status {
    auto result = instance<Store>(self).object->size();
    if (!result) return std::move(result.error());
    if (AR_HAS_MEMBER(out, ar_store_size, bytes)) out->bytes = result->bytes;
    if (AR_HAS_MEMBER(out, ar_store_size, unused_bytes)) out->unused_bytes = result->unused_bytes;
    return {};
  });
}

inline ar_status store_compact(ar_store* self, ar_error* error) {
  return guarded(error, "compact", [&] { return instance<Store>(self).object->compact(); });
}

inline ar_status store_backup(ar_store* self, ar_string path, int32_t (*cancelled)(void* ctx), void* ctx,
                              ar_error* error) {
  return guarded(error, "backup", [&] {
    return instance<Store>(self).object->backup(std::string(text(path)), GivenUp(cancelled, ctx));
  });
}

template <class T>
ar_status store_open(const ar_host* host, const ar_store_open_params* params, ar_store** out, ar_error* error) {
  const bool read_only =
      AR_HAS_MEMBER(params, ar_store_open_params, flags) && (params->flags & AR_STORE_OPEN_READ_ONLY) != 0;
  return open_instance<T, Store>(host, StoreOptions{text(params->config), text(params->location), read_only}, out,
                                 error);
}

}  // namespace detail

template <std::derived_from<Store> T>
struct Kind<T> {
  static constexpr std::string_view kName = "store";
  static constexpr std::string_view kInterface = AR_INTERFACE_STORE;
  static constexpr ar_store_interface kVtable = {
      sizeof(ar_store_interface), detail::store_open<T>, detail::store_close,  detail::store_get,
      detail::store_scan,         detail::store_commit,  detail::store_resume, detail::store_check,
      detail::store_size,         detail::store_compact, detail::store_backup,
  };
};

}  // namespace agentroom::sdk
