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

void HttpSession::start() {
  limit_time();
  wait_readable();
}

/// The time in which a request must be complete, and the one in which its answer must have been taken.
void HttpSession::limit_time() {
  deadline_.set(listener_.request_timeout(), [this] { drop(); });
}

void HttpSession::wait_readable() {
  if (read_waits_ || state_ == State::kOver) return;
  read_waits_ = true;
  connection_.wait_readable([self = shared_from_this()](ErrorCode error) { self->on_readable(error); });
}

void HttpSession::on_readable(ErrorCode error) {
  loop_.count_event();
  read_waits_ = false;
  if (error || state_ == State::kOver || state_ == State::kAnswering) return;
  const std::span<std::byte> into = loop_.read_buffer();
  const std::size_t size = connection_.read(into, error);
  if (error && error != boost::asio::error::would_block) return drop();
  if (state_ == State::kReading) {
    unparsed_.insert(unparsed_.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(size));
    parse();
  }
  if (state_ == State::kReading || state_ == State::kLingering) wait_readable();
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
  sdk::HttpResponse response = listener_.request(parser_.method(), parser_.target());
  answer(
      {response.status, response.content_type, response.body.bytes(), parser_.method() == "HEAD", keep_alive_, false});
}

void HttpSession::serve_websocket() {
  if (!parser_.wants_websocket()) {
    refuse(426, "this is a WebSocket endpoint", true);
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

void HttpSession::refuse(unsigned status, std::string_view why, bool offers_websocket) {
  const std::string body = R"({"ok":false,"error":")" + std::string(why) + "\"}\n";
  answer({status, kJson, std::as_bytes(std::span(body)), false, keep_alive_, offers_websocket});
}

void HttpSession::answer(const Response& response) {
  write_response(out_, response);
  state_ = State::kAnswering;
  limit_time();
  loop_.flush_later(shared_from_this());
}

void HttpSession::flush() {
  if (state_ == State::kOver || out_.empty()) return;
  ErrorCode error;
  const std::size_t taken = connection_.write(out_.waiting(), error);
  if (error && error != boost::asio::error::would_block) return drop();
  out_.consume(taken);
  if (!out_.empty()) {
    connection_.wait_writable([self = shared_from_this()](ErrorCode failure) {
      self->loop_.count_event();
      if (!failure) self->flush();
    });
  } else if (keep_alive_) {
    next_request();
  } else {
    linger();
  }
}

void HttpSession::next_request() {
  parser_ = RequestParser();
  state_ = State::kReading;
  limit_time();
  parse();
  if (state_ == State::kReading) wait_readable();
}

/// Closed with unread input, the system would reset the connection and the client could lose the answer.
void HttpSession::linger() {
  state_ = State::kLingering;
  connection_.finish_writing();
  deadline_.set(kLinger, [this] { drop(); });
  wait_readable();
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
