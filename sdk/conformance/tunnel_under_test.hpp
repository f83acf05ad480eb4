// A tunnel of the plugin under test, and what it said.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "plugin_under_test.hpp"

namespace agentroom::conformance {

struct TunnelEvent {
  std::string kind;  ///< "progress", "ready", "lost", "failed"
  std::string text;  ///< the state, the URL, the reason, the message
  std::string more;  ///< the detail, the https URL, the hint
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;
  bool reachable = false;
  bool given_up = false;
  ar_status status = AR_OK;

  bool is(std::string_view which, std::string_view what) const { return kind == which && text == what; }
};

using TunnelStory = std::vector<TunnelEvent>;

/// "progress starting | ready ws://127.0.0.1:80/ws reachable | ", for the message of a failed expectation.
inline std::string told(const TunnelStory& story) {
  std::string text;
  for (const TunnelEvent& event : story) {
    text += event.kind + " " + event.text + (event.more.empty() ? "" : " (" + event.more + ")") +
            (event.reachable ? " reachable" : "") + (event.given_up ? " given up" : "") + " | ";
  }
  return text;
}

/// Outlives the tunnel, to see what comes too late. Thread: any.
class TunnelRecorder {
 public:
  TunnelRecorder() {
    abi_.struct_size = sizeof abi_;
    abi_.ctx = this;
    abi_.progress = [](void* ctx, const ar_tunnel_progress* it) {
      self(ctx).add({"progress", text(it->state), text(it->detail), it->bytes, it->total});
    };
    abi_.ready = [](void* ctx, const ar_tunnel_address* it) {
      TunnelEvent event{"ready", text(it->url), text(it->https)};
      event.reachable = it->reachable != 0;
      self(ctx).add(std::move(event));
    };
    abi_.lost = [](void* ctx, ar_string reason) { self(ctx).add({"lost", text(reason), {}}); };
    abi_.failed = [](void* ctx, const ar_error* why, std::int32_t given_up) {
      TunnelEvent event{"failed", why->message, why->hint};
      event.given_up = given_up != 0;
      event.status = why->status;
      self(ctx).add(std::move(event));
    };
  }
  TunnelRecorder(const TunnelRecorder&) = delete;
  TunnelRecorder& operator=(const TunnelRecorder&) = delete;

  const ar_tunnel_events* abi() const { return &abi_; }

  TunnelStory story() const {
    const std::scoped_lock lock(mutex_);
    return story_;
  }

  /// False when the deadline comes first.
  bool wait_until(const std::function<bool(const TunnelStory&)>& reached) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return reached(story_); });
  }

  /// The thread inside `open`, whose events are counted.
  void opening(std::thread::id thread) {
    const std::scoped_lock lock(mutex_);
    opening_ = thread;
  }
  void closed() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
  }

  int overlaps() const { return count(overlaps_); }
  int from_inside_open() const { return count(from_inside_open_); }
  int after_close() const { return count(after_close_); }

 private:
  static TunnelRecorder& self(void* ctx) { return *static_cast<TunnelRecorder*>(ctx); }
  static std::string text(ar_string view) { return std::string(as_text(view)); }

  int count(const int& value) const {
    const std::scoped_lock lock(mutex_);
    return value;
  }

  void add(TunnelEvent event) {
    {
      const std::scoped_lock lock(mutex_);
      if (running_++ > 0) ++overlaps_;
      if (opening_ == std::this_thread::get_id()) ++from_inside_open_;
      if (closed_) ++after_close_;
      story_.push_back(std::move(event));
    }
    std::this_thread::yield();  // room for another to overlap
    const std::scoped_lock lock(mutex_);
    --running_;
    changed_.notify_all();
  }

  ar_tunnel_events abi_{};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  TunnelStory story_;
  std::thread::id opening_;
  bool closed_ = false;
  int running_ = 0;
  int overlaps_ = 0;
  int from_inside_open_ = 0;
  int after_close_ = 0;
};

/// Where the tunnel leads and what it may keep.
struct TunnelSite {
  std::string local_address;
  std::string scheme = "ws";
  std::string folder = {};
};

class TunnelUnderTest {
 public:
  TunnelUnderTest(PluginUnderTest& plugin, const std::string& config, const TunnelSite& site)
      : interface_(plugin.tunnel()) {
    Error error;
    const ar_status status = open(plugin, config, site, &error);
    if (status != AR_OK) throw std::runtime_error("cannot open the tunnel: " + describe(status, error));
  }
  ~TunnelUnderTest() { close(); }
  TunnelUnderTest(const TunnelUnderTest&) = delete;
  TunnelUnderTest& operator=(const TunnelUnderTest&) = delete;

  /// What is wrong with a configuration; AR_OK when nothing is.
  static ar_status refusal(PluginUnderTest& plugin, const std::string& config, const TunnelSite& site,
                           ar_error* error) {
    TunnelRecorder recorder;
    ar_tunnel* tunnel = nullptr;
    const ar_tunnel_open_params params = params_of(config, site, recorder);
    const ar_status status = plugin.tunnel().open(plugin.host().abi(), &params, &tunnel, error);
    if (status == AR_OK) plugin.tunnel().close(tunnel);
    return status;
  }

  void close() {
    if (tunnel_ == nullptr) return;
    interface_.close(std::exchange(tunnel_, nullptr));
    recorder_.closed();
  }

  TunnelRecorder& events() { return recorder_; }

 private:
  static ar_tunnel_open_params params_of(const std::string& config, const TunnelSite& site,
                                         const TunnelRecorder& recorder) {
    static const std::string health = "/health";
    ar_tunnel_open_params params{};
    params.struct_size = sizeof params;
    params.config = as_abi(config);
    params.local_address = as_abi(site.local_address);
    params.scheme = as_abi(site.scheme);
    params.health_path = as_abi(health);
    params.folder = as_abi(site.folder);
    params.events = recorder.abi();
    return params;
  }

  ar_status open(PluginUnderTest& plugin, const std::string& config, const TunnelSite& site, ar_error* error) {
    recorder_.opening(std::this_thread::get_id());
    const ar_tunnel_open_params params = params_of(config, site, recorder_);
    const ar_status status = interface_.open(plugin.host().abi(), &params, &tunnel_, error);
    recorder_.opening({});
    return status;
  }

  const ar_tunnel_interface& interface_;
  TunnelRecorder recorder_;
  ar_tunnel* tunnel_ = nullptr;
};

/// True once something of the kind was told.
inline std::function<bool(const TunnelStory&)> has(std::string kind, std::string text = {}) {
  return [kind = std::move(kind), text = std::move(text)](const TunnelStory& story) {
    for (const TunnelEvent& event : story) {
      if (event.kind == kind && (text.empty() || event.text == text)) return true;
    }
    return false;
  };
}

}  // namespace agentroom::conformance
