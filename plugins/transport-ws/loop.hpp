// What the connections of one instance share: the readiness loop, deadlines, memory, and the list of those with
// something to send.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "agentroom/sdk/host.hpp"
#include "agentroom/sdk/transport.hpp"
#include "buffer_pool.hpp"
#include "deadlines.hpp"
#include "descriptor.hpp"
#include "readiness.hpp"
#include "socket.hpp"

namespace boost::asio {
class thread_pool;
}

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

/// Thread: engine, for all but `wake` and `post`.
class Loop {
 public:
  /// What one read of a connection brings at most; also what a connection may bring before others get their turn.
  static constexpr std::size_t kReadSize = std::size_t{64} * 1024;

  explicit Loop(sdk::Host host);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Waits for the lookup that goes on.
  ~Loop();

  /// Flushes, waits once, runs what is ready.
  void turn(sdk::Microseconds timeout);
  /// Thread: any.
  void wake();
  /// Has `action` run in a turn. Thread: any.
  void post(std::function<void()> action);
  /// Asks the system for the addresses of `host`, on a thread of its own, one host after another; `found`, which does
  /// not own the asker, is called in a turn. Not asked for an asker that is gone.
  void look_up(const std::weak_ptr<const void>& asker, const std::string& host, std::uint16_t port,
               std::function<void(ErrorCode, const Tcp::resolver::results_type&)> found);

  /// Has `connection` flushed once at the beginning of the next turn.
  void flush_later(std::shared_ptr<Flushable> connection);

  Readiness& readiness() { return readiness_; }
  /// What streams of Beast and the lookup of an address to listen on belong to; nothing runs in it.
  boost::asio::io_context& io() { return io_; }
  const sdk::Host& host() const { return host_; }
  Deadlines& deadlines() { return deadlines_; }
  BufferPool& pool() { return pool_; }

  /// Valid until the watcher that reads into it returns.
  std::span<std::byte> read_buffer() { return *read_buffer_; }
  /// Where messages are put together; the same for every connection, used only while one is fed.
  std::span<std::byte> message_buffer() { return *message_buffer_; }

 private:
  /// Whether the thread of the turns has to be told that there is something to do.
  enum class Rest : std::uint8_t { kBusy, kWaits, kWoken };

  bool flush_all();
  void wait(sdk::Microseconds timeout);
  void run_posted();

  // What is posted and what is watched own connections, whose destructors need all that stands above them.
  sdk::Host host_;
  BufferPool pool_;
  Deadlines deadlines_;
  std::unique_ptr<std::array<std::byte, kReadSize>> read_buffer_;
  std::unique_ptr<std::array<std::byte, kReadSize>> message_buffer_;
  process::Descriptor waker_;
  std::atomic<Rest> rest_ = Rest::kBusy;
  boost::asio::io_context io_;
  Readiness readiness_;
  std::mutex posting_;
  std::deque<std::function<void()>> posted_;
  std::unique_ptr<boost::asio::thread_pool> lookups_;  ///< one thread, begun with the first
  std::vector<std::shared_ptr<Flushable>> dirty_;
  std::vector<std::shared_ptr<Flushable>> flushing_;
};

}  // namespace agentroom::ws
