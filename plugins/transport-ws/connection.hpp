// A TCP connection: one read, one write, and waiting for either.
//
// Everything above it sees bytes only. A connection over TLS has the same members: its `read` and `write` go through
// the record layer, and its waits end when that has something to hand out or room to take.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "address.hpp"
#include "loop.hpp"
#include "socket.hpp"

namespace agentroom::ws {

/// Thread: engine.
class Connection {
 public:
  /// One that is not connected.
  explicit Connection(Loop& loop) : socket_(loop.io()) {}
  /// Takes a connected socket over.
  explicit Connection(Socket socket) : socket_(std::move(socket)) {
    ErrorCode ignored;
    socket_.set_option(Tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
  }

  /// Never waits: `error` is would_block when there is nothing, eof when the peer sends no more.
  std::size_t read(std::span<std::byte> into, ErrorCode& error) {
    return socket_.read_some(boost::asio::buffer(into.data(), into.size()), error);
  }
  /// Never waits; takes what the system takes.
  std::size_t write(std::span<const std::byte> from, ErrorCode& error) {
    return socket_.write_some(boost::asio::buffer(from.data(), from.size()), error);
  }

  /// `handler(ErrorCode)` is called once from the loop; with an error when the connection was closed meanwhile.
  template <class Handler>
  void wait_readable(Handler&& handler) {
    socket_.async_wait(Socket::wait_read, std::forward<Handler>(handler));
  }
  template <class Handler>
  void wait_writable(Handler&& handler) {
    socket_.async_wait(Socket::wait_write, std::forward<Handler>(handler));
  }

  /// Numeric address of the peer.
  std::string peer_address() const {
    ErrorCode ignored;
    return numeric_address(socket_.remote_endpoint(ignored).address());
  }

  /// The peer will read the end behind what was written.
  void finish_writing() {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() {
    ErrorCode ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
};

}  // namespace agentroom::ws
