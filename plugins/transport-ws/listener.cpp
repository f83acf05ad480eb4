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
/// So many connections are accepted before the others get their turn.
constexpr std::size_t kAcceptedAtOnce = 64;
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
      watch_(loop.readiness()),
      retry_(loop.deadlines()),
      last_complaint_(Clock::now() - kBetweenComplaints) {}

Listener::~Listener() = default;

sdk::Result<std::uint16_t> Listener::open(std::string_view address) {
  const auto endpoint = parse_listen_address(loop_.io(), address);
  if (!endpoint) return endpoint.error();
  ErrorCode error;
  socket_ = Socket::open(endpoint->protocol(), error);
  if (!error) socket_.listen(*endpoint, error);
  if (error) return cannot_listen(address, error);
  const std::uint16_t port = socket_.local_endpoint(error).port();
  if (!error) error = watch_.start(socket_.descriptor(), shared_from_this());
  if (error) return cannot_listen(address, error);
  loop_.host().count(kAcceptFailures, 0);  // shown from the start
  watch_.want_read(true);
  return port;
}

void Listener::close() {
  const auto self = shared_from_this();
  retry_.cancel();
  watch_.stop();
  socket_.close();
  while (!sessions_.empty()) sessions_.front()->drop();
}

void Listener::on_readable() {
  for (std::size_t i = 0; i < kAcceptedAtOnce && socket_.is_open(); ++i) {
    ErrorCode error;
    Socket socket = socket_.accept(error);
    if (error == boost::asio::error::would_block) return;
    if (!error) error = serve(std::move(socket));
    if (error && error != boost::asio::error::connection_aborted) return pause_accepting(error);
  }
}

void Listener::pause_accepting(ErrorCode error) {
  loop_.host().count(kAcceptFailures);
  if (const auto now = Clock::now(); now - last_complaint_ >= kBetweenComplaints) {
    last_complaint_ = now;
    loop_.host().log(sdk::LogLevel::kWarn, "cannot accept connections for now: " + describe_shortage(error));
  }
  watch_.want_read(false);
  retry_.set(kRetry, [this] { watch_.want_read(true); });
}

ErrorCode Listener::serve(Socket socket) {
  if (sessions_.size() >= config_.max_requests) sessions_.front()->drop();
  const auto session = std::make_shared<HttpSession>(
      loop_, *this,
      Connection(loop_, std::move(socket), tls_.serves() ? tls_.loaded()->accept(loop_.pool()) : nullptr));
  places_.emplace(session.get(), sessions_.insert(sessions_.end(), session));
  return session->start();
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
