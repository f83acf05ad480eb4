#include "http_session.hpp"

#include <memory>
#include <utility>

#include "channel.hpp"
#include "listener.hpp"

namespace agentroom::ws {

namespace {

constexpr std::string_view kChannelPath = "/ws";
constexpr std::string_view kJson = "application/json";
/// Requests after which a connection is closed, so that none lives for ever.
constexpr unsigned kMaxRequests = 100;
/// What a closed connection gets until the client has read the answer.
constexpr std::chrono::seconds kLinger{2};

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace

HttpSession::HttpSession(Loop& loop, Listener& listener, Connection connection)
    : loop_(loop),
      listener_(listener),
      connection_(std::move(connection)),
      out_(loop.pool()),
      deadline_(loop.deadlines()) {}

ErrorCode HttpSession::start() {
  if (const ErrorCode error = connection_.watch(shared_from_this())) {
    drop();
    return error;
  }
  limit_time();
  connection_.want_read(true);
  on_readable();  // before those that come after it can push it out
  return {};
}

/// The time in which a request must be complete, and the one in which its answer must have been taken.
void HttpSession::limit_time() {
  deadline_.set(listener_.request_timeout(), [this] { drop(); });
}

void HttpSession::wait_writable() {
  if (state_ == State::kOver) return;
  write_waits_ = true;
  connection_.want_write();
}

void HttpSession::on_writable() {
  write_waits_ = false;
  flush();
}

void HttpSession::on_readable() {
  if (state_ == State::kOver || state_ == State::kAnswering) return;
  const std::span<std::byte> into = loop_.read_buffer();
  ErrorCode error;
  const std::size_t size = connection_.read(into, error);
  if (error && error != boost::asio::error::would_block) {
    return connection_.met_plain_http() ? ask_for_tls() : end_by(error);
  }
  if (connection_.unsent() > 0) loop_.flush_later(shared_from_this());
  if (state_ == State::kReading) {
    unparsed_.insert(unparsed_.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(size));
    parse();
  }
}

void HttpSession::parse() {
  if (unparsed_.empty()) return;
  std::size_t consumed = 0;
  const auto outcome = parser_.feed(unparsed_, consumed);
  unparsed_.erase(unparsed_.begin(), unparsed_.begin() + static_cast<std::ptrdiff_t>(consumed));
  switch (outcome) {
    case RequestParser::Outcome::kMore:
      break;
    case RequestParser::Outcome::kRefused:
      keep_alive_ = false;
      refuse(parser_.refusal(), "not an HTTP/1.1 request that is understood here");
      break;
    case RequestParser::Outcome::kComplete:
      keep_alive_ = parser_.keep_alive() && ++requests_ < kMaxRequests;
      path_of(parser_.target()) == kChannelPath ? serve_websocket() : serve_request();
      break;
  }
}

void HttpSession::serve_request() {
  const auto listener = listener_.shared_from_this();
  sdk::HttpResponse response = listener->request(parser_.method(), parser_.target());
  if (state_ == State::kOver) return;  // the host stopped listening in it
  answer({response.status, response.content_type, response.body.bytes(), parser_.method() == "HEAD", keep_alive_, {}});
}

void HttpSession::serve_websocket() {
  if (!parser_.wants_websocket()) {
    refuse(426, "this is a WebSocket endpoint", "websocket");
  } else if (!parser_.offers_subprotocol(kSubprotocol)) {
    refuse(400, "the WebSocket subprotocol here is agentroom.v3");
  } else {
    upgrade();
  }
}

void HttpSession::upgrade() {
  const auto self = shared_from_this();
  const std::string address = connection_.peer_address();
  const std::string forwarded_for = parser_.header("X-Forwarded-For");
  const std::string cf_connecting_ip = parser_.header("CF-Connecting-IP");
  const auto request = parser_.take();
  state_ = State::kOver;
  deadline_.cancel();
  const auto channel = listener_.make_channel(*this);
  channel->accept(std::move(connection_), *request, {address, forwarded_for, cf_connecting_ip}, unparsed_);
}

/// A client that speaks HTTP where TLS is expected (RFC 2817, section 4.2). What else it sent is not read.
void HttpSession::ask_for_tls() {
  connection_.forget_tls();
  keep_alive_ = false;
  refuse(426, "this port speaks TLS: its URLs begin with https:// and wss://", "TLS/1.2, HTTP/1.1");
}

void HttpSession::refuse(unsigned status, std::string_view why, std::string_view upgrade) {
  const std::string body = R"({"ok":false,"error":")" + std::string(why) + "\"}\n";
  answer({status, kJson, std::as_bytes(std::span(body)), false, keep_alive_, upgrade});
}

void HttpSession::answer(const Response& response) {
  write_response(out_, response);
  state_ = State::kAnswering;
  connection_.want_read(false);
  limit_time();
  loop_.flush_later(shared_from_this());
}

void HttpSession::flush() {
  if (state_ == State::kOver || write_waits_) return;
  ErrorCode error;
  const std::size_t taken = connection_.write(out_.waiting(), error);
  if (error && error != boost::asio::error::would_block) return end_by(error);
  out_.consume(taken);
  // TLS has to read first what the peer has only begun; nothing is read while a request is answered.
  if (connection_.secure() && taken == 0 && !out_.empty() && connection_.unsent() == 0) return drop();
  if (!out_.empty() || connection_.unsent() > 0) return wait_writable();
  if (state_ == State::kLingering) {
    finish_writing();
  } else if (state_ == State::kAnswering) {
    keep_alive_ ? next_request() : linger();
  }
}

void HttpSession::next_request() {
  parser_ = RequestParser();
  state_ = State::kReading;
  limit_time();
  connection_.want_read(true);
  parse();
}

/// Closed with unread input, the system would reset the connection and the client could lose the answer.
void HttpSession::linger() {
  state_ = State::kLingering;
  finish_writing();
  deadline_.set(kLinger, [this] { drop(); });
  connection_.want_read(true);
}

void HttpSession::finish_writing() {
  connection_.finish_writing();
  if (connection_.unsent() > 0) wait_writable();
}

/// The client is gone, or TLS with it failed.
void HttpSession::end_by(ErrorCode error) {
  if (connection_.tls_failed()) {
    loop_.host().log(sdk::LogLevel::kDebug, connection_.peer_address() + ": " + connection_.trouble(error).reason);
  }
  drop();
}

void HttpSession::drop() {
  if (state_ == State::kOver) return;
  const auto self = shared_from_this();
  state_ = State::kOver;
  deadline_.cancel();
  connection_.close();
  listener_.forget(*this);
}

}  // namespace agentroom::ws
