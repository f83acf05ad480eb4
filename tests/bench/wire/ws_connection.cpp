#include "wire/ws_connection.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace agentroom::bench {
namespace {

constexpr std::array kMask{std::byte{0x5a}, std::byte{0xc3}, std::byte{0x17}, std::byte{0x8e}};
// A client's largest header: two bytes, a length of eight, a mask of four. Shorter lengths are legal, and not needed.
constexpr std::size_t kHeaderBytes = 14;
constexpr unsigned kContinuation = 0;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

void mask(MutableByteView bytes) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, kMask.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, kMask.data(), 4);
  std::size_t at = 0;
  for (; at + sizeof wide <= bytes.size(); at += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[at], sizeof word);
    word ^= wide;
    std::memcpy(&bytes[at], &word, sizeof word);
  }
  for (; at < bytes.size(); ++at) bytes[at] ^= kMask[at % kMask.size()];
}

}  // namespace

WsAgent::WsAgent(std::string_view path, std::string_view subprotocol)
    : request_("GET " + std::string(path) +
               " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " +
               std::string(subprotocol) + "\r\n\r\n") {}

std::size_t WsAgent::begin_message(Bytes& out) {
  out.resize(out.size() + kHeaderBytes);
  return out.size();
}

void WsAgent::end_message(Bytes& out, std::size_t begin) {
  const std::size_t size = out.size() - begin;
  std::byte* const header = &out[begin - kHeaderBytes];
  // RFC 6455 wants the shortest length; what it leaves free in front is taken away.
  std::size_t used = 0;
  std::array<std::byte, kHeaderBytes> made{};
  made[used++] = std::byte{0x80 | kBinary};
  const auto put = [&](std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) made[used++] = static_cast<std::byte>(value >> shift);
  };
  if (size < 126) {
    put(0x80 | size, 1);
  } else if (size < 65'536) {
    put(0x80 | 126, 1);
    put(size, 2);
  } else {
    put(0x80 | 127, 1);
    put(size, 8);
  }
  for (const std::byte byte : kMask) made[used++] = byte;
  mask(MutableByteView(out).subspan(begin));
  std::memcpy(header, made.data(), used);
  const auto spare = out.begin() + static_cast<std::ptrdiff_t>(begin - kHeaderBytes + used);
  out.erase(spare, out.begin() + static_cast<std::ptrdiff_t>(begin));
}

void WsAgent::pack(Bytes& out) {
  append(out, as_bytes(std::exchange(request_, {})));
  if (upgraded_) pack_messages(out);
}

std::size_t WsAgent::take_upgrade(MutableByteView bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!text.starts_with("HTTP/1.1 101")) {
    throw std::runtime_error("no WebSocket: " + std::string(text.substr(0, text.find('\r'))));
  }
  upgraded_ = true;
  on_upgraded();
  return end + 4;
}

std::size_t WsAgent::take(MutableByteView bytes) {
  std::size_t used = upgraded_ ? 0 : take_upgrade(bytes);
  while (upgraded_ && bytes.size() - used >= 2) {
    const MutableByteView rest = bytes.subspan(used);
    const auto opcode = std::to_integer<unsigned>(rest[0] & std::byte{0x0f});
    std::uint64_t size = std::to_integer<std::uint64_t>(rest[1]);
    const std::size_t length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t header = 2 + length_bytes;
    if (rest.size() < header) break;
    if (length_bytes > 0) size = big_endian(rest.subspan(2, length_bytes));
    if (rest.size() - header < size) break;
    if (opcode == kClose && size >= 2) {
      throw std::runtime_error("the server closed a connection: " +
                               std::string(as_text(rest.subspan(header + 2, size - 2))));
    }
    if (opcode != kBinary && opcode != kContinuation) {
      throw std::runtime_error("the server sent a WebSocket frame of kind " + std::to_string(opcode));
    }
    on_message(rest.subspan(header, size));
    used += header + size;
  }
  return used;
}

}  // namespace agentroom::bench
