// Base class of a transport plugin: ordered, reliable, message-oriented channels.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include "agentroom/abi/entry.h"
#include "agentroom/abi/transport.h"
#include "agentroom/sdk/barrier.hpp"

namespace agentroom::sdk {

using Microseconds = std::chrono::duration<std::uint64_t, std::micro>;

struct TransportOptions {
  std::string_view config;  ///< TOML, the plugin's own table; valid during `open`
};

/// Who is at the other end; untrusted, each at most 1,024 bytes, empty where unknown.
struct PeerInfo {
  std::string_view address;  ///< numeric IP address without port
  std::string_view forwarded_for;
  std::string_view cf_connecting_ip;
};

/// Where the events of a channel go. Copyable; may be kept until the transport is gone. Thread: engine, inside `turn`.
class ChannelEvents {
 public:
  explicit ChannelEvents(const ar_channel_events* events) : events_(events) {}
  void opened(ar_channel channel, const PeerInfo& peer) const {
    const ar_peer_info info{sizeof info, to_abi(peer.address), to_abi(peer.forwarded_for),
                            to_abi(peer.cf_connecting_ip)};
    events_->opened(events_->ctx, channel, &info);
  }
  /// One whole message; the host may overwrite its bytes during the call.
  void message(ar_channel channel, MutableByteView message) const {
    events_->message(events_->ctx, channel, to_abi_mutable(message));
  }
  /// All queued bytes went to the system, after `send` had reported more than AR_TRANSPORT_HIGH_WATER.
  void drained(ar_channel channel) const { events_->drained(events_->ctx, channel); }
  /// The last event of a channel; also for an attempt that failed, then without `opened`.
  /// The texts are for people, each at most 1,024 bytes; `hint` tells what to do about it.
  void closed(ar_channel channel, std::uint16_t code, std::string_view reason, std::string_view hint = {}) const {
    const ar_close_info why{sizeof why, code, to_abi(reason), to_abi(hint)};
    events_->closed(events_->ctx, channel, &why);
  }

 private:
  const ar_channel_events* events_;
};

struct HttpResponse {
  std::uint32_t status = 404;
  std::string_view content_type;
  Buffer body;
};

/// Answers a plain HTTP request on a listener. Copyable; may be kept. Thread: engine, inside `turn`.
class RequestHandler {
 public:
  RequestHandler(void (*request)(void*, const ar_http_request*, ar_http_response*), void* ctx)
      : request_(request), ctx_(ctx) {}
  HttpResponse operator()(std::string_view method, std::string_view target) const {
    const ar_http_request request{sizeof request, to_abi(method), to_abi(target)};
    ar_http_response response{};
    response.struct_size = sizeof response;
    request_(ctx_, &request, &response);
    return {response.status, text(response.content_type), Buffer(response.body)};
  }

 private:
  void (*request_)(void*, const ar_http_request*, ar_http_response*);
  void* ctx_;
};

struct ListenOptions {
  std::string_view address;       ///< host:port, "[::1]:0"; port 0 picks a free one; valid during `listen`
  std::uint64_t max_message = 0;  ///< bytes; a larger message closes its channel with 1009 before it is read
  ChannelEvents events;
  RequestHandler request;
};

/// Where a listener is found.
struct Listening {
  std::uint16_t port = 0;
  std::string_view scheme;  ///< static; how URLs that reach it begin: "ws" or "wss"
};

struct ConnectOptions {
  std::string_view url;  ///< valid during `connect`
  std::uint64_t max_message = 0;
  Microseconds timeout{};  ///< until `opened`, then the attempt is closed
  ChannelEvents events;
};

/// A transport. Besides these methods a class needs
///
///     static Result<std::unique_ptr<T>> open(Host host, const TransportOptions& options);
///
/// The destructor ends every channel without events and joins the threads of the instance. Nothing is called back
/// outside `turn`. Thread: engine, for all but `wake` and the destructor.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Binds and listens. Errors: AR_IN_USE, AR_INVALID (address), AR_PERMISSION, AR_IO.
  virtual Result<Listening> listen(const ListenOptions& options) = 0;
  /// Stops accepting and frees the port; open channels stay.
  virtual void stop_listening() = 0;

  /// Starts to connect; the outcome comes in a later turn. Errors: AR_INVALID (URL), AR_UNSUPPORTED (scheme).
  virtual Result<ar_channel> connect(const ConnectOptions& options) = 0;

  /// Queues one message; never blocks. The bytes of this channel that the system has not taken yet, this message
  /// included; 0 when the channel has ended (the message is dropped).
  virtual std::uint64_t send(ar_channel channel, Buffer message) = 0;

