// One thread that drives many loopback connections: one read a readable socket, one write a dirty one, a turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "agentroom/bytes.hpp"

namespace agentroom::bench {

using Nanoseconds = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

/// One end of a TCP connection on loopback, as what is spoken on it sees it.
class Connection {
 public:
  Connection() = default;
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

 protected:
  /// What came; how many of the bytes were used. The rest comes again, in front of what follows it. The bytes may be
  /// overwritten as far as they are used.
  virtual std::size_t take(MutableByteView bytes) = 0;
  /// Appends what is to be sent; once a turn, when the connection was marked.
  virtual void pack(Bytes& out) = 0;

 private:
  friend class Loop;
  int socket_ = -1;
  Bytes unused_;
  Bytes unsent_;
  bool marked_ = false;
};

/// Anything that fails, a connection that the server ends among it, is a std::runtime_error.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// To 127.0.0.1. The connection is closed before it goes, or stays until the last turn was run.
  void connect(Connection& connection, std::uint16_t port);
  /// It has something to send.
  void mark(Connection& connection);
  /// Not from inside `take` or `pack`.
  void close(Connection& connection);

  /// From now on every turn of any loop fails. For signal handlers.
  static void stop();

  /// Sends, waits at most so long for something to read, reads, sends.
  void turn(Nanoseconds timeout);

 private:
  void flush();
  void read(Connection& connection);
  void write(Connection& connection);
  void watch(Connection& connection, int operation, std::uint32_t events);

  int epoll_ = -1;
  Bytes buffer_;
  std::vector<Connection*> marked_;
};

}  // namespace agentroom::bench
