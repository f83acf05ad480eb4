// The layer under Beast's WebSocket: reads from the bytes it was fed, writes to an Output.
#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <cstring>
#include <functional>
#include <span>
#include <utility>

#include "inline_executor.hpp"
#include "output.hpp"

namespace agentroom::ws {

/// An operation never ends inside its initiation: it waits until `run`, which ends one after another from a loop. So
/// the depth of the stack does not depend on what the peer sends.
class MemoryStream {
 public:
  using executor_type = InlineExecutor;
  using ErrorCode = boost::system::error_code;

  MemoryStream(InlineExecutor executor, Output& out) : executor_(executor), out_(&out) {}
  MemoryStream(const MemoryStream&) = delete;
  MemoryStream& operator=(const MemoryStream&) = delete;

  executor_type get_executor() const noexcept { return executor_; }

  /// `input` stays valid until it is consumed or replaced.
  void feed(std::span<const std::byte> input) { input_ = input; }
  void feed_end() { end_ = true; }
  /// The most that one read hands out.
  void limit_reads(std::size_t bytes) { read_limit_ = bytes; }

  /// Ends operations until none is left but a read that waits for input.
  void run() {
    while (true) {
      if (write_) {
        std::exchange(write_, nullptr)(ErrorCode(), written_);
      } else if (teardown_) {
        std::exchange(teardown_, nullptr)(ErrorCode());
      } else if (read_ && !input_.empty()) {
        std::exchange(read_, nullptr)(ErrorCode(), take(target_));
      } else if (read_ && end_) {
        std::exchange(read_, nullptr)(boost::asio::error::make_error_code(boost::asio::error::eof), 0);
      } else {
        return;
      }
    }
  }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(ErrorCode, std::size_t)>(
        [this](auto&& end, const Buffers& into) {
          target_ = first<boost::asio::mutable_buffer>(into);
          read_ = std::forward<decltype(end)>(end);
        },
        handler, buffers);
  }

  /// Control frames alone come this way, each in one buffer. Pongs that a peer causes without reading them are dropped.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(ErrorCode, std::size_t)>(
        [this](auto&& end, const Buffers& from) {
          const bool dropped = out_->size() > kPongRoom && is_pong(first<boost::asio::const_buffer>(from));
          written_ = dropped ? boost::asio::buffer_size(from) : append(from);
          write_ = std::forward<decltype(end)>(end);
        },
        handler, buffers);
  }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorCode& error) {
    error = {};
    return append(buffers);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return append(buffers);
  }

  /// There is no socket to wait on: synchronous reads find nothing.
  template <class Buffers>
  std::size_t read_some(const Buffers& /*buffers*/, ErrorCode& error) {
    error = boost::asio::error::would_block;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& /*buffers*/) {
    throw boost::system::system_error(boost::asio::error::would_block);
  }

  template <class Handler>
  friend void async_teardown(boost::beast::role_type /*role*/, MemoryStream& stream, Handler&& handler) {
    stream.teardown_ = std::forward<Handler>(handler);
  }
  friend void teardown(boost::beast::role_type /*role*/, MemoryStream& /*stream*/, ErrorCode& error) { error = {}; }
  friend void beast_close_socket(MemoryStream& /*stream*/) {}

 private:
  /// Unsent bytes above which pongs are dropped.
  static constexpr std::size_t kPongRoom = std::size_t{64} * 1024;

  static bool is_pong(boost::asio::const_buffer frame) {
    constexpr auto kOpcode = std::byte{0x0F};
    constexpr auto kPong = std::byte{0x0A};
    return frame.size() > 0 && (*static_cast<const std::byte*>(frame.data()) & kOpcode) == kPong;
  }

  template <class Buffer, class Buffers>
  static Buffer first(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const Buffer buffer = *it;
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  std::size_t take(boost::asio::mutable_buffer into) {
    const std::size_t count = std::min({into.size(), input_.size(), read_limit_});
    if (count > 0) std::memcpy(into.data(), input_.data(), count);
    input_ = input_.subspan(count);
    return count;
  }

  template <class Buffers>
  std::size_t append(const Buffers& buffers) {
    std::size_t count = 0;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
      const boost::asio::const_buffer buffer = *it;
      out_->append(buffer.data(), buffer.size());
      count += buffer.size();
    }
    return count;
  }

  InlineExecutor executor_;
  Output* out_;
  std::span<const std::byte> input_;
  bool end_ = false;
  std::size_t read_limit_ = static_cast<std::size_t>(-1);
  boost::asio::mutable_buffer target_;
  std::size_t written_ = 0;
  std::move_only_function<void(ErrorCode, std::size_t)> read_;
  std::move_only_function<void(ErrorCode, std::size_t)> write_;
  std::move_only_function<void(ErrorCode)> teardown_;
};

}  // namespace agentroom::ws
