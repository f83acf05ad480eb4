// Channels: ordered, reliable, message-oriented connections between an agent and a relay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agentroom/bytes.hpp"
#include "agentroom/result.hpp"
#include "agentroom/time.hpp"

namespace agentroom {

/// Names a channel for the life of its transport; never reused, 0 names none.
using ChannelId = std::uint64_t;

/// Who is at the other end, as far as the transport can tell. All text is untrusted.
struct PeerInfo {
  std::string address;           ///< numeric IP address without port; empty where the transport has none
  std::string forwarded_for;     ///< `X-Forwarded-For`, or empty
  std::string cf_connecting_ip;  ///< `CF-Connecting-IP`, or empty
};

/// Why a channel ended.
struct CloseInfo {
  std::uint16_t code = 1006;  ///< WebSocket close code; 1006: the connection broke, or was never there
  std::string reason{};       ///< for people; untrusted text
  std::string hint{};         ///< what to do about it; may be empty; untrusted text
};

/// What an engine does to channels. Thread: the engine's. Every call on a channel that has ended does nothing.
class Channels {
 public:
  virtual ~Channels() = default;

  /// Queues one message and returns at once with the bytes of this channel that are not yet handed to the system, this
  /// message included. All that was sent in one turn is written together at its end. Above 1 MiB an engine stops
  /// sending until `on_drained`.
  virtual std::size_t send(ChannelId channel, Bytes message) = 0;

  /// Stops and restarts reading; messages that were read already may still come.
  virtual void pause(ChannelId channel) = 0;
  virtual void resume(ChannelId channel) = 0;

  /// Sends what is queued, then closes. No event but `on_closed` follows. Reason: ASCII, at most 120 bytes.
  virtual void close(ChannelId channel, std::uint16_t code, std::string_view reason) = 0;
};

/// What happens to channels; called on the engine thread, inside `Transport::turn`.
class ChannelEvents {
 public:
  virtual ~ChannelEvents() = default;

  virtual void on_opened(ChannelId channel, const PeerInfo& peer) = 0;
  /// The bytes are the callee's during the call and may be overwritten (a box is opened in place).
  virtual void on_message(ChannelId channel, MutableByteView message) = 0;
  /// All queued bytes are handed to the system after `send` reported more than 1 MiB.
  virtual void on_drained(ChannelId channel) = 0;
  /// The last event of a channel. Also for a connection attempt that failed, without `on_opened` before it.
  virtual void on_closed(ChannelId channel, const CloseInfo& why) = 0;
};

/// A plain HTTP request on a listener, and its answer.
struct HttpRequest {
  std::string method;
  std::string target;  ///< untrusted
};
struct HttpResponse {
  unsigned status = 404;
  std::string content_type = "application/json";
  std::string body;
};

/// Events of a listener: those of its channels, and plain requests.
class ListenerEvents : public ChannelEvents {
 public:
  virtual HttpResponse on_request(const HttpRequest& request) = 0;
};

struct ListenOptions {
  std::string address = "127.0.0.1:8787";  ///< host:port; port 0 picks a free one
  std::size_t max_message = 262'144;       ///< bytes of one message; a larger one closes the channel with 1009
};

/// Where a listener is found.
struct Listening {
  std::uint16_t port = 0;
  std::string scheme;  ///< how URLs that reach it begin: "ws" or "wss"
};

struct ConnectOptions {
  std::string url;
  std::size_t max_message = 262'144;
  Duration timeout = std::chrono::seconds(10);  ///< until `on_opened`
};

/// Carries channels. The engine thread drives it: nothing happens outside `turn`. Thread: the engine's, except `wake`.
class Transport : public Channels {
 public:
  /// Binds and listens. `events` must outlive the transport. Errors: kInUse (the port), kConfig (the address, a file),
  /// kPermission, kIo.
  virtual Result<Listening> listen(const ListenOptions& options, ListenerEvents& events) = 0;

  /// Starts to connect; the outcome is `on_opened` or `on_closed`, in a later turn. Errors: kInvalid (URL), kUsage
  /// (scheme that this transport does not speak).
  virtual Result<ChannelId> connect(const ConnectOptions& options, ChannelEvents& events) = 0;

  /// Stops accepting; open channels stay.
  virtual void stop_listening() = 0;

  /// Flushes what was sent since the last turn (each channel once), waits at most `timeout` for something to happen,
  /// reads, and hands over all that came. Returns after one batch.
  virtual void turn(Duration timeout) = 0;

  /// Makes a running or the next `turn` return at once. Thread: any.
  virtual void wake() = 0;

  /// Reads certificates, keys and the like again: channels that begin from now on use the new, open ones go on. When
  /// anything is wrong with the new, all of the old stays in use. Errors: kInvalid, kPermission, kIo.
  virtual Result<void> reload() = 0;
};

}  // namespace agentroom
