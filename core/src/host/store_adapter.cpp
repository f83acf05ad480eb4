#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "agentroom/abi/store.h"
#include "host/abi_view.hpp"
#include "host/adapters.hpp"
#include "host/call.hpp"
#include "host/completion_queue.hpp"
#include "host/engine_thread.hpp"

namespace agentroom::host {

namespace {

/// What a visit calls. An exception of ours must not cross the plugin: it waits here until the scan has ended.
struct Visit {
  const Store::Visitor& visitor;
  std::exception_ptr thrown;

  static int32_t run(void* ctx, ar_bytes key, ar_bytes value) noexcept {
    auto& self = *static_cast<Visit*>(ctx);
    try {
      return !self.thrown && self.visitor(view_of(key), view_of(value)) ? 1 : 0;
    } catch (...) {
      self.thrown = std::current_exception();
      return 0;
    }
  }
};

int32_t ask_given_up(void* ctx) noexcept {
  const auto& cancelled = *static_cast<const std::function<bool()>*>(ctx);
  try {
    return cancelled && cancelled() ? 1 : 0;
  } catch (...) {
    return 1;
  }
}

/// The method of a slot that a store need not have; null without it.
#define OPTIONAL_SLOT(interface, member) \
  (AR_HAS_MEMBER(&(interface), ar_store_interface, member) ? (interface).member : nullptr)

class StoreAdapter final : public KeptStore {
 public:
  StoreAdapter(std::shared_ptr<Library> library, const ar_store_interface& interface, ar_store* store)
      : library_(std::move(library)),
        interface_(interface),
        store_(store),
        completions_(std::make_shared<CompletionQueue>(library_->id(), library_->services().executor())) {}

  ~StoreAdapter() override {
    const auto closed = call_plugin(library_->id(), "close", [&] { return interface_.close(store_), true; });
    if (!closed) library_->services().log(LogLevel::kError, closed.error().message);
    completions_->close();
  }

  StoreAdapter(const StoreAdapter&) = delete;
  StoreAdapter& operator=(const StoreAdapter&) = delete;

  Result<std::optional<Bytes>> get(ByteView key) override {
    thread_.check("Store::get");
    std::optional<Bytes> found;
    const Visitor keep = [&found](ByteView, ByteView value) {
      found = to_bytes(value);
      return false;
    };
    Visit visit{keep, nullptr};
    PluginError error;
    auto status = call_plugin(library_->id(), "get",
                              [&] { return interface_.get(store_, abi_bytes(key), Visit::run, &visit, &error); });
    if (visit.thrown) std::rethrow_exception(visit.thrown);
    if (!status) return pass(status);
    if (*status == AR_NOT_FOUND) return std::nullopt;
    if (*status != AR_OK) return std::unexpected(plugin_error(library_->id(), "get", *status, error));
    if (!found) return fail(ErrorCode::kPlugin, library_->id() + ": get succeeded without a value");
    return found;
  }

  Result<void> scan(ByteView prefix, ByteView after, std::size_t limit, const Visitor& visitor) override {
    thread_.check("Store::scan");
    Visit visit{visitor, nullptr};
    auto scanned = call_for_status(library_->id(), "scan", [&](ar_error* error) {
      return interface_.scan(store_, abi_bytes(prefix), abi_bytes(after), limit, Visit::run, &visit, error);
    });
    if (visit.thrown) std::rethrow_exception(visit.thrown);
    return scanned;
  }

  void commit(StoreBatch batch, Completion done) override {
    thread_.check("Store::commit");
    CompletionQueue::Pending& pending = completions_->add(std::move(done));
    if (refusing_) {
      return completions_->end(pending, fail(ErrorCode::kAborted, library_->id() + ": a batch before it failed"));
    }
    ops_.clear();
    for (const StoreOp& op : batch) {
      ops_.push_back({static_cast<std::uint32_t>(op.kind), 0, abi_bytes(op.key), abi_bytes(op.value)});
    }
    auto accepted = call_for_status(library_->id(), "commit", [&](ar_error* error) {
      return interface_.commit(store_, ops_.data(), ops_.size(), CompletionQueue::on_done, &pending, error);
    });
    if (accepted) return;
    // The plugin knows nothing of a batch that it did not accept: that nothing lands behind the gap is ours to see to.
    refusing_ = true;
    completions_->end(pending, std::move(accepted));
  }

