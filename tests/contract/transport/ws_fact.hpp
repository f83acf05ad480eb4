// A listener of transport-ws and a raw peer that talks HTTP and WebSocket to it by hand.
#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "raw_socket.hpp"
#include "transport_under_test.hpp"

namespace agentroom::conformance {

inline std::string upgrade_request(std::string_view path = "/ws", std::string_view subprotocol = "agentroom.v3",
                                   std::string_view more_headers = {}) {
  return "GET " + std::string(path) +
         " HTTP/1.1\r\nHost: relay.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " +
         std::string(subprotocol) + "\r\n" + std::string(more_headers) + "\r\n";
}

enum Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
  std::uint8_t opcode = kBinary;
  std::string payload = {};
  bool fin = true;
  bool masked = true;
  std::uint8_t reserved = 0;
  std::optional<std::uint64_t> claimed_size = std::nullopt;  ///< what the header says instead of the payload's size
};

/// As it stands on the wire; masked with 0x01020304.
inline std::string bytes_of(const Frame& frame) {
  std::string out;
  out += static_cast<char>((frame.fin ? 0x80 : 0) | (frame.reserved << 4) | frame.opcode);
  const std::uint64_t size = frame.claimed_size.value_or(frame.payload.size());
  const int mask_bit = frame.masked ? 0x80 : 0;
  int length_bytes = 0;
  if (size < 126) {
    out += static_cast<char>(mask_bit | static_cast<int>(size));
  } else if (size < 65'536) {
    out += static_cast<char>(mask_bit | 126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(mask_bit | 127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>((size >> (8 * i)) & 0xFF);
  if (frame.masked) out += "\x01\x02\x03\x04";
  for (std::size_t i = 0; i < frame.payload.size(); ++i) {
    out += static_cast<char>(frame.masked ? frame.payload[i] ^ static_cast<char>(1 + i % 4) : frame.payload[i]);
  }
  return out;
}

/// The first frame of what a server sent (without a mask), and its size on the wire.
inline std::optional<std::pair<Frame, std::size_t>> first_frame(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 2) return std::nullopt;
  Frame frame;
  frame.opcode = byte(0) & 0x0FU;
  frame.fin = (byte(0) & 0x80U) != 0;
  frame.masked = (byte(1) & 0x80U) != 0;
  std::size_t size = byte(1) & 0x7FU;
  std::size_t at = 2;
  const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (bytes.size() < at + length_bytes) return std::nullopt;
  if (length_bytes > 0) size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8U | byte(at++);
  if (bytes.size() < at + size) return std::nullopt;
  frame.payload = bytes.substr(at, size);
  return std::pair(frame, at + size);
}

inline std::string close_payload(std::uint16_t code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)} + std::string(reason);
}

class WsFact : public testing::Test {
 protected:
  WsFact() : plugin_(SuiteArguments::instance().plugin()) { open_transport(); }

  void TearDown() override {
    transport_->close();
    for (const std::string& violation : transport_->violations()) ADD_FAILURE() << violation;
  }

  void open_transport(const std::string& config = {}, std::uint64_t max_message = kMaxMessage) {
    transport_.reset();
    transport_.emplace(plugin_, config);
    transport_->listen(max_message);
  }

  bool drive_until(const std::function<bool()>& reached, std::chrono::milliseconds patience = kPatience) {
    return drive({&*transport_}, reached, patience);
  }

  RawSocket connect() { return RawSocket::connect(transport_->port()); }

  /// Sends a request and waits for the whole response, which it takes off the socket.
  std::string ask(RawSocket& peer, std::string_view request) {
    peer.send(request);
    return response(peer);
  }

  /// The next response: header and as much body as it announces. Empty when none comes.
  std::string response(RawSocket& peer, bool with_body = true) {
    std::string whole;
    drive_until([&] {
      const std::string& bytes = peer.receive();
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string::npos) return peer.ended();
      std::size_t size = end + 4;
      const std::size_t length = bytes.find("Content-Length: ");
      if (with_body && length < end) size += std::stoul(bytes.substr(length + 16));
      if (bytes.size() < size) return peer.ended();
      whole = bytes.substr(0, size);
      peer.forget(size);
      return true;
    });
    return whole;
  }

  bool wait_for_end(RawSocket& peer) {
    return drive_until([&] { return peer.ended(); });
  }

  /// A peer that is a channel; its record is `channel()`.
  RawSocket open_websocket(std::string_view more_headers = {}) {
    const std::size_t before = transport_->accepted().size();
    RawSocket peer = connect();
    const std::string answer = ask(peer, upgrade_request("/ws", "agentroom.v3", more_headers));
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 101 "));
    EXPECT_EQ(transport_->accepted().size(), before + 1);
    return peer;
  }
  ar_channel id() { return transport_->accepted().back(); }
  ChannelRecord& channel() { return transport_->channel(id()); }

  /// The next frame that the server sends; nothing when none comes.
  std::optional<Frame> frame(RawSocket& peer) {
    std::optional<Frame> found;
    drive_until([&] {
      if (const auto next = first_frame(peer.receive())) {
        found = next->first;
        peer.forget(next->second);
        return true;
      }
      return peer.ended();
    });
    return found;
  }

  /// The code of the close frame that comes next; 0 when something else comes.
  std::uint16_t close_code(RawSocket& peer) {
    const auto next = frame(peer);
    if (!next || next->opcode != kClose || next->payload.size() < 2) return 0;
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(next->payload[0]) << 8U |
                                      static_cast<std::uint8_t>(next->payload[1]));
  }

  PluginUnderTest plugin_;
  std::optional<TransportUnderTest> transport_;
};

}  // namespace agentroom::conformance
