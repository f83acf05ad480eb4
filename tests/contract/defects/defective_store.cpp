#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "agentroom/abi/store.h"
#include "defect.hpp"

namespace agentroom::defects {
namespace {

const ar_store_interface& inner() {
  return sound<ar_store_interface>(AR_INTERFACE_STORE);
}

struct Waiting {
  ar_store_done done;
  void* ctx;
};

// Each of these serves one defect and is dead in the other plugins.
std::mutex mutex;
std::deque<Waiting> held;  // guarded by mutex
[[maybe_unused]] std::atomic<unsigned> commits = 0;
std::atomic<bool> closing = false;

ar_status open(const ar_host* host, const ar_store_open_params* params, ar_store** out, ar_error* error) {
  leak();
  closing = false;
  return inner().open(host, params, out, error);
}

void close(ar_store* self) {
  closing = true;
  inner().close(self);
}

ar_status get(ar_store* self, ar_bytes key, ar_store_visit visit, void* ctx, ar_error* error) {
  if constexpr (has("throws")) throw std::runtime_error("out of ideas");
  if constexpr (has("crashes")) __builtin_trap();
  return inner().get(self, key, visit, ctx, error);
}

ar_status scan(ar_store* self, ar_bytes prefix, ar_bytes after, std::uint64_t limit, ar_store_visit visit, void* ctx,
               ar_error* error) {
  if constexpr (has("ignores-after")) after = {};
  if constexpr (has("ignores-the-limit")) limit = 0;
  if constexpr (!has("scans-backwards")) return inner().scan(self, prefix, after, limit, visit, ctx, error);
  std::vector<std::pair<std::string, std::string>> records;
  const auto collect = [](void* all, ar_bytes key, ar_bytes value) -> std::int32_t {
    static_cast<decltype(records)*>(all)->emplace_back(
        std::string(reinterpret_cast<const char*>(key.data), key.size),
        std::string(reinterpret_cast<const char*>(value.data), value.size));
    return 1;
  };
  const ar_status status = inner().scan(self, prefix, after, limit, collect, &records, error);
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    const ar_bytes key{reinterpret_cast<const std::uint8_t*>(record->first.data()), record->first.size()};
    const ar_bytes value{reinterpret_cast<const std::uint8_t*>(record->second.data()), record->second.size()};
    if (visit(ctx, key, value) == 0) break;
  }
  return status;
}

[[maybe_unused]] void nobody(void* /*ctx*/, ar_status /*status*/, const ar_error* /*error*/) {}

/// Two by two, the second of each before the first.
[[maybe_unused]] void swapped(void* ctx, ar_status /*status*/, const ar_error* /*error*/) {
  const std::unique_ptr<Waiting> own(static_cast<Waiting*>(ctx));
  Waiting first{};
  {
    const std::scoped_lock lock(mutex);
    held.push_back(*own);
    if (held.size() < 2) return;
    first = held.front();
    held.clear();
  }
  own->done(own->ctx, AR_OK, nullptr);
  first.done(first.ctx, AR_OK, nullptr);
}

/// Dropped once the store is closing.
[[maybe_unused]] void unless_closing(void* ctx, ar_status status, const ar_error* error) {
  const std::unique_ptr<Waiting> own(static_cast<Waiting*>(ctx));
  if (!closing) own->done(own->ctx, status, error);
}

[[maybe_unused]] void told_before(void* ctx, ar_status status, const ar_error* error) {
  const std::unique_ptr<Waiting> own(static_cast<Waiting*>(ctx));
  if (status != AR_OK) own->done(own->ctx, status, error);
}

ar_status commit(ar_store* self, const ar_store_op* ops, std::size_t count, ar_store_done done, void* ctx,
                 ar_error* error) {
  std::vector<ar_store_op> changed(ops, ops + count);
  if constexpr (has("loses-a-commit")) {
    if (++commits % 7 == 0) return inner().commit(self, ops, 0, done, ctx, error);
  }
  if constexpr (has("tears-a-batch")) {
    if (count > 1) {
      const ar_status status = inner().commit(self, ops, count / 2, nobody, nullptr, error);
      if (status != AR_OK) return status;
      return inner().commit(self, ops + count / 2, count - count / 2, done, ctx, error);
    }
  }
  if constexpr (has("completes-inside-commit")) {
    const ar_status status = inner().commit(self, ops, count, told_before, new Waiting{done, ctx}, error);
    if (status == AR_OK) done(ctx, AR_OK, nullptr);
    return status;
  }
  if constexpr (has("completes-out-of-order")) {
    return inner().commit(self, ops, count, swapped, new Waiting{done, ctx}, error);
  }
  if constexpr (has("forgets-commits-at-close")) {
    return inner().commit(self, ops, count, unless_closing, new Waiting{done, ctx}, error);
  }
  for (ar_store_op& op : changed) {
    if (has("overwrites-what-is-present") && op.kind == AR_STORE_PUT_IF_ABSENT) op.kind = AR_STORE_PUT;
    if (has("cuts-values") && op.value.size > 65'536) op.value.size = 65'536;
    if (has("folds-case") && op.key.size > 0) {
      static thread_local std::deque<std::string> keys;
      std::string key(reinterpret_cast<const char*>(op.key.data), op.key.size);
      for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      keys.push_back(std::move(key));
      op.key.data = reinterpret_cast<const std::uint8_t*>(keys.back().data());
    }
  }
  return inner().commit(self, changed.data(), changed.size(), done, ctx, error);
}

const void* store_interface() {
  static const ar_store_interface store = [] {
    ar_store_interface methods = inner();
    methods.open = open;
    methods.close = close;
    methods.get = get;
    methods.scan = scan;
    methods.commit = commit;
    return methods;
  }();
  return &store;
}

}  // namespace
}  // namespace agentroom::defects

DEFECTIVE_PLUGIN("store", AR_INTERFACE_STORE, agentroom::defects::store_interface)
