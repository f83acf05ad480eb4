// What the host does for one plugin: the ar_host that the plugin is given.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agentroom/abi/host.h"
#include "agentroom/executor.hpp"
#include "host/plugin_host.hpp"

namespace agentroom::host {

/// Thread: any.
class Services : public std::enable_shared_from_this<Services> {
 public:
  /// `executor` and what `log` refers to outlive every plugin of the host.
  Services(std::string id, Executor& executor, LogSink log);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  /// Valid as long as this object.
  const ar_host* abi() const { return &abi_; }
  Executor& executor() const { return executor_; }

  void log(LogLevel level, std::string_view text) const;

  /// Nothing that the plugin posted runs any more.
  void stop() { stopped_ = true; }

  void add_metrics(std::vector<PluginMetric>& out) const;

 private:
  ar_status post(void (*run)(void* arg), void* arg);
  void metric(std::string_view name, std::int32_t kind, double value);

  const std::string id_;
  Executor& executor_;
  const LogSink log_;
  ar_host abi_{};
  std::atomic<bool> stopped_ = false;

  mutable std::mutex mutex_;
  std::map<std::string, PluginMetric, std::less<>> metrics_;  // guarded by mutex_; at most 256
  bool metrics_full_ = false;                                 // guarded by mutex_
};

/// A block of `capacity` bytes with size 0; null when there is no memory.
ar_buffer* allocate_buffer(std::size_t capacity) noexcept;

}  // namespace agentroom::host
