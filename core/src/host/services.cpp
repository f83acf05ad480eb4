#include "host/services.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

#include "host/call.hpp"
#include "host/plugin_id.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxLogLine = 4096;
constexpr std::size_t kMaxMetrics = 256;

LogLevel level_of(std::int32_t level) {
  switch (level) {
    case AR_LOG_DEBUG:
      return LogLevel::kDebug;
    case AR_LOG_INFO:
      return LogLevel::kInfo;
    case AR_LOG_WARN:
      return LogLevel::kWarn;
    default:
      return LogLevel::kError;
  }
}

Services& self(void* ctx) {
  return *static_cast<Services*>(ctx);
}

}  // namespace

// One allocation: the bytes lie behind the struct.
ar_buffer* allocate_buffer(std::size_t capacity) noexcept {
  if (capacity > SIZE_MAX - sizeof(ar_buffer)) return nullptr;
  void* block = std::malloc(sizeof(ar_buffer) + capacity);  // NOLINT(cppcoreguidelines-no-malloc)
  if (block == nullptr) return nullptr;
  return new (block) ar_buffer{
      static_cast<std::uint8_t*>(block) + sizeof(ar_buffer), 0, capacity,
      [](ar_buffer* buffer) { std::free(buffer); },  // NOLINT(cppcoreguidelines-no-malloc)
  };
}

Services::Services(std::string id, Executor& executor, LogSink log)
    : id_(std::move(id)), executor_(executor), log_(std::move(log)) {
  abi_.struct_size = sizeof(ar_host);
  abi_.abi_major = AR_ABI_MAJOR;
  abi_.abi_minor = AR_ABI_MINOR;
  abi_.ctx = this;
  // A plugin may be written in C: nothing that these throw may reach it.
  abi_.log = [](void* ctx, std::int32_t level, ar_string message) {
    try {
      host::self(ctx).log(level_of(level), plugin_text(message, kMaxLogLine));
    } catch (...) {  // a line that cannot be written is lost
    }
  };
  abi_.allocate = [](void* /*ctx*/, std::size_t capacity) { return allocate_buffer(capacity); };
  abi_.post = [](void* ctx, void (*run)(void* arg), void* arg) -> ar_status {
    try {
      return host::self(ctx).post(run, arg);
    } catch (...) {
      return AR_INTERNAL;
    }
  };
  abi_.metric = [](void* ctx, ar_string name, std::int32_t kind, double value) {
    try {
      if (name.data != nullptr) host::self(ctx).metric({name.data, name.size}, kind, value);
    } catch (...) {  // a figure that cannot be kept is lost
    }
  };
}

void Services::log(LogLevel level, std::string_view text) const {
  if (log_) log_(level, id_, text);
}

ar_status Services::post(void (*run)(void* arg), void* arg) {
  if (run == nullptr) return AR_INVALID;
  if (stopped_) return AR_ABORTED;
  const bool accepted = executor_.post([services = shared_from_this(), run, arg] {
    if (services->stopped_) return;
    const auto ran = call_plugin(services->id_, "a posted task", [&] { return run(arg), true; });
    if (!ran) services->log(LogLevel::kError, ran.error().message);
  });
  return accepted ? AR_OK : AR_ABORTED;
}

void Services::metric(std::string_view name, std::int32_t kind, double value) {
  const bool counter = kind == AR_METRIC_COUNTER;
  if (!is_key_name(name) || !std::isfinite(value) || (counter && value < 0)) return;
  std::unique_lock lock(mutex_);
  auto found = metrics_.find(name);
  if (found == metrics_.end()) {
    if (metrics_.size() == kMaxMetrics) {
      const bool told = std::exchange(metrics_full_, true);
      lock.unlock();
      if (!told) log(LogLevel::kWarn, "it reports more than 256 metrics; the rest is dropped");
      return;
    }
    found = metrics_.emplace(name, PluginMetric{id_, std::string(name), counter, 0}).first;
  }
  found->second.value = counter ? found->second.value + value : value;
}

void Services::add_metrics(std::vector<PluginMetric>& out) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, metric] : metrics_) out.push_back(metric);
}

}  // namespace agentroom::host
