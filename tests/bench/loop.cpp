#include "loop.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace agentroom::bench {
namespace {

constexpr std::size_t kReadBytes = 65'536;
constexpr int kEvents = 256;

volatile std::sig_atomic_t stopped = 0;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {
  if (epoll_ < 0) fail("epoll_create1");
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // an open loop sends every few microseconds
}

Loop::~Loop() {
  ::close(epoll_);
}

void Loop::connect(Connection& connection, std::uint16_t port) {
  connection.socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection.socket_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int one = 1;
  ::setsockopt(connection.socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  mark(connection);
}

void Loop::mark(Connection& connection) {
  if (connection.marked_) return;
  connection.marked_ = true;
  marked_.push_back(&connection);
}

void Loop::close(Connection& connection) {
  if (connection.socket_ < 0) return;
  std::erase(marked_, &connection);
  // At once, without the port's minute of TIME_WAIT: there are 28,000 of them.
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection.socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  ::close(connection.socket_);
  connection.socket_ = -1;
}

void Loop::stop() {
  stopped = 1;
}

void Loop::turn(Nanoseconds timeout) {
  if (stopped != 0) throw std::runtime_error("stopped");
  flush();
  std::array<epoll_event, kEvents> events;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec wait{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
  const int ready = ::epoll_pwait2(epoll_, events.data(), kEvents, &wait, nullptr);
  if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    Connection& connection = *static_cast<Connection*>(event.data.ptr);
    if ((event.events & EPOLLOUT) != 0) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN);
      mark(connection);
    }
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) read(connection);
  }
  flush();
}

void Loop::flush() {
  for (Connection* connection : marked_) {
    connection->pack(connection->unsent_);
    connection->marked_ = false;  // after it: `pack` takes all, and marking inside it does nothing
    write(*connection);
  }
  marked_.clear();
}

void Loop::read(Connection& connection) {
  const ssize_t got = ::recv(connection.socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) fail("recv");
  if (got == 0) throw std::runtime_error("the server ended a connection");
  const MutableByteView came(buffer_.data(), static_cast<std::size_t>(got));
  Bytes& unused = connection.unused_;
  if (unused.empty()) {
    const std::size_t used = connection.take(came);
    append(unused, came.subspan(used));
  } else {
    append(unused, came);
    const std::size_t used = connection.take(unused);
    unused.erase(unused.begin(), unused.begin() + static_cast<std::ptrdiff_t>(used));
  }
}

void Loop::write(Connection& connection) {
  Bytes& unsent = connection.unsent_;
  if (unsent.empty()) return;
  const ssize_t sent = ::send(connection.socket_, unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) fail("send");
  if (sent > 0) unsent.erase(unsent.begin(), unsent.begin() + sent);
  if (!unsent.empty()) watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

void Loop::watch(Connection& connection, int operation, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &connection;
  if (::epoll_ctl(epoll_, operation, connection.socket_, &event) != 0) fail("epoll_ctl");
}

}  // namespace agentroom::bench
