#include <algorithm>
#include <bit>
#include <utility>

#include "agentroom/abi/transport.h"
#include "host/abi_view.hpp"
#include "host/adapters.hpp"
#include "host/call.hpp"
#include "host/channel_events.hpp"
#include "host/engine_thread.hpp"
#include "host/owned_buffer.hpp"

namespace agentroom::host {

namespace {

constexpr std::size_t kMaxScheme = 16;

class TransportAdapter final : public Transport {
 public:
  TransportAdapter(std::shared_ptr<Library> library, const ar_transport_interface& interface, ar_transport* transport)
      : library_(std::move(library)), interface_(interface), transport_(transport) {}

  ~TransportAdapter() override {
    call("close", [&] { interface_.close(transport_); });
  }

  TransportAdapter(const TransportAdapter&) = delete;
  TransportAdapter& operator=(const TransportAdapter&) = delete;

  Result<Listening> listen(const ListenOptions& options, ListenerEvents& events) override {
    thread_.check("Transport::listen");
    ar_listen_params params{};
    params.struct_size = sizeof params;
    params.address = abi_string(options.address);
    params.max_message = options.max_message;
    params.events = events_.of(events);
    params.request = EventTable::request;
    params.request_ctx = events_.request_ctx(events);
    ar_listening listening{};
    listening.struct_size = sizeof listening;
    auto bound = call_for_status(library_->id(), "listen", [&](ar_error* error) {
      return interface_.listen(transport_, &params, &listening, error);
    });
    if (!bound) {
      // What it listens with is configured: an address, a certificate.
      return std::unexpected(open_error(std::move(bound.error())));
    }
    std::string scheme = plugin_text(listening.scheme, kMaxScheme);
    if (scheme.empty()) return fail(ErrorCode::kPlugin, library_->id() + ": listen succeeded without a scheme");
    return Listening{listening.port, std::move(scheme)};
  }

  Result<ChannelId> connect(const ConnectOptions& options, ChannelEvents& events) override {
    thread_.check("Transport::connect");
    ar_connect_params params{};
    params.struct_size = sizeof params;
    params.url = abi_string(options.url);
    params.max_message = options.max_message;
    params.timeout_us = microseconds(options.timeout);
    params.events = events_.of(events);
    ar_channel channel = 0;
    auto started = call_for_status(library_->id(), "connect", [&](ar_error* error) {
      return interface_.connect(transport_, &params, &channel, error);
    });
    if (!started) return pass(started);
    if (channel == 0) return fail(ErrorCode::kPlugin, library_->id() + ": connect succeeded without a channel");
    return channel;
  }

  void stop_listening() override {
    thread_.check("Transport::stop_listening");
    call("stop_listening", [&] { interface_.stop_listening(transport_); });
  }

  std::size_t send(ChannelId channel, Bytes message) override {
    thread_.check("Transport::send");
    ar_buffer* buffer = OwnedBuffer<Bytes>::make(std::move(message));
    std::uint64_t unsent = 0;
    call("send", [&] { unsent = interface_.send(transport_, channel, buffer); });
    return static_cast<std::size_t>(unsent);
  }

  void pause(ChannelId channel) override {
    thread_.check("Transport::pause");
    call("pause", [&] { interface_.pause(transport_, channel); });
  }

  void resume(ChannelId channel) override {
    thread_.check("Transport::resume");
    call("resume", [&] { interface_.resume(transport_, channel); });
  }

  void close(ChannelId channel, std::uint16_t code, std::string_view reason) override {
    thread_.check("Transport::close");
    call("close_channel", [&] { interface_.close_channel(transport_, channel, code, abi_string(reason)); });
  }

  void turn(Duration timeout) override {
    thread_.check("Transport::turn");
    call("turn", [&] { interface_.turn(transport_, microseconds(timeout)); });
    events_.rethrow();
  }

  void wake() override {
    call_plugin(library_->id(), "wake", [&] { return interface_.wake(transport_), true; });
  }

  Result<void> reload() override {
    thread_.check("Transport::reload");
    return call_for_status(library_->id(), "reload",
                           [&](ar_error* error) { return interface_.reload(transport_, error); });
  }

 private:
  static std::uint64_t microseconds(Duration duration) {
    return static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0));
  }

  template <class Body>
  void call(std::string_view method, Body&& body) {
    const auto done = call_plugin(library_->id(), method, [&] { return body(), true; });
    // A turn that throws will do so again, many times a second: the log has the 1st, 2nd, 4th, 8th time.
    if (!done && std::has_single_bit(++faults_)) library_->services().log(LogLevel::kError, done.error().message);
  }

  const std::shared_ptr<Library> library_;
  const ar_transport_interface& interface_;
  ar_transport* const transport_;
  EventTable events_;
  std::uint64_t faults_ = 0;
  EngineThread thread_;
};

}  // namespace

Result<std::unique_ptr<Transport>> adapt_transport(std::shared_ptr<Library> library, std::string_view config) {
  auto interface = library->interface_as<ar_transport_interface>(PluginKind::kTransport);
  if (!interface) return pass(interface);
  const ar_transport_open_params params{sizeof params, abi_string(config)};
  ar_transport* transport = nullptr;
  auto opened = call_for_status(library->id(), "open", [&](ar_error* error) {
    return (*interface)->open(library->host(), &params, &transport, error);
  });
  if (!opened) return std::unexpected(open_error(std::move(opened.error())));
  if (transport == nullptr) return no_instance(*library);
  return std::make_unique<TransportAdapter>(std::move(library), **interface, transport);
}

}  // namespace agentroom::host
