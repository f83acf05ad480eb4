#include "socket.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace agentroom::ws {

namespace {

/// What a call returned that gives -1 for a failure.
template <class Number>
Number checked(Number result, ErrorCode& error) {
  error = result < 0 ? ErrorCode(errno, boost::system::system_category()) : ErrorCode();
  return result;
}

/// `call` until no signal comes in between.
template <class Call>
auto uninterrupted(Call call, ErrorCode& error) {
  for (;;) {
    const auto result = checked(call(), error);
    if (error != boost::asio::error::interrupted) return result;
  }
}

Tcp::endpoint endpoint(int descriptor, int (*name)(int, sockaddr*, socklen_t*), ErrorCode& error) {
  Tcp::endpoint found;
  auto size = static_cast<socklen_t>(found.capacity());
  if (checked(name(descriptor, found.data(), &size), error) < 0) return {};
  found.resize(size);
  return found;
}

}  // namespace

Socket Socket::open(const Tcp& protocol, ErrorCode& error) {
  return Socket(
      checked(::socket(protocol.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol.protocol()), error));
}

void Socket::listen(const Tcp::endpoint& where, ErrorCode& error) {
  const int yes = 1;
  checked(::setsockopt(descriptor_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), error);
  if (!error) checked(::bind(descriptor_.get(), where.data(), static_cast<socklen_t>(where.size())), error);
  if (!error) checked(::listen(descriptor_.get(), SOMAXCONN), error);
}

Socket Socket::accept(ErrorCode& error) {
  return Socket(uninterrupted(
      [this] { return ::accept4(descriptor_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); }, error));
}

// Interrupted it goes on in the background, and asking again would be a second attempt.
void Socket::connect(const Tcp::endpoint& where, ErrorCode& error) {
  checked(::connect(descriptor_.get(), where.data(), static_cast<socklen_t>(where.size())), error);
  if (error == boost::asio::error::interrupted) error = boost::asio::error::in_progress;
}

ErrorCode Socket::connected() {
  int failure = 0;
  socklen_t size = sizeof failure;
  ErrorCode error;
  checked(::getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &failure, &size), error);
  return error ? error : ErrorCode(failure, boost::system::system_category());
}

void Socket::set_no_delay() {
  const int yes = 1;
  ::setsockopt(descriptor_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

std::size_t Socket::read(std::span<std::byte> into, ErrorCode& error) {
  const auto size = uninterrupted([&] { return ::recv(descriptor_.get(), into.data(), into.size(), 0); }, error);
  if (size == 0 && !into.empty()) error = boost::asio::error::eof;
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

std::size_t Socket::write(std::span<const std::byte> from, ErrorCode& error) {
  const auto size =
      uninterrupted([&] { return ::send(descriptor_.get(), from.data(), from.size(), MSG_NOSIGNAL); }, error);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

void Socket::finish_writing() {
  ::shutdown(descriptor_.get(), SHUT_WR);
}

Tcp::endpoint Socket::local_endpoint(ErrorCode& error) const {
  return endpoint(descriptor_.get(), ::getsockname, error);
}

Tcp::endpoint Socket::remote_endpoint(ErrorCode& error) const {
  return endpoint(descriptor_.get(), ::getpeername, error);
}

}  // namespace agentroom::ws
