// TCP sockets that never wait.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <span>

#include "descriptor.hpp"

namespace agentroom::ws {

using Tcp = boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

/// No call waits: where one would have to, `error` is would_block.
class Socket {
 public:
  /// None.
  Socket() = default;
  static Socket open(const Tcp& protocol, ErrorCode& error);

  bool is_open() const { return descriptor_.valid(); }
  int descriptor() const { return descriptor_.get(); }
  void close() { descriptor_.close(); }

  /// Binds, also to a port whose last connections are not forgotten yet, and listens.
  void listen(const Tcp::endpoint& where, ErrorCode& error);
  Socket accept(ErrorCode& error);

  /// in_progress: once writable, `connected` tells how it went.
  void connect(const Tcp::endpoint& where, ErrorCode& error);
  ErrorCode connected();

  /// Has small messages leave at once.
  void set_no_delay();
  /// eof when the peer sends no more.
  std::size_t read(std::span<std::byte> into, ErrorCode& error);
  std::size_t write(std::span<const std::byte> from, ErrorCode& error);
  /// The peer reads the end behind what was written.
  void finish_writing();

  Tcp::endpoint local_endpoint(ErrorCode& error) const;
  Tcp::endpoint remote_endpoint(ErrorCode& error) const;

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  process::Descriptor descriptor_;
};

}  // namespace agentroom::ws
