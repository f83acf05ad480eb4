#include "wire_tap.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <vector>

namespace agentroom::e2e {
namespace {

sockaddr_in loopback(unsigned port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

WireTap::WireTap(unsigned target_port) : target_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 16) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "wire tap");
  }
  port_ = ntohs(address.sin_port);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

WireTap::~WireTap() {
  stopping_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

std::string WireTap::heard() const {
  const std::scoped_lock lock(mutex_);
  return heard_;
}

void WireTap::cut() {
  cut_ = true;
  ::eventfd_write(wake_, 1);
}

void WireTap::run() {
  std::map<int, int> other;  // each end of a connection to its other end
  const auto drop = [&other](int fd) {
    const int twin = other[fd];
    other.erase(fd);
    other.erase(twin);
    ::close(fd);
    ::close(twin);
  };
  while (!stopping_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    for (const auto& [fd, twin] : other) polled.push_back({fd, POLLIN, 0});
    ::poll(polled.data(), polled.size(), -1);
    if ((polled[1].revents & POLLIN) != 0) {
      eventfd_t ignored = 0;
      ::eventfd_read(wake_, &ignored);
    }
    if (cut_.exchange(false)) {
      while (!other.empty()) drop(other.begin()->first);
      continue;
    }
    if ((polled[0].revents & POLLIN) != 0) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in address = loopback(target_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        other[client] = server;
        other[server] = client;
      } else {
        ::close(client);
        ::close(server);
      }
    }
    for (std::size_t i = 2; i < polled.size(); ++i) {
      const int fd = polled[i].fd;
      if (polled[i].revents == 0 || !other.contains(fd)) continue;
      std::array<char, 65536> chunk{};
      const ssize_t size = ::read(fd, chunk.data(), chunk.size());
      if (size <= 0 || !write_all(other[fd], chunk.data(), static_cast<std::size_t>(size))) {
        drop(fd);
        continue;
      }
      const std::scoped_lock lock(mutex_);
      heard_.append(chunk.data(), static_cast<std::size_t>(size));
    }
  }
  while (!other.empty()) drop(other.begin()->first);
}

}  // namespace agentroom::e2e
