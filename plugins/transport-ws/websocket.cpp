#include "websocket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <utility>
#include <vector>

#include "memory_stream.hpp"
#include "upgrade_request.hpp"

namespace agentroom::ws {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using ErrorCode = boost::system::error_code;

/// Reads of a client's handshake are short, so that what follows the response fits into Beast's own read buffer.
constexpr std::size_t kHandshakeRead = 512;
/// Bytes of a response to the handshake after which the server is taken for something else.
constexpr std::size_t kHandshakeBytes = std::size_t{64} * 1024;
/// A client masks its messages through a buffer of this size.
constexpr std::size_t kMaskBuffer = 4096;

/// What a server that expects TLS begins its answer with (RFC 8446, section 5.1).
constexpr std::byte kTlsAlert{21};

/// RFC 2817, section 4.2.
bool offers_tls(std::string_view upgrade) {
  return upgrade.find("TLS/") != std::string_view::npos;
}

class BeastWebSocket final : public WebSocket {
 public:
  BeastWebSocket(asio::io_context& io, Output& out, const Options& options)
      : stream_(InlineExecutor(io), out), assembly_(options.assembly), max_message_(options.max_message) {
    stream_.binary(true);
    stream_.auto_fragment(false);
    stream_.read_message_max(options.max_message);
    stream_.write_buffer_bytes(kMaskBuffer);
  }