  Result<void> resume() override {
    thread_.check("Store::resume");
    auto resumed =
        call_for_status(library_->id(), "resume", [&](ar_error* error) { return interface_.resume(store_, error); });
    if (resumed) refusing_ = false;
    return resumed;
  }

  Result<void> check() override {
    thread_.check("Store::check");
    const auto method = OPTIONAL_SLOT(interface_, check);
    if (method == nullptr) return unsupported("a check of what it keeps");
    return call_for_status(library_->id(), "check", [&](ar_error* error) { return method(store_, error); });
  }

  Result<StoreSize> size() override {
    thread_.check("Store::size");
    const auto method = OPTIONAL_SLOT(interface_, size);
    if (method == nullptr) return unsupported("telling its size");
    ar_store_size size{sizeof size, 0, 0};
    auto told = call_for_status(library_->id(), "size", [&](ar_error* error) { return method(store_, &size, error); });
    if (!told) return pass(told);
    return StoreSize{.bytes = size.bytes, .unused_bytes = size.unused_bytes};
  }

  Result<void> compact() override {
    thread_.check("Store::compact");
    const auto method = OPTIONAL_SLOT(interface_, compact);
    if (method == nullptr) return unsupported("compacting");
    return call_for_status(library_->id(), "compact", [&](ar_error* error) { return method(store_, error); });
  }

  Result<void> back_up(const std::string& path, const std::function<bool()>& cancelled) override {
    const auto method = OPTIONAL_SLOT(interface_, backup);
    if (method == nullptr) return unsupported("backups");
    auto* asked = const_cast<std::function<bool()>*>(&cancelled);
    return call_for_status(library_->id(), "backup", [&](ar_error* error) {
      return method(store_, abi_string(path), ask_given_up, asked, error);
    });
  }

 private:
  std::unexpected<Error> unsupported(const std::string& what) const {
    return fail(ErrorCode::kUsage, library_->id() + ": does not support " + what);
  }

  static_assert(static_cast<int>(StoreOp::Kind::kPut) == AR_STORE_PUT);
  static_assert(static_cast<int>(StoreOp::Kind::kDelete) == AR_STORE_DELETE);
  static_assert(static_cast<int>(StoreOp::Kind::kPutIfAbsent) == AR_STORE_PUT_IF_ABSENT);

  const std::shared_ptr<Library> library_;
  const ar_store_interface& interface_;
  ar_store* const store_;
  const std::shared_ptr<CompletionQueue> completions_;
  std::vector<ar_store_op> ops_;
  bool refusing_ = false;
  EngineThread thread_;
};

}  // namespace

Result<std::unique_ptr<KeptStore>> adapt_store(std::shared_ptr<Library> library, std::string_view config,
                                               const std::filesystem::path& location, StoreAccess access) {
  auto interface = library->interface_as<ar_store_interface>(PluginKind::kStore);
  if (!interface) return pass(interface);
  const std::string place = location.string();
  const std::uint32_t flags = access == StoreAccess::kReadOnly ? AR_STORE_OPEN_READ_ONLY : 0;
  const ar_store_open_params params{sizeof params, flags, abi_string(config), abi_string(place)};
  ar_store* store = nullptr;
  auto opened = call_for_status(library->id(), "open", [&](ar_error* error) {
    return (*interface)->open(library->host(), &params, &store, error);
  });
  if (!opened) {
    Error error = open_error(std::move(opened.error()));
    // What a store does not do when it opens is to read what a newer version wrote.
    if (error.code == ErrorCode::kUsage) error.code = ErrorCode::kUnsupportedVersion;
    return std::unexpected(std::move(error));
  }
  if (store == nullptr) return no_instance(*library);
  return std::make_unique<StoreAdapter>(std::move(library), **interface, store);
}

}  // namespace agentroom::host
