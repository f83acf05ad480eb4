// What the connections of one instance share: the readiness loop, deadlines, memory, and the list of those with
// something to send.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/transport.hpp"
#include "buffer_pool.hpp"
#include "deadlines.hpp"

namespace agentroom::ws {

/// A connection that may have something to send.
class Flushable {
 public:
  virtual ~Flushable() = default;
  /// Hands what waits to the system, with one call. Thread: engine, inside a turn.
  virtual void flush() = 0;

 private:
  friend class Loop;
  bool dirty_ = false;
};

/// Thread: engine, for all but `wake`.
class Loop {
 public:
  /// What one read of a connection brings at most; also what a connection may bring before others get their turn.
  static constexpr std::size_t kReadSize = std::size_t{64} * 1024;
  /// Events after which a turn returns even when more are ready, so that what they caused is sent.
  static constexpr std::size_t kEventsPerTurn = 1024;

  explicit Loop(sdk::Host host);

  /// Flushes, waits, runs what is ready.
  void turn(sdk::Microseconds timeout);
  /// Thread: any.
  void wake();

  /// Has `connection` flushed once at the beginning of the next turn.
  void flush_later(std::shared_ptr<Flushable> connection);
  /// To be said by every handler of the loop when it begins.
  void count_event();

  boost::asio::io_context& io() { return io_; }
  const sdk::Host& host() const { return host_; }
  Deadlines& deadlines() { return deadlines_; }
  BufferPool& pool() { return pool_; }

  /// Valid until the handler that reads into it returns.
  std::span<std::byte> read_buffer() { return *read_buffer_; }
  /// Where messages are put together; the same for every connection, used only while one is fed.
  std::span<std::byte> message_buffer() { return *message_buffer_; }

 private:
  bool flush_all();
  std::size_t wait_and_run_one(sdk::Microseconds timeout);

  // Handlers that wait in io_ own connections, whose destructors need all that stands above it.
  sdk::Host host_;
  BufferPool pool_;
  Deadlines deadlines_;
  std::unique_ptr<std::array<std::byte, kReadSize>> read_buffer_;
  std::unique_ptr<std::array<std::byte, kReadSize>> message_buffer_;
  std::size_t events_ = 0;
  std::atomic<bool> wake_pending_ = false;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stay_;
  std::vector<std::shared_ptr<Flushable>> dirty_;
  std::vector<std::shared_ptr<Flushable>> flushing_;
};

}  // namespace agentroom::ws
