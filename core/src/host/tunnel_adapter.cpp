#include <sodium.h>

#include <utility>

#include "agentroom/abi/tunnel.h"
#include "base/text.hpp"
#include "host/abi_view.hpp"
#include "host/adapters.hpp"
#include "host/call.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxTunnelText = 2048;

class TunnelAdapter final : public Tunnel {
 public:
  TunnelAdapter(std::shared_ptr<Library> library, const ar_tunnel_interface& interface, std::string_view config)
      : library_(std::move(library)), interface_(interface), config_(config) {
    abi_.struct_size = sizeof abi_;
    abi_.ctx = this;
    abi_.progress = [](void* ctx, const ar_tunnel_progress* progress) {
      self(ctx).deliver([&](TunnelEvents& events) { events.on_step(step_of(*progress)); });
    };
    abi_.ready = [](void* ctx, const ar_tunnel_address* address) {
      self(ctx).deliver([&](TunnelEvents& events) { self(ctx).on_ready(events, *address); });
    };
    abi_.lost = [](void* ctx, ar_string reason) {
      self(ctx).deliver([&](TunnelEvents& events) { events.on_lost(plugin_text(reason, kMaxTunnelText)); });
    };
    abi_.failed = [](void* ctx, const ar_error* why, int32_t given_up) {
      self(ctx).deliver([&](TunnelEvents& events) {
        const ar_error& said = said_by_plugin(why);
        events.on_failed(plugin_error(self(ctx).library_->id(), "open", said.status, said), given_up != 0);
      });
    };
  }

  ~TunnelAdapter() override {
    close();
    sodium_memzero(config_.data(), config_.size());  // it may hold the token of a named tunnel
  }

  TunnelAdapter(const TunnelAdapter&) = delete;
  TunnelAdapter& operator=(const TunnelAdapter&) = delete;

  Result<void> open(const TunnelOptions& options, TunnelEvents& events) override {
    if (tunnel_ != nullptr) return fail(ErrorCode::kExists, library_->id() + ": the tunnel is open already");
    events_ = &events;
    ar_tunnel_open_params params{};
    params.struct_size = sizeof params;
    params.config = abi_string(config_);
    params.local_address = abi_string(options.local_address);
    params.scheme = abi_string(options.scheme);
    params.health_path = abi_string(options.health_path);
    params.folder = abi_string(options.folder);
    params.events = &abi_;
    auto opened = call_for_status(library_->id(), "open", [&](ar_error* error) {
      return interface_.open(library_->host(), &params, &tunnel_, error);
    });
    if (!opened) {
      tunnel_ = nullptr;
      return std::unexpected(open_error(std::move(opened.error())));
    }
    if (tunnel_ == nullptr) return no_instance(*library_);
    return {};
  }

  void close() override {
    ar_tunnel* const tunnel = std::exchange(tunnel_, nullptr);
    if (tunnel == nullptr) return;
    const auto closed = call_plugin(library_->id(), "close", [&] { return interface_.close(tunnel), true; });
    if (!closed) library_->services().log(LogLevel::kError, closed.error().message);
  }

 private:
  static TunnelAdapter& self(void* ctx) { return *static_cast<TunnelAdapter*>(ctx); }

  /// An exception of the receiver must not cross the plugin, and comes on a thread that nobody watches.
  template <class Body>
  void deliver(Body&& body) noexcept {
    try {
      std::forward<Body>(body)(*events_);
    } catch (const std::exception& e) {
      library_->services().log(LogLevel::kError, e.what());
    } catch (...) {
      library_->services().log(LogLevel::kError, "an event of the tunnel could not be handled");
    }
  }

  static TunnelProgress step_of(const ar_tunnel_progress& progress) {
    return {plugin_text(progress.state, kMaxTunnelText), plugin_text(progress.detail, kMaxTunnelText), progress.bytes,
            progress.total};
  }

  static bool is_url(std::string_view url) {
    return !url.empty() && url.size() <= kMaxTunnelText && printable(url) == url;
  }

  void on_ready(TunnelEvents& events, const ar_tunnel_address& address) {
    const std::string_view url = view_of(address.url);
    const std::string_view https = view_of(address.https);
    if (!is_url(url) || !is_url(https)) {
      library_->services().log(LogLevel::kError, "it reported a public URL that is empty, too long or not printable");
      return;
    }
    events.on_address({std::string(url), std::string(https), address.reachable != 0});
  }

  const std::shared_ptr<Library> library_;
  const ar_tunnel_interface& interface_;
  std::string config_;
  ar_tunnel_events abi_{};
  TunnelEvents* events_ = nullptr;
  ar_tunnel* tunnel_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Tunnel>> adapt_tunnel(std::shared_ptr<Library> library, std::string_view config) {
  auto interface = library->interface_as<ar_tunnel_interface>(PluginKind::kTunnel);
  if (!interface) return pass(interface);
  return std::make_unique<TunnelAdapter>(std::move(library), **interface, config);
}

}  // namespace agentroom::host
