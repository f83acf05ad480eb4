// The host that a plugin meets in a contract test: it records what the plugin says and runs what the plugin posts when
// the test asks for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "agentroom/abi/host.h"

namespace agentroom::conformance {

/// How long a fact waits for something that must happen. Generous: a machine may be busy and sanitizers are slow.
inline constexpr std::chrono::seconds kPatience{30};

struct LogLine {
  std::int32_t level = AR_LOG_DEBUG;
  std::string text;
};

/// Thread: `abi` methods any; the others on the thread of the test, which plays the engine thread.
class TestHost {
 public:
  TestHost() {
    abi_.struct_size = sizeof(ar_host);
    abi_.abi_major = AR_ABI_MAJOR;
    abi_.abi_minor = AR_ABI_MINOR;
    abi_.ctx = this;
    abi_.log = [](void* ctx, std::int32_t level, ar_string message) {
      auto& self = *static_cast<TestHost*>(ctx);
      const std::scoped_lock lock(self.mutex_);
      self.log_.push_back({level, std::string(message.data == nullptr ? "" : message.data, message.size)});
    };
    abi_.allocate = [](void* /*ctx*/, std::size_t capacity) -> ar_buffer* { return allocate(capacity); };
    abi_.post = [](void* ctx, void (*run)(void* arg), void* arg) -> ar_status {
      auto& self = *static_cast<TestHost*>(ctx);
      const std::scoped_lock lock(self.mutex_);
      if (self.stopping_) return AR_ABORTED;
      self.posted_.emplace_back(run, arg);
      self.changed_.notify_all();
      return AR_OK;
    };
    abi_.metric = [](void* ctx, ar_string name, std::int32_t kind, double value) {
      auto& self = *static_cast<TestHost*>(ctx);
      const std::scoped_lock lock(self.mutex_);
      double& metric = self.metrics_[std::string(name.data == nullptr ? "" : name.data, name.size)];
      metric = kind == AR_METRIC_COUNTER ? metric + value : value;
    };
  }

  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  /// To be passed to the plugin; valid as long as this object.
  const ar_host* abi() const { return &abi_; }

  /// Runs what the plugin posted so far, in order; returns how much that was.
  std::size_t run_posted() {
    std::deque<std::pair<void (*)(void*), void*>> batch;
    {
      const std::scoped_lock lock(mutex_);
      batch.swap(posted_);
    }
    for (const auto& [run, arg] : batch) run(arg);
    return batch.size();
  }

  /// Runs what is posted until `reached` holds; false when the deadline comes first. `reached` is asked again after
  /// every post and every `notify`.
  bool run_until(const std::function<bool()>& reached, std::chrono::milliseconds patience = kPatience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
      std::uint64_t seen = 0;
      {
        const std::scoped_lock lock(mutex_);
        seen = notified_;
      }
      run_posted();
      if (reached()) return true;
      std::unique_lock lock(mutex_);
      const bool woken = changed_.wait_until(lock, deadline, [&] { return notified_ != seen || !posted_.empty(); });
      if (!woken) return false;
    }
  }

  /// Makes `run_until` look again. Thread: any.
  void notify() {
    const std::scoped_lock lock(mutex_);
    ++notified_;
    changed_.notify_all();
  }

  /// From now on `post` returns AR_ABORTED, as when the host is shutting down.
  void stop() {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }

  std::vector<LogLine> log() const {
    const std::scoped_lock lock(mutex_);
    return log_;
  }

  /// Every line of the log, one after another: for looking for a word, or for the absence of a secret.
  std::string log_text() const {
    std::string all;
    for (const LogLine& line : log()) all += line.text + '\n';
    return all;
  }

  /// 0 for a metric that was never set.
  double metric(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = metrics_.find(name);
    return found == metrics_.end() ? 0.0 : found->second;
  }

  /// A buffer as the host makes it: size 0, released by whoever holds it last. NULL when there is no memory.
  static ar_buffer* allocate(std::size_t capacity) {
    auto* data = new (std::nothrow) std::uint8_t[capacity == 0 ? 1 : capacity];
    if (data == nullptr) return nullptr;
    auto* buffer = new (std::nothrow) ar_buffer{data, 0, capacity, [](ar_buffer* self) {
                                                  delete[] self->data;
                                                  delete self;
                                                }};
    if (buffer == nullptr) delete[] data;
    return buffer;
  }

 private:
  ar_host abi_{};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<void (*)(void*), void*>> posted_;
  std::uint64_t notified_ = 0;
  bool stopping_ = false;
  std::vector<LogLine> log_;
  std::map<std::string, double> metrics_;
};

}  // namespace agentroom::conformance