  /// Stops and restarts reading. A message that was read already may still come.
  virtual void pause(ar_channel channel) = 0;
  virtual void resume(ar_channel channel) = 0;

  /// Sends what is queued (for at most 5 s), then closes. Only `closed` follows. `reason`: ASCII, at most 120 bytes.
  virtual void close_channel(ar_channel channel, std::uint16_t code, std::string_view reason) = 0;

  /// Flushes what was sent since the last turn, each channel once; waits at most `timeout` for something to happen (0:
  /// does not wait); reads, and calls back with all that came.
  virtual void turn(Microseconds timeout) = 0;

  /// Makes the running or the next `turn` return without waiting. Thread: any.
  virtual void wake() = 0;

  /// Reads again what the configuration names by path: channels that begin from now on use the new, open ones go on.
  /// When anything is wrong with the new, all of the old stays in use. Errors: AR_INVALID, AR_PERMISSION, AR_IO.
  virtual Status reload() { return {}; }
};

namespace detail {

inline void transport_close(ar_transport* self) {
  destroy<Transport>(self);
}

inline ar_status transport_listen(ar_transport* self, const ar_listen_params* params, ar_listening* out,
                                  ar_error* error) {
  return guarded(error, "listen", [&]() -> Status {
    const ListenOptions options{text(params->address), params->max_message, ChannelEvents(params->events),
                                RequestHandler(params->request, params->request_ctx)};
    auto bound = instance<Transport>(self).object->listen(options);
    if (!bound) return std::move(bound.error());
    out->port = bound->port;
    out->scheme = to_abi(bound->scheme);
    return {};
  });
}

inline void transport_stop_listening(ar_transport* self) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "stop_listening failed", [&] { it.object->stop_listening(); });
}

inline ar_status transport_connect(ar_transport* self, const ar_connect_params* params, ar_channel* out,
                                   ar_error* error) {
  return guarded(error, "connect", [&]() -> Status {
    const ConnectOptions options{text(params->url), params->max_message, Microseconds(params->timeout_us),
                                 ChannelEvents(params->events)};
    auto channel = instance<Transport>(self).object->connect(options);
    if (!channel) return std::move(channel.error());
    *out = *channel;
    return {};
  });
}

inline std::uint64_t transport_send(ar_transport* self, ar_channel channel, ar_buffer* message) {
  auto& it = instance<Transport>(self);
  std::uint64_t unsent = 0;
  const bool sent = guarded_void(it.host, "send failed", [&] { unsent = it.object->send(channel, Buffer(message)); });
  // A channel that lost a message is no longer reliable: it ends.
  if (!sent) {
    guarded_void(it.host, "close_channel failed", [&] { it.object->close_channel(channel, 1011, "internal error"); });
  }
  return unsent;
}

inline void transport_pause(ar_transport* self, ar_channel channel) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "pause failed", [&] { it.object->pause(channel); });
}

inline void transport_resume(ar_transport* self, ar_channel channel) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "resume failed", [&] { it.object->resume(channel); });
}

inline void transport_close_channel(ar_transport* self, ar_channel channel, std::uint16_t code, ar_string reason) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "close_channel failed", [&] { it.object->close_channel(channel, code, text(reason)); });
}

inline void transport_turn(ar_transport* self, std::uint64_t timeout_us) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "turn failed", [&] { it.object->turn(Microseconds(timeout_us)); });
}

inline void transport_wake(ar_transport* self) {
  auto& it = instance<Transport>(self);
  guarded_void(it.host, "wake failed", [&] { it.object->wake(); });
}

inline ar_status transport_reload(ar_transport* self, ar_error* error) {
  return guarded(error, "reload", [&] { return instance<Transport>(self).object->reload(); });
}

template <class T>
ar_status transport_open(const ar_host* host, const ar_transport_open_params* params, ar_transport** out,
                         ar_error* error) {
  return open_instance<T, Transport>(host, TransportOptions{text(params->config)}, out, error);
}

}  // namespace detail

template <std::derived_from<Transport> T>
struct Kind<T> {
  static constexpr std::string_view kName = "transport";
  static constexpr std::string_view kInterface = AR_INTERFACE_TRANSPORT;
  static constexpr ar_transport_interface kVtable = {
      sizeof(ar_transport_interface),  detail::transport_open<T>,        detail::transport_close,
      detail::transport_listen,        detail::transport_stop_listening, detail::transport_connect,
      detail::transport_send,          detail::transport_pause,          detail::transport_resume,
      detail::transport_close_channel, detail::transport_turn,           detail::transport_wake,
      detail::transport_reload,
  };
};

}  // namespace agentroom::sdk
