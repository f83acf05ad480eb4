// A store of the plugin under test, in a folder of its own, with commits that remember how they ended.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "plugin_under_test.hpp"
#include "suite_arguments.hpp"

namespace agentroom::conformance {

/// A folder with mode 0700 that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(testing::TempDir() + "agentroom-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + testing::TempDir());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::filesystem::path path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct StoreOp {
  std::uint32_t kind;
  std::string key;
  std::string value;
};
using Batch = std::vector<StoreOp>;

inline StoreOp put(std::string key, std::string value) {
  return {AR_STORE_PUT, std::move(key), std::move(value)};
}
inline StoreOp put_if_absent(std::string key, std::string value) {
  return {AR_STORE_PUT_IF_ABSENT, std::move(key), std::move(value)};
}
inline StoreOp erase(std::string key) {
  return {AR_STORE_DELETE, std::move(key), {}};
}

using Record = std::pair<std::string, std::string>;

inline ar_bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string as_string(ar_bytes bytes) {
  return bytes.size == 0 ? std::string() : std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

/// How a commit ended.
struct Completion {
  std::size_t commit = 0;  ///< number of the accepted commit, from 0
  ar_status status = AR_OK;
  std::string message;
};

/// Thread: that of the test, which plays the engine thread.
class StoreUnderTest {
 public:
  /// Throws when it cannot be opened; `try_open` of the plugin's interface is for facts about that.
  StoreUnderTest(PluginUnderTest& plugin, const std::string& location, const std::string& config,
                 std::uint32_t flags = 0)
      : plugin_(plugin), interface_(plugin.store()) {
    Error error;
    const ar_status status = try_open(plugin, location, config, flags, &store_, &error);
    if (status != AR_OK) throw std::runtime_error("cannot open the store: " + describe(status, error));
  }

  ~StoreUnderTest() { close(); }
  StoreUnderTest(const StoreUnderTest&) = delete;
  StoreUnderTest& operator=(const StoreUnderTest&) = delete;

  static ar_status try_open(PluginUnderTest& plugin, const std::string& location, const std::string& config,
                            ar_store** out, ar_error* error) {
    return try_open(plugin, location, config, 0, out, error);
  }
  static ar_status try_open(PluginUnderTest& plugin, const std::string& location, const std::string& config,
                            std::uint32_t flags, ar_store** out, ar_error* error) {
    const ar_store_open_params params{sizeof(ar_store_open_params), flags, as_abi(config), as_abi(location)};
    return plugin.store().open(plugin.host().abi(), &params, out, error);
  }

  void close() {
    if (store_ == nullptr) return;
    interface_.close(store_);
    store_ = nullptr;
    closed_ = true;
  }

  /// Hands a batch over; what was passed is overwritten when the call returns, as a host may do.
  ar_status commit(Batch batch, ar_error* error = nullptr) {
    std::vector<ar_store_op> ops;
    ops.reserve(batch.size());
    for (const StoreOp& op : batch) ops.push_back({op.kind, 0, as_bytes(op.key), as_bytes(op.value)});
    auto& ticket = tickets_.emplace_back(Ticket{this, accepted_});
    inside_commit_ = std::this_thread::get_id();
    const ar_status status = interface_.commit(store_, ops.data(), ops.size(), &StoreUnderTest::done, &ticket, error);
    inside_commit_ = std::thread::id();
    for (StoreOp& op : batch) {
      op.key.assign(op.key.size(), '\xAA');
      op.value.assign(op.value.size(), '\xAA');
    }
    if (!ops.empty()) std::memset(static_cast<void*>(ops.data()), 0xAA, ops.size() * sizeof(ar_store_op));
    if (status == AR_OK) ++accepted_;
    return status;
  }

  /// Commits and waits; the status of the call or, when it was accepted, of its completion.
  ar_status commit_and_wait(Batch batch) {
    const ar_status status = commit(std::move(batch));
    if (status != AR_OK) return status;
    if (!wait()) throw std::runtime_error("a commit was not completed in time");
    return completions().back().status;
  }

  /// Until every accepted commit was completed.
  bool wait() {
    return plugin_.host().run_until([&] { return completed() >= accepted_; });
  }
  bool wait_for(std::size_t count) {
    return plugin_.host().run_until([&] { return completed() >= count; });
  }

  std::size_t accepted() const { return accepted_; }
  std::size_t completed() const {
    const std::scoped_lock lock(mutex_);
    return completions_.size();
  }
  std::vector<Completion> completions() const {
    const std::scoped_lock lock(mutex_);
    return completions_;
  }
  /// Completions that came from inside `commit`, after `close`, or without agreeing on status and error.
  int violations() const { return violations_; }

  ar_status resume(ar_error* error = nullptr) { return interface_.resume(store_, error); }

  std::optional<std::string> get(std::string_view key) {
    std::vector<Record> found;
    Error error;
    const ar_status status = interface_.get(store_, as_bytes(key), &StoreUnderTest::collect, &found, &error);
    if (status == AR_NOT_FOUND && found.empty()) return std::nullopt;
    if (status != AR_OK || found.size() != 1 || found.front().first != key) {
      throw std::runtime_error("get: " + describe(status, error) + ", visits: " + std::to_string(found.size()));
    }
    return found.front().second;
  }

  std::vector<Record> scan(std::string_view prefix = {}, std::string_view after = {}, std::uint64_t limit = 0) {
    std::vector<Record> found;
    Error error;
    const ar_status status =
        interface_.scan(store_, as_bytes(prefix), as_bytes(after), limit, &StoreUnderTest::collect, &found, &error);
    if (status != AR_OK) throw std::runtime_error("scan: " + describe(status, error));
    return found;
  }

  std::vector<std::string> scan_keys(std::string_view prefix = {}, std::string_view after = {},
                                     std::uint64_t limit = 0) {
    std::vector<std::string> keys;
    for (Record& record : scan(prefix, after, limit)) keys.push_back(std::move(record.first));
    return keys;
  }

  ar_store* raw() { return store_; }
  const ar_store_interface& interface() const { return interface_; }

 private:
  struct Ticket {
    StoreUnderTest* store;
    std::size_t commit;
  };

  static std::int32_t collect(void* ctx, ar_bytes key, ar_bytes value) {
    static_cast<std::vector<Record>*>(ctx)->emplace_back(as_string(key), as_string(value));
    return 1;
  }

  static void done(void* ctx, ar_status status, const ar_error* error) {
    const Ticket& ticket = *static_cast<Ticket*>(ctx);
    StoreUnderTest& self = *ticket.store;
    if (self.inside_commit_ == std::this_thread::get_id()) ++self.violations_;
    if (self.closed_ || (status == AR_OK) != (error == nullptr)) ++self.violations_;
    if (error != nullptr && (error->status != status || error->message[0] == '\0')) ++self.violations_;
    {
      const std::scoped_lock lock(self.mutex_);
      self.completions_.push_back({ticket.commit, status, error == nullptr ? std::string() : error->message});
    }
    self.plugin_.host().notify();
  }

  PluginUnderTest& plugin_;
  const ar_store_interface& interface_;
  ar_store* store_ = nullptr;
  std::deque<Ticket> tickets_;
  std::size_t accepted_ = 0;
  std::atomic<std::thread::id> inside_commit_{};
  std::atomic<bool> closed_ = false;
  std::atomic<int> violations_ = 0;
  mutable std::mutex mutex_;
  std::vector<Completion> completions_;
};

/// The plugin of the command line and a store of it.
class StoreFact : public testing::Test {
 protected:
  StoreFact() : plugin_(SuiteArguments::instance().plugin()) {}

  void TearDown() override {
    if (!store_) return;
    const int violations = store_->violations();
    store_.reset();
    EXPECT_EQ(violations, 0) << "a completion came from inside commit, after close or with an error that does not fit";
  }

  StoreUnderTest& open(const std::string& config = SuiteArguments::instance().config()) {
    store_.emplace(plugin_, location(), config);
    return *store_;
  }

  StoreUnderTest& reopen() {
    store_.reset();
    return open();
  }

  std::string location() const { return folder_.file("store"); }

  TemporaryFolder folder_;
  PluginUnderTest plugin_;
  std::optional<StoreUnderTest> store_;
};

}  // namespace agentroom::conformance
