#include "listener.hpp"

#include <string>
#include <utility>

#include "address.hpp"
#include "channel.hpp"
#include "http_session.hpp"

namespace agentroom::ws {

namespace {

using sdk::fail;

/// The wait after an accept that failed for lack of something, such as descriptors.
constexpr std::chrono::milliseconds kRetry{100};
constexpr std::chrono::seconds kBetweenComplaints{10};
constexpr std::string_view kAcceptFailures = "ws_accept_failures_total";

sdk::Error cannot_listen(std::string_view address, ErrorCode error) {
  const std::string what = "cannot listen on " + std::string(address) + ": ";
  if (error == boost::asio::error::address_in_use) {
    return fail(AR_IN_USE, what + "the port is in use",
                "stop the program that listens there, or choose another port; port 0 picks a free one");
  }
  if (error == boost::asio::error::access_denied) {
    return fail(AR_PERMISSION, what + "permission denied", "ports below 1024 need a privilege; choose a higher one");
  }
  if (error == boost::system::errc::address_not_available) {
    return fail(AR_INVALID, what + "this machine has no such address",
                "127.0.0.1 is this machine alone, 0.0.0.0 every address it has");
  }
  return fail(AR_IO, what + error.message());
}

/// What `error` lacks, and where to get it.
std::string describe_shortage(ErrorCode error) {
  if (error == boost::asio::error::no_descriptors) {
    return "this process has as many files open as it may; raise its limit, with `ulimit -n` before the start or "
           "LimitNOFILE in a systemd unit";
  }
  if (error == boost::system::errc::too_many_files_open_in_system) {
    return "this machine has as many files open as it may; raise fs.file-max with sysctl";
  }
  return error.message();
}

}  // namespace

Listener::Listener(Loop& loop, ChannelTable& channels, const Config& config, TlsLibrary& tls,
                   const sdk::ListenOptions& options)
    : loop_(loop),
      channels_(channels),
      config_(config),
      tls_(tls),
      events_(options.events),
      request_(options.request),
      max_message_(options.max_message),
      acceptor_(loop.io()),
      retry_(loop.deadlines()),
      last_complaint_(Clock::now() - kBetweenComplaints) {}

Listener::~Listener() = default;

sdk::Result<std::uint16_t> Listener::open(std::string_view address) {
  const auto endpoint = parse_listen_address(loop_.io(), address);
  if (!endpoint) return endpoint.error();
  ErrorCode error;
  acceptor_.open(endpoint->protocol(), error);
  if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(*endpoint, error);
  if (!error) acceptor_.listen(Acceptor::max_listen_connections, error);
  if (error) return cannot_listen(address, error);
  const std::uint16_t port = acceptor_.local_endpoint(error).port();
  if (error) return cannot_listen(address, error);
  loop_.host().count(kAcceptFailures, 0);  // shown from the start
  accept();
  return port;
}

void Listener::close() {
  retry_.cancel();
  ErrorCode ignored;
  acceptor_.close(ignored);
  while (!sessions_.empty()) sessions_.front()->drop();
}

void Listener::accept() {
  acceptor_.async_accept([self = shared_from_this()](ErrorCode error, Socket socket) {
    self->loop_.count_event();
    self->on_accepted(error, std::move(socket));
  });
}

void Listener::on_accepted(ErrorCode error, Socket socket) {
  if (!acceptor_.is_open()) return;
  if (error && error != boost::asio::error::connection_aborted) return pause_accepting(error);
  accept();  // first, so that a connection that cannot be served does not end it
  if (!error) serve(std::move(socket));
}

void Listener::pause_accepting(ErrorCode error) {
  loop_.host().count(kAcceptFailures);
  if (const auto now = Clock::now(); now - last_complaint_ >= kBetweenComplaints) {
    last_complaint_ = now;
    loop_.host().log(sdk::LogLevel::kWarn, "cannot accept connections for now: " + describe_shortage(error));
  }
  retry_.set(kRetry, [this] { accept(); });
}

void Listener::serve(Socket socket) {
  if (sessions_.size() >= config_.max_requests) sessions_.front()->drop();
  const auto session = std::make_shared<HttpSession>(
      loop_, *this, Connection(std::move(socket), tls_.serves() ? tls_.loaded()->accept(loop_.pool()) : nullptr));
  places_.emplace(session.get(), sessions_.insert(sessions_.end(), session));
  session->start();
}

std::shared_ptr<Channel> Listener::make_channel(const HttpSession& session) {
  forget(session);
  return std::make_shared<Channel>(loop_, channels_, Channel::Options{events_, max_message_});
}

void Listener::forget(const HttpSession& session) {
  const auto place = places_.find(&session);
  if (place == places_.end()) return;
  sessions_.erase(place->second);
  places_.erase(place);
}

}  // namespace agentroom::ws
