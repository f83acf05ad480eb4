#include <utility>

#include "channel.hpp"

namespace agentroom::ws {

namespace {

/// What a closed channel gets to send what is queued and to hear the peer's close frame.
constexpr std::chrono::seconds kCloseTime{5};
/// What an ended connection gets until the peer has read the last bytes. Closed before that, the system would reset it
/// and the peer could lose them.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kMaxReason = 120;

/// A code that may stand in a close frame (RFC 6455, section 7.4).
std::uint16_t sendable(std::uint16_t code) {
  const bool defined = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
  return defined || (code >= 3000 && code <= 4999) ? code : std::uint16_t{AR_CLOSE_NORMAL};
}

}  // namespace

void Channel::close(std::uint16_t code, std::string_view reason) {
  const std::string text(reason.substr(0, kMaxReason));
  if (state_ == State::kConnecting) {
    state_ = State::kClosing;
    drop();
    loop_.post([self = shared_from_this(), code, text] { self->end(code, {text}); });
  } else if (state_ == State::kOpen) {
    state_ = State::kClosing;
    resume();
    if (websocket_->state() == WebSocket::State::kOpen) websocket_->close(sendable(code), text);
    deadline_.set(kCloseTime, [this, code, text] { give_up(code, {text}); });
    flush_later();
  }
}

/// For a URL under which something else than a relay answered.
std::string Channel::hint_for(const CloseReason& why) const {
  if (!why.hint.empty() || connection_.secure()) return why.hint;
  return "is it the URL of a relay? That of one with TLS begins with wss://";
}

/// Follows the WebSocket's state.
void Channel::react() {
  if (state_ == State::kEnded || !websocket_) return;
  if (websocket_->state() == WebSocket::State::kClosing && state_ == State::kOpen) {
    state_ = State::kClosing;
    resume();
    const CloseReason why = websocket_->reason();
    deadline_.set(kCloseTime, [this, why] { give_up(why.code, {why.text}); });
  } else if (websocket_->state() == WebSocket::State::kEnded) {
    const bool was_open = state_ != State::kConnecting;
    const CloseReason why = websocket_->reason();
    end(why.code, {why.text, was_open ? "" : hint_for(why)});
    if (was_open) {
      linger();
    } else {
      drop();
    }
  }
}

void Channel::on_input_end(ErrorCode error) {
  const Trouble why = connection_.trouble(error);
  if (state_ == State::kConnecting && websocket_ && error == boost::asio::error::eof) {
    websocket_->feed_end(*this);
    react();
  }
  break_off(why);
}

/// The connection broke.
void Channel::break_off(const Trouble& why) {
  if (state_ == State::kClosing) {
    const CloseReason said = websocket_->reason();
    give_up(said.code, {said.text});
  } else {
    give_up(AR_CLOSE_ABNORMAL, why);
  }
}

void Channel::give_up(std::uint16_t code, const Trouble& why) {
  const auto self = shared_from_this();
  end(code, why);
  drop();
}

/// The last thing that the host hears of this channel; once.
void Channel::end(std::uint16_t code, const Trouble& why) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  deadline_.cancel();
  table_.remove(id_);
  events_.closed(id_, code, why.reason, why.hint);
}

void Channel::linger() {
  if (dropped_) return;
  lingers_ = true;
  resume();
  deadline_.set(kLinger, [this] { drop(); });
  if (out_.empty() && connection_.unsent() == 0) {
    finish_sending();
  } else {
    flush_later();
  }
}

/// The peer has nothing more to expect and answers with its own end.
void Channel::finish_sending() {
  connection_.finish_writing();
  if (connection_.unsent() > 0) wait_writable();
}

void Channel::drop() {
  if (dropped_) return;
  const auto self = shared_from_this();
  dropped_ = true;
  deadline_.cancel();
  if (connector_) connector_->cancel();
  connection_.close();
  out_.clear();
}

}  // namespace agentroom::ws
