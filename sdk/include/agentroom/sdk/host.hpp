// The host as a plugin in C++ sees it.
#pragma once

#include <cstdint>
#include <string_view>

#include "agentroom/abi/host.h"
#include "agentroom/sdk/buffer.hpp"
#include "agentroom/sdk/result.hpp"
#include "agentroom/sdk/view.hpp"

namespace agentroom::sdk {

enum class LogLevel : std::int32_t {
  kDebug = AR_LOG_DEBUG,
  kInfo = AR_LOG_INFO,
  kWarn = AR_LOG_WARN,
  kError = AR_LOG_ERROR
};

/// A copyable reference to the host. Thread: any, for every method.
class Host {
 public:
  explicit Host(const ar_host* host) : host_(host) {}

  /// One line; the host escapes it. Never pass a secret.
  void log(LogLevel level, std::string_view message) const noexcept {
    host_->log(host_->ctx, static_cast<std::int32_t>(level), to_abi(message));
  }

  /// A buffer with no byte in use; an empty holder when there is no memory.
  Buffer allocate(std::size_t capacity) const { return Buffer(host_->allocate(host_->ctx, capacity)); }

  /// Runs `run(arg)` once on the engine thread, in order of the calls; false when the host is stopping. A host that
  /// stops may drop what it accepted, so `arg` must have another owner. `run` must not throw.
  bool post(void (*run)(void* arg), void* arg) const noexcept { return host_->post(host_->ctx, run, arg) == AR_OK; }

  /// `agentroom_plugin_<name>`, name: [a-z0-9_]{1,64}.
  void count(std::string_view name, double increment = 1) const noexcept {
    host_->metric(host_->ctx, to_abi(name), AR_METRIC_COUNTER, increment);
  }
  void gauge(std::string_view name, double value) const noexcept {
    host_->metric(host_->ctx, to_abi(name), AR_METRIC_GAUGE, value);
  }

  const ar_host* abi() const { return host_; }

 private:
  const ar_host* host_;
};

}  // namespace agentroom::sdk
