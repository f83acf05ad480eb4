#include "connector.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"

namespace agentroom::ws {

namespace {

/// Addresses of a host that are tried; more bring nothing but time.
constexpr std::size_t kMaxAddresses = 8;
/// What one address gets when others are left.
constexpr std::chrono::seconds kAttempt{3};

std::string not_found(const std::string& host, ErrorCode error) {
  if (error == boost::asio::error::host_not_found || error == boost::asio::error::no_data || !error) {
    return "no such host: " + host;
  }
  return "cannot look up " + host + ": " + error.message();
}

}  // namespace

Connector::Connector(Loop& loop, std::string host, std::uint16_t port, Outcome outcome)
    : loop_(loop),
      host_(std::move(host)),
      port_(port),
      outcome_(std::move(outcome)),
      watch_(loop.readiness()),
      attempt_(loop.deadlines()) {}

void Connector::start() {
  loop_.post([self = shared_from_this()] {
    if (!self->over_) self->look_up();
  });
}

void Connector::cancel() {
  const auto self = shared_from_this();
  over_ = true;
  attempt_.cancel();
  watch_.stop();
  socket_.close();
}

void Connector::look_up() {
  ErrorCode error;
  if (const auto address = boost::asio::ip::make_address(host_, error); !error) {
    left_ = {{address, port_}};
    return try_next();
  }
  if (host_ == "localhost") {
    left_ = {{boost::asio::ip::address_v6::loopback(), port_}, {boost::asio::ip::address_v4::loopback(), port_}};
    return try_next();
  }
  const std::weak_ptr<Connector> asker = weak_from_this();
  loop_.look_up(asker, host_, port_, [asker](ErrorCode failure, const Tcp::resolver::results_type& found) {
    const auto self = asker.lock();
    if (!self || self->over_) return;
    if (failure || found.empty()) return self->fail(not_found(self->host_, failure));
    for (const auto& entry : found) {
      if (self->left_.size() < kMaxAddresses) self->left_.push_back(entry.endpoint());
    }
    std::ranges::reverse(self->left_);
    self->try_next();
  });
}

void Connector::try_next() {
  const Tcp::endpoint endpoint = left_.back();
  left_.pop_back();
  ErrorCode error;
  socket_ = Socket::open(endpoint.protocol(), error);
  if (!error) error = watch_.start(socket_.descriptor(), shared_from_this());
  if (!error) socket_.connect(endpoint, error);
  if (error != boost::asio::error::in_progress) return on_tried(error);
  watch_.want_write();
  if (!left_.empty()) attempt_.set(kAttempt, [this] { on_tried(boost::asio::error::timed_out); });
}

void Connector::on_writable() {
  on_tried(socket_.connected());
}

void Connector::on_tried(ErrorCode error) {
  const auto self = shared_from_this();
  attempt_.cancel();
  watch_.stop();
  if (!error) {
    over_ = true;
    return outcome_.connected(std::move(socket_));
  }
  if (!left_.empty()) return try_next();
  fail(describe(error) + " by " + host_ + ":" + std::to_string(port_));
}

void Connector::fail(const std::string& reason) {
  over_ = true;
  outcome_.failed(reason);
}

}  // namespace agentroom::ws
