#include "connector.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
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
      socket_(loop.io()),
      attempt_(loop.deadlines()) {}

void Connector::start() {
  boost::asio::post(loop_.io(), [self = shared_from_this()] {
    self->loop_.count_event();
    if (!self->over_) self->look_up();
  });
}

void Connector::cancel() {
  over_ = true;
  attempt_.cancel();
  if (resolver_) resolver_->cancel();
  ErrorCode ignored;
  socket_.close(ignored);
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
  resolver_.emplace(loop_.io());
  resolver_->async_resolve(host_, std::to_string(port_), Tcp::resolver::numeric_service,
                           [self = shared_from_this()](ErrorCode failure, const Resolver::results_type& found) {
                             self->loop_.count_event();
                             if (self->over_) return;
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
  socket_.close(error);
  socket_.open(endpoint.protocol(), error);
  if (error) return on_tried(error);
  attempt_timed_out_ = false;
  if (!left_.empty()) {
    attempt_.set(kAttempt, [this] {
      attempt_timed_out_ = true;
      ErrorCode ignored;
      socket_.cancel(ignored);
    });
  }
  socket_.async_connect(endpoint, [self = shared_from_this()](ErrorCode failure) {
    self->loop_.count_event();
    if (!self->over_) self->on_tried(failure);
  });
}

void Connector::on_tried(ErrorCode error) {
  attempt_.cancel();
  if (!error) {
    over_ = true;
    return outcome_.connected(std::move(socket_));
  }
  if (!left_.empty()) return try_next();
  if (attempt_timed_out_) error = boost::asio::error::timed_out;
  fail(describe(error) + " by " + host_ + ":" + std::to_string(port_));
}

void Connector::fail(const std::string& reason) {
  over_ = true;
  outcome_.failed(reason);
}

}  // namespace agentroom::ws
