#include "channel.hpp"

#include <algorithm>
#include <utility>

namespace agentroom::ws {

namespace {

constexpr sdk::Microseconds kLongestTimeout = std::chrono::hours(24);

}  // namespace

Channel::Channel(Loop& loop, ChannelTable& table, const Options& options)
    : loop_(loop),
      table_(table),
      id_(table.new_id()),
      events_(options.events),
      max_message_(options.max_message),
      connection_(loop),
      out_(loop.pool()),
      deadline_(loop.deadlines()) {}

Channel::~Channel() {
  if (connector_) connector_->cancel();
}

WebSocket::Options Channel::websocket_options() const {
  return {max_message_, loop_.message_buffer()};
}

void Channel::accept(Connection connection, const UpgradeRequest& request, const sdk::PeerInfo& peer,
                     std::span<const std::byte> early) {
  connection_ = std::move(connection);
  connection_.hand_over(shared_from_this());
  connection_.want_read(true);
  websocket_ = WebSocket::accept(loop_.io(), out_, request, websocket_options());
  if (websocket_->state() == WebSocket::State::kEnded) {
    state_ = State::kEnded;
    return linger();
  }
  state_ = State::kOpen;
  table_.add(id_, shared_from_this());
  events_.opened(id_, peer);
  if (!early.empty()) websocket_->feed(early, *this);
  react();
  flush_later();
}

void Channel::connect(Url url, std::unique_ptr<TlsSession> tls, sdk::Microseconds timeout) {
  table_.add(id_, shared_from_this());
  waiting_tls_ = std::move(tls);
  const std::string who = url.host + ":" + std::to_string(url.port);
  const auto limit = std::chrono::duration_cast<Clock::duration>(std::min(timeout, kLongestTimeout));
  deadline_.set(limit, [this, who, limit] {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    const std::string what = connection_.shaking() ? "no answer to the TLS handshake from " : "no answer from ";
    give_up(AR_CLOSE_ABNORMAL, {what + who + " within " + std::to_string(seconds) + " s"});
  });
  const std::string host = url.host;
  const std::uint16_t port = url.port;
  connector_ = std::make_shared<Connector>(
      loop_, host, port,
      Connector::Outcome{[this, url = std::move(url)](Socket socket) { on_connected(std::move(socket), url); },
                         [this](const std::string& reason) { give_up(AR_CLOSE_ABNORMAL, {reason}); }});
  connector_->start();
}

void Channel::on_connected(Socket socket, const Url& url) {
  connection_ = Connection(loop_, std::move(socket), std::move(waiting_tls_));
  websocket_ = WebSocket::connect(loop_.io(), out_, url.host_header, url.target, websocket_options());
  if (const ErrorCode error = connection_.watch(shared_from_this())) return break_off({describe(error)});
  connection_.want_read(true);
  flush_later();
}

void Channel::on_open() {
  connector_.reset();
  deadline_.cancel();
  state_ = State::kOpen;
  const std::string address = connection_.peer_address();
  events_.opened(id_, {address, {}, {}});
}

void Channel::on_message(std::span<std::byte> message) {
  events_.message(id_, message);
}

void Channel::wait_writable() {
  if (dropped_) return;
  write_waits_ = true;
  connection_.want_write();
}

void Channel::on_writable() {
  write_waits_ = false;
  flush();
}

void Channel::on_readable() {
  if (dropped_ || paused_) return;
  const std::span<std::byte> into = loop_.read_buffer();
  ErrorCode error;
  const std::size_t size = connection_.read(into, error);
  if (error && error != boost::asio::error::would_block) return on_input_end(error);
  if (size > 0 && state_ != State::kEnded) {
    websocket_->feed(into.first(size), *this);
    react();
  }
  if (!out_.empty() || connection_.unsent() > 0) flush_later();
}

std::uint64_t Channel::send(std::span<const std::byte> message) {
  if (state_ != State::kOpen || websocket_->state() != WebSocket::State::kOpen || overflowed_) return 0;
  flush_later();
  if (out_.size() + message.size() > kMaxUnsent) {
    overflowed_ = true;
    return 0;
  }
  websocket_->send(message);
  const std::size_t unsent = out_.size() + connection_.unsent();
  if (unsent > AR_TRANSPORT_HIGH_WATER) above_high_water_ = true;
  return unsent;
}

void Channel::pause() {
  if (state_ != State::kOpen || paused_) return;
  paused_ = true;
  connection_.want_read(false);
}

void Channel::resume() {
  if (!std::exchange(paused_, false)) return;
  connection_.want_read(true);
}

void Channel::flush_later() {
  loop_.flush_later(shared_from_this());
}

void Channel::flush() {
  if (dropped_) return;
  react();
  if (overflowed_) return break_off({"the peer reads too slowly"});
  if (dropped_ || write_waits_ || (out_.empty() && connection_.unsent() == 0)) return;
  ErrorCode error;
  const std::size_t taken = connection_.write(out_.waiting(), error);
  if (error && error != boost::asio::error::would_block) return break_off(connection_.trouble(error));
  out_.consume(taken);
  // TLS has to read first: in the handshake, or where the peer has begun a message of it.
  const bool must_read = connection_.secure() && taken == 0 && !out_.empty();
  if (connection_.unsent() == 0 && (connection_.shaking() || must_read)) return;  // the next read goes on
  if (connection_.unsent() > 0 || !out_.empty()) return wait_writable();
  if (lingers_) finish_sending();
  if (std::exchange(above_high_water_, false) && state_ == State::kOpen) events_.drained(id_);
}

}  // namespace agentroom::ws
