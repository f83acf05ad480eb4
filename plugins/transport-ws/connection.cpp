#include "connection.hpp"

#include <utility>

namespace agentroom::ws {

namespace {

/// The session failed; it says how.
ErrorCode failed() {
  return boost::system::errc::make_error_code(boost::system::errc::protocol_error);
}

ErrorCode ended() {
  return boost::asio::error::make_error_code(boost::asio::error::eof);
}

}  // namespace

Connection::Connection(Loop& loop, Socket socket, std::unique_ptr<TlsSession> tls)
    : loop_(&loop), socket_(std::move(socket)), watch_(loop.readiness()), tls_(std::move(tls)) {
  socket_.set_no_delay();
}

void Connection::want_read(bool want) {
  watch_.want_read(want && !over());
  if (want && over()) tell_end();
}

/// What is left to read is not the socket's.
void Connection::tell_end() {
  if (auto who = watch_.watcher()) loop_->post([who = std::move(who)] { who->on_readable(); });
}

std::size_t Connection::read(std::span<std::byte> into, ErrorCode& error) {
  if (!tls_) return socket_.read(into, error);
  std::size_t plain = 0;
  if (!over()) {
    const std::span<std::byte> records = tls_->scratch();
    const std::size_t size = socket_.read(records, error);
    if (error == boost::asio::error::eof) {
      tls_->end_input();
    } else if (error) {
      return 0;
    }
    plain = tls_->decrypt(records.first(size), into);
  }
  if (tls_failed()) {
    // The alert that says why; whether it gets through does not matter here.
    ErrorCode ignored;
    send_records(ignored);
  }
  error = {};
  if (plain > 0) {
    if (over()) want_read(true);  // what else came is told by the next read
    return plain;
  }
  if (tls_failed()) {
    error = failed();
  } else if (tls_->state() == TlsSession::State::kEnded) {
    error = ended();
  } else {
    error = boost::asio::error::would_block;
  }
  return 0;
}

std::size_t Connection::write(std::span<const std::byte> from, ErrorCode& error) {
  error = {};
  if (!tls_) {
    return from.empty() ? 0 : socket_.write(from, error);
  }
  std::size_t taken = 0;
  send_records(error);
  while (!error && unsent() == 0 && taken < from.size()) {
    const std::size_t batch = tls_->encrypt(from.subspan(taken));
    if (tls_failed()) error = failed();
    if (batch == 0) break;
    taken += batch;
    send_records(error);
  }
  return taken;
}

void Connection::send_records(ErrorCode& error) {
  Output& output = tls_->output();
  if (output.empty()) return;
  output.consume(socket_.write(output.waiting(), error));
}

Trouble Connection::trouble(ErrorCode error) const {
  if (error == failed() && tls_) return tls_->trouble();
  return {describe(error)};
}

void Connection::finish_writing() {
  if (tls_) {
    ErrorCode error;
    tls_->finish();
    send_records(error);
    if (unsent() > 0 && error == boost::asio::error::would_block) return;
  }
  socket_.finish_writing();
}

void Connection::close() {
  watch_.stop();
  socket_.close();
  tls_.reset();
}

std::string describe(ErrorCode error) {
  if (error == boost::asio::error::eof || error == boost::asio::error::broken_pipe) {
    return "the peer closed the connection";
  }
  if (error == boost::asio::error::connection_refused) return "connection refused";
  if (error == boost::asio::error::connection_reset) return "connection reset";
  if (error == boost::asio::error::timed_out) return "connection timed out";
  if (error == boost::asio::error::network_unreachable) return "network unreachable";
  if (error == boost::asio::error::host_unreachable) return "host unreachable";
  return error.message();
}

}  // namespace agentroom::ws
