// What a relay's port gives to those who speak plain HTTP, or never finish speaking.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "child.hpp"
#include "raw_socket.hpp"

namespace agentroom::e2e {

using conformance::RawSocket;

inline bool comes_true(const std::function<bool()>& fact) {
  const auto until = std::chrono::steady_clock::now() + kDeadline;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The whole answer to a GET, or what came of it.
inline std::string get(unsigned port, const std::string& path) {
  RawSocket socket = RawSocket::connect(static_cast<std::uint16_t>(port));
  socket.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  comes_true([&] { return socket.ended(); });
  return socket.receive();
}

/// The value of a sample of /metrics; -1 when there is none.
inline double metric(unsigned port, const std::string& sample) {
  const std::string page = "\n" + get(port, "/metrics");
  const auto found = page.find("\n" + sample + " ");
  return found == std::string::npos ? -1 : std::stod(page.substr(found + sample.size() + 2));
}

inline std::string upgrade_request(const std::string& more_headers = {}) {
  return "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Protocol: agentroom.v3\r\n" +
         more_headers + "\r\n";
}

}  // namespace agentroom::e2e
