// Stands in for a relay behind a tunnel: answers /health on loopback.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

namespace agentroom::conformance {

class LocalRelay {
 public:
  LocalRelay() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    if (listener_ < 0 || stop_ < 0 || ::bind(listener_, address, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, address, &size) != 0) {
      throw std::runtime_error("no local relay");
    }
    port_ = ntohs(any.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~LocalRelay() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof one);
    thread_.join();
    ::close(listener_);
    ::close(stop_);
  }
  LocalRelay(const LocalRelay&) = delete;
  LocalRelay& operator=(const LocalRelay&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string port() const { return std::to_string(port_); }

  /// What /health answers from now on. Thread: any.
  void answer(int status) { status_ = status; }
  /// How often it was asked. Thread: any.
  int asked() const { return asked_; }

 private:
  void serve() {
    while (true) {
      pollfd polled[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
      ::poll(polled, 2, -1);
      if (polled[1].revents != 0) return;
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) continue;
      answer_one(peer);
      ::close(peer);
    }
  }

  void answer_one(int peer) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos && request.size() < 16'384) {
      pollfd polled[] = {{peer, POLLIN, 0}, {stop_, POLLIN, 0}};
      ::poll(polled, 2, -1);
      if (polled[1].revents != 0) return;
      char block[1'024];
      const ssize_t got = ::read(peer, block, sizeof block);
      if (got <= 0) return;
      request.append(block, static_cast<std::size_t>(got));
    }
    const bool health = request.starts_with("GET /health ");
    if (health) ++asked_;
    const std::string answer = "HTTP/1.1 " + std::to_string(health ? status_.load() : 404) +
                               " Whatever\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"ok\":true}";
    [[maybe_unused]] const ssize_t sent = ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  int listener_;
  int stop_;
  std::uint16_t port_ = 0;
  std::atomic<int> status_ = 200;
  std::atomic<int> asked_ = 0;
  std::thread thread_;
};

}  // namespace agentroom::conformance
