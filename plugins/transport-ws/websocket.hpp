// The WebSocket protocol without a socket: bytes of the peer go in, messages come out; messages go in, bytes for the
// peer come out. Framing, masking, control frames and both handshakes are Beast's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "output.hpp"

namespace boost::asio {
class io_context;
}

namespace agentroom::ws {

struct UpgradeRequest;

inline constexpr std::string_view kSubprotocol = "agentroom.v3";

/// Why a WebSocket ended.
struct CloseReason {
  std::uint16_t code = 1006;
  std::string text;
  std::string hint{};  ///< what to do about it; may be empty
};

/// Thread: engine.
///
///   connect --> [shaking] --on_open--> [open] --close--> [closing]
///                   |                     |                  |
///   accept ---------+---------------------+------------------+----> [ended]
class WebSocket {
 public:
  enum class State { kShaking, kOpen, kClosing, kEnded };

  /// Called while `feed` runs. May call `send` and `close`, but not `feed`.
  class Events {
   public:
    virtual ~Events() = default;
    /// The handshake of `connect` succeeded.
    virtual void on_open() = 0;
    /// One whole message; its bytes may be overwritten.
    virtual void on_message(std::span<std::byte> message) = 0;
  };

  struct Options {
    std::size_t max_message;        ///< a larger one ends the WebSocket with 1009 before its payload is read
    std::span<std::byte> assembly;  ///< scratch memory, used only while `feed` runs
  };

  /// Answers an upgrade request: open, or ended when the request is none after all; `out` then has the refusal.
  static std::unique_ptr<WebSocket> accept(boost::asio::io_context& io, Output& out, const UpgradeRequest& request,
                                           const Options& options);
  /// Begins the handshake of a client; `out` has its request.
  static std::unique_ptr<WebSocket> connect(boost::asio::io_context& io, Output& out, std::string_view host,
                                            std::string_view target, const Options& options);

  virtual ~WebSocket() = default;

  virtual State state() const = 0;
  /// Once ended.
  virtual const CloseReason& reason() const = 0;

  /// Takes all of `input`. What comes after the end is ignored.
  virtual void feed(std::span<const std::byte> input, Events& events) = 0;
  /// The peer sends nothing more.
  virtual void feed_end(Events& events) = 0;

  /// While open: appends the message to the output.
  virtual void send(std::span<const std::byte> message) = 0;
  /// While open: appends a close frame. Ended once the peer's came.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace agentroom::ws
