// A TCP peer that says exactly what a test tells it to, right or wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace agentroom::conformance {

/// Never blocks. Owns its descriptor.
class RawSocket {
 public:
  explicit RawSocket(int descriptor) : descriptor_(descriptor) {}
  RawSocket(RawSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        received_(std::move(other.received_)),
        ended_(other.ended_) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket() { close(); }

  static int make() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw std::runtime_error("no socket");
    return descriptor;
  }

  /// To a listener of this machine, which takes it without having a turn.
  static RawSocket connect(std::uint16_t port) { return connect(make(), port); }
  static RawSocket connect(int descriptor, std::uint16_t port) {
    RawSocket socket(descriptor);
    const sockaddr_in address = loopback(port);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    }
    return socket;
  }

  /// Sends what fits into the system's buffers; how much that was.
  std::size_t send(std::string_view bytes) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  /// All that came so far, behind what was taken before.
  const std::string& receive() {
    char block[65'536];
    while (!ended_) {
      const ssize_t size = ::recv(descriptor_, block, sizeof block, MSG_DONTWAIT);
      if (size > 0) {
        received_.append(block, static_cast<std::size_t>(size));
      } else if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
        ended_ = true;
      } else {
        break;
      }
    }
    return received_;
  }
  /// Whether the other side has ended the connection.
  bool ended() {
    receive();
    return ended_;
  }
  void forget(std::size_t count) { received_.erase(0, count); }

  void finish_writing() { ::shutdown(descriptor_, SHUT_WR); }
  /// The system answers everything from now on with a reset.
  void reset() {
    const linger abrupt{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    close();
  }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

 private:
  int descriptor_;
  std::string received_;
  bool ended_ = false;
};

/// Listens on a free port of this machine.
class RawListener {
 public:
  RawListener() : descriptor_(RawSocket::make()) {
    sockaddr_in address = RawSocket::loopback(0);
    socklen_t size = sizeof address;
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(descriptor_, 16) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  ~RawListener() { ::close(descriptor_); }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }

  bool has_guest() const {
    pollfd waits{descriptor_, POLLIN, 0};
    return ::poll(&waits, 1, 0) == 1;
  }
  /// Only when `has_guest`.
  RawSocket accept() { return RawSocket(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

}  // namespace agentroom::conformance