  void accept(const UpgradeRequest& request) {
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::server, "agentroom");
      if (response.result() == http::status::switching_protocols) {
        response.set(http::field::sec_websocket_protocol, kSubprotocol);
      }
    }));
    ErrorCode error;
    stream_.accept(request.message, error);
    if (error) {
      end(1002, "not a WebSocket handshake: " + error.message());
    } else {
      state_ = State::kOpen;
    }
  }

  void connect(std::string_view host, std::string_view target) {
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(http::field::user_agent, "agentroom");
      request.set(http::field::sec_websocket_protocol, kSubprotocol);
    }));
    stream_.next_layer().limit_reads(kHandshakeRead);
    response_ = std::make_unique<websocket::response_type>();
    stream_.async_handshake(*response_, host, target, [this](ErrorCode error) {
      handshake_over_ = true;
      handshake_error_ = error;
    });
    stream_.next_layer().run();
  }

  State state() const override { return state_; }
  const CloseReason& reason() const override { return reason_; }

  void feed(std::span<const std::byte> input, Events& events) override {
    if (state_ == State::kEnded) return;
    stream_.next_layer().feed(input);
    if (state_ == State::kShaking) {
      if (handshake_bytes_ == 0 && !input.empty() && input.front() == kTlsAlert) return end_by_tls();
      handshake_bytes_ += input.size();
    }
    advance(events);
    stream_.next_layer().feed({});
  }

  void feed_end(Events& events) override {
    stream_.next_layer().feed_end();
    if (state_ != State::kEnded) advance(events);
  }

  void send(std::span<const std::byte> message) override {
    ErrorCode error;
    stream_.write(asio::buffer(message.data(), message.size()), error);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    state_ = State::kClosing;
    reason_ = {code, std::string(reason)};
    stream_.async_close({static_cast<websocket::close_code>(code), beast::string_view(reason.data(), reason.size())},
                        [this](ErrorCode) { state_ = State::kEnded; });
    stream_.next_layer().run();
  }

 private:
  void advance(Events& events) {
    stream_.next_layer().run();
    if (state_ == State::kShaking) judge_handshake(events);
    while (state_ == State::kOpen) {
      if (!read_waits_) start_read();
      if (!read_over_) stream_.next_layer().run();
      if (!read_over_) break;
      take_read(events);
    }
    if (state_ == State::kClosing) stream_.next_layer().run();
    if (assembled_ > 0) {
      // The scratch memory serves other connections next.
      partial_.insert(partial_.end(), assembly_.begin(), assembly_.begin() + static_cast<std::ptrdiff_t>(assembled_));
      assembled_ = 0;
    }
  }

  void judge_handshake(Events& events) {
    if (!handshake_over_) {
      if (handshake_bytes_ > kHandshakeBytes) end(1006, "not a WebSocket endpoint: its answer does not end");
      return;
    }
    const std::unique_ptr<websocket::response_type> response = std::move(response_);
    if (response->result() == http::status::upgrade_required && offers_tls((*response)[http::field::upgrade])) {
      end_by_tls();
    } else if (handshake_error_ == websocket::error::upgrade_declined) {
      end(1006, "not a WebSocket endpoint: HTTP " + std::to_string(response->result_int()));
    } else if (handshake_error_ == http::error::end_of_stream || handshake_error_ == asio::error::eof) {
      end(1006, "the server closed the connection before it answered");
    } else if (handshake_error_) {
      end(1006, "not a WebSocket endpoint: " + handshake_error_.message());
    } else if (std::string_view((*response)[http::field::sec_websocket_protocol]) != kSubprotocol) {
      end(1006, "speaks another subprotocol than " + std::string(kSubprotocol));
    } else {
      stream_.next_layer().limit_reads(static_cast<std::size_t>(-1));
      state_ = State::kOpen;
      events.on_open();
    }
  }

  void start_read() {
    read_waits_ = true;
    read_over_ = false;
    read_at_ = assembled_;
    const std::span<std::byte> into = assembly_.subspan(read_at_);
    stream_.async_read_some(asio::buffer(into.data(), into.size()), [this](ErrorCode error, std::size_t size) {
      read_over_ = true;
      read_error_ = error;
      read_size_ = size;
    });
  }

  void take_read(Events& events) {
    read_waits_ = false;
    if (read_error_) return end_by(read_error_);
    if (!stream_.got_binary()) return close(1003, "only binary messages are understood");
    const std::span<std::byte> piece = assembly_.subspan(read_at_, read_size_);
    if (partial_.empty() && read_at_ == assembled_) {
      assembled_ += read_size_;
    } else {
      partial_.insert(partial_.end(), piece.begin(), piece.end());
    }
    if (stream_.is_message_done()) {
      deliver(events);
    } else if (assembled_ == assembly_.size()) {
      partial_.assign(assembly_.begin(), assembly_.end());
      assembled_ = 0;
    }
  }

  void deliver(Events& events) {
    if (partial_.empty()) {
      events.on_message(assembly_.first(std::exchange(assembled_, 0)));
      return;
    }
    std::vector<std::byte> whole = std::exchange(partial_, {});
    events.on_message(whole);
  }

  void end_by(ErrorCode error) {
    if (error == websocket::error::closed) {
      const websocket::close_reason& peer = stream_.reason();
      // 1005 is what a peer that gave no code has said.
      end(peer.code == websocket::close_code::none ? std::uint16_t{1005} : static_cast<std::uint16_t>(peer.code),
          std::string(peer.reason.data(), peer.reason.size()));
    } else if (error == websocket::error::message_too_big) {
      end(1009, "a message is larger than " + std::to_string(max_message_) + " bytes");
    } else {
      end(1002, "the peer breaks the WebSocket protocol: " + error.message());
    }
  }

  void end_by_tls() {
    end(1006, "the server speaks TLS, which this URL does not ask for");
    reason_.hint = "use a URL that begins with wss:// instead of ws://";
  }

  void end(std::uint16_t code, std::string text) {
    state_ = State::kEnded;
    reason_ = {code, std::move(text)};
    response_.reset();
    partial_ = {};
    assembled_ = 0;
  }

  websocket::stream<MemoryStream, false> stream_;
  std::span<std::byte> assembly_;
  std::size_t max_message_;
  State state_ = State::kShaking;
  CloseReason reason_;

  std::unique_ptr<websocket::response_type> response_;  // while shaking hands
  std::size_t handshake_bytes_ = 0;
  bool handshake_over_ = false;
  ErrorCode handshake_error_;

  // One read at a time. A message grows in assembly_[0, assembled_); when the input ends within it, it moves to
  // partial_, and a read that waits meanwhile still puts its piece at read_at_.
  bool read_waits_ = false;
  bool read_over_ = false;
  std::size_t read_at_ = 0;
  std::size_t read_size_ = 0;
  ErrorCode read_error_;
  std::size_t assembled_ = 0;
  std::vector<std::byte> partial_;
};

}  // namespace

std::unique_ptr<WebSocket> WebSocket::accept(asio::io_context& io, Output& out, const UpgradeRequest& request,
                                             const Options& options) {
  auto socket = std::make_unique<BeastWebSocket>(io, out, options);
  socket->accept(request);
  return socket;
}

std::unique_ptr<WebSocket> WebSocket::connect(asio::io_context& io, Output& out, std::string_view host,
                                              std::string_view target, const Options& options) {
  auto socket = std::make_unique<BeastWebSocket>(io, out, options);
  socket->connect(host, target);
  return socket;
}

}  // namespace agentroom::ws
