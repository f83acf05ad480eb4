#include "agent/link.hpp"

#include <algorithm>
#include <utility>

#include "agent/words.hpp"
#include "crypto/keys.hpp"
#include "protocol/limits.hpp"

namespace agentroom::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kHandshakeTimeout = milliseconds(protocol::kHandshakeTimeoutMs);
/// Of a foreign route, for each half of it: whoever told it cannot keep the agent from its relay for long.
constexpr Duration kForeignTimeout = seconds(3);
constexpr Duration kPingAfter = milliseconds(protocol::kPingAfterMs);
constexpr Duration kSilence = milliseconds(protocol::kSilenceMs);
constexpr Duration kFirstBackoff = milliseconds(500);
constexpr Duration kLongestBackoff = seconds(30);
/// Ready for so long, a link counts as stable and the next backoff is short again.
constexpr Duration kStableAfter = seconds(10);
/// However often somebody asks, attempts begin no closer together.
constexpr Duration kBetweenAttempts = seconds(1);
/// A released link stays for the answer to what was sent last.
constexpr Duration kLinger = seconds(20);
/// An Allow that the relay had no room for is sent again.
constexpr Duration kAllowAgain = seconds(30);
constexpr std::size_t kReceiptsPerFrame = 1'000;
/// Frames that may wait while the channel is congested; they are answers to what the relay sends.
constexpr std::size_t kHeldBack = std::size_t{4} * 1024 * 1024;

constexpr std::uint16_t kNormal = 1000;
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kPolicy = 1008;

}  // namespace

void Link::want(bool at_once) {
  wanted_ = true;
  if (auto* ready = std::get_if<Ready>(&phase_)) ready->linger_until.reset();
  if (auto* waiting = std::get_if<Waiting>(&phase_); waiting != nullptr && at_once) {
    waiting->until = std::min(waiting->until, tried_at_ + kBetweenAttempts);
    if (waiting->until <= context_.now.steady) phase_ = Idle{};
  }
  if (idle()) connect();
}

void Link::release() {
  wanted_ = false;
  if (auto* ready = std::get_if<Ready>(&phase_); ready != nullptr && !ready->linger_until) {
    ready->linger_until = context_.now.steady + kLinger;
  }
}

void Link::close(std::string_view reason) {
  wanted_ = false;
  if (channel_ != 0) context_.io.close(std::exchange(channel_, 0), kNormal, reason);
  route_ = 0;
  own_failure_.reset();
  if (!stopped()) phase_ = Idle{};
}

void Link::connect() {
  tried_at_ = context_.now.steady;
  if (route_ == 0) begin_round();
  Error why;
  channel_ = context_.io.connect(dialled(), why);
  if (channel_ == 0) return end(std::move(why), 0);
  phase_ = Connecting{.give_up = context_.now.steady + handshake_timeout()};
}

void Link::begin_round() {
  routes_ = owner_.routes(*this);
  const auto left = std::exchange(left_, {});
  if (!left) return;
  // What peers told comes first only where the relay was never heard.
  const auto end = left->mute ? routes_.end() : std::ranges::find(routes_, true, &Route::foreign);
  const auto last = std::find_if(routes_.begin(), end, [&](const Route& route) { return route.url == left->url; });
  if (last != end) std::rotate(routes_.begin(), std::next(last), end);
}

Duration Link::handshake_timeout() const {
  return foreign() ? kForeignTimeout : kHandshakeTimeout;
}

Error Link::no_answer() const {
  return words::unreachable(dialled(), foreign() ? "no answer within 3 s" : "no answer within 10 s");
}

void Link::on_opened() {
  if (auto* connecting = std::get_if<Connecting>(&phase_)) {
    connecting->opened = true;
    if (!foreign()) connecting->give_up = context_.now.steady + kHandshakeTimeout;
  }
}

void Link::on_message(MutableByteView message) {
  if (std::holds_alternative<Connecting>(phase_)) return start_handshake(message);
  if (std::holds_alternative<Greeting>(phase_)) return finish_handshake(message);
  if (ready()) read_frames(message);
}

void Link::start_handshake(ByteView challenge) {
  auto handshake = protocol::AgentHandshake::start(challenge);
  if (!handshake) return end(words::unreachable(dialled(), handshake.error().message), kProtocolError);
  auto verdict = owner_.judge(*this, handshake->proof());
  if (!verdict) return refuse(handshake->proof().relay_pk, std::move(verdict.error()));
  if (*verdict != Verdict::kGo) return step_back(*verdict);
  auto hello = handshake->hello(context_.self, context_.random);
  if (!hello) return end(words::unreachable(dialled(), hello.error().message), kProtocolError);
  const Duration give_up = foreign() ? context_.now.steady + kForeignTimeout : std::get<Connecting>(phase_).give_up;
  greeted_ = handshake->proof().relay_pk;
  phase_ = Greeting{.give_up = give_up, .handshake = std::move(*handshake)};
  context_.io.send(channel_, std::move(*hello));
}

std::optional<RelayId> Link::relay() const {
  if (const auto* link = std::get_if<Ready>(&phase_)) return link->proof.relay_pk;
  if (const auto* greeting = std::get_if<Greeting>(&phase_)) return greeting->handshake.proof().relay_pk;
  return std::nullopt;
}

void Link::rename(std::string url) {
  Route through{.url = dialled(), .foreign = foreign()};
  routes_ = {Route{.url = url}};
  if (through.url != url) routes_.push_back(std::move(through));
  route_ = routes_.size() - 1;
  url_ = std::move(url);
}

bool Link::took_over(const RelayId& relay) {
  if (greeted_ != relay) return false;
  greeted_.reset();
  return true;
}

void Link::step_aside() {
  Error why = words::connection_ended(dialled(), "the relay is about to be connected by another URL");
  context_.io.close(std::exchange(channel_, 0), kNormal, "replaced");
  route_ = 0;
  phase_ = Waiting{context_.now.steady + kFirstBackoff};  // if nothing comes of the other one
  context_.emit(agent_events::Disconnected{.url = url_, .why = why, .retry_in = kFirstBackoff, .more = true});
  owner_.on_down(*this, why, true, true);
}

void Link::step_back(Verdict verdict) {
  // A link that was joined is closed already.
  if (channel_ != 0) context_.io.close(std::exchange(channel_, 0), kNormal, "this agent is connected already");
  if (verdict == Verdict::kWait) {
    phase_ = Waiting{context_.now.steady + kFirstBackoff};
  } else {
    phase_ = Idle{};
  }
}

void Link::refuse(const RelayId& shown, Error why) {
  // Where somebody else than its owner says that a relay is, a stranger is no surprise.
  if (dialled() == url_ && refused_ != shown) {
    refused_ = shown;
    context_.emit(agent_events::RelayRefused{.url = url_, .shown = shown, .why = why});
  }
  end(std::move(why), kPolicy);
}

void Link::finish_handshake(MutableByteView hello_ack) {
  auto& handshake = std::get<Greeting>(phase_).handshake;
  const protocol::RelayProof proof = handshake.proof();
  auto done = handshake.finish(hello_ack);
  if (!done)
    return end(words::unreachable(dialled(), "the relay's answer does not open: " + done.error().message),
               kProtocolError);
  const std::size_t max_message = std::min<std::size_t>(proof.terms.link_message_bytes, protocol::kLinkMessageBytes);
  phase_ = Ready{.proof = proof,
                 .cipher = std::move(done->cipher),
                 .out = FramePacker(max_message),
                 .max_message = max_message,
                 .allowed = done->welcome.allow_digest,
                 .since = context_.now.steady,
                 .heard = context_.now.steady};
  refused_.reset();
  greeted_.reset();
  failed_rounds_ = 0;
  if (!wanted_) release();
  own_failure_.reset();
  owner_.on_ready(*this);
  context_.emit(agent_events::Connected{.url = url_, .through = dialled(), .pending = done->welcome.pending});
}

void Link::read_frames(MutableByteView message) {
  auto& link = std::get<Ready>(phase_);
  link.heard = context_.now.steady;
  link.pinged = false;
  auto plaintext = link.cipher.open(message);
  if (!plaintext) return end(words::connection_ended(dialled(), "a message does not open"), kProtocolError);
  auto frames = protocol::decode_frames(*plaintext);
  if (!frames) return end(words::connection_ended(dialled(), frames.error().message), kProtocolError);
  link.answered = true;
  for (const protocol::Frame& frame : *frames) {
    if (!ready()) return;
    read_frame(frame);
  }
}

void Link::read_frame(const protocol::Frame& frame) {
  if (std::holds_alternative<protocol::Ping>(frame)) return send(protocol::Pong{});
  if (const auto* error = std::get_if<protocol::ErrorFrame>(&frame)) {
    auto& link = std::get<Ready>(phase_);
    link.complaint = std::string(code_text(error->code)) + " " + error->message;
    if (error->code == protocol::Code::kNotAllowed) {  // the answer to an Allow
      link.allowed.reset();
      link.allow_again = context_.now.steady + kAllowAgain;
    }
  } else if (const auto* closing = std::get_if<protocol::Closing>(&frame)) {
    if (closing->reason == protocol::ClosingReason::kReplaced) {
      return owner_.replaced_by_own(*this) ? step_aside() : end(words::replaced(), kNormal, true);
    }
    end(words::connection_ended(dialled(), "the relay is shutting down"), kNormal);
  } else {
    owner_.on_frame(*this, frame);
  }
}

void Link::end(Error why, std::uint16_t code, bool final) {
  const auto* link = std::get_if<Ready>(&phase_);
  const bool was_ready = link != nullptr;
  if (was_ready) {
    const bool mute = !link->answered && context_.now.steady - link->heard >= kSilence;
    if (mute || context_.config.server != dialled()) left_ = Left{.url = dialled(), .mute = mute};
    if (context_.now.steady - link->since >= kStableAfter) failures_ = 0;
  }
  if (channel_ != 0) {
    const ChannelId channel = std::exchange(channel_, 0);
    if (code != 0) context_.io.close(channel, code, final ? "not to be tried again" : "");
  }
  Duration retry_in{};
  bool more = false;
  if (final) {
    phase_ = Stopped{why};
  } else {
    more = !was_ready && route_ + 1 < routes_.size();
    if (!was_ready && dialled() == url_) own_failure_ = why;
    // A round ends in the words of the URL that its owner knows.
    if (!was_ready && !more && own_failure_) why = *std::exchange(own_failure_, {});
    // Also where nothing is wanted any more: what failed must not be tried again at once when it is.
    if (!was_ready && !more) ++failed_rounds_;
    retry_in = backoff(more);
    phase_ = Waiting{context_.now.steady + retry_in};
    route_ = more ? route_ + 1 : 0;
  }
  context_.emit(
      agent_events::Disconnected{.url = url_, .why = why, .retry_in = retry_in, .final = final, .more = more});
  owner_.on_down(*this, why, was_ready, more);
}

Duration Link::backoff(bool more) {
  const Duration longest =
      more ? kFirstBackoff : std::min<Duration>(kLongestBackoff, kFirstBackoff * (1U << std::min(failures_, 7U)));
  // Wide, so that those whom one relay lost at one moment come back one after the other; never nothing, so that no
  // relay is hammered.
  if (!more) ++failures_;
  std::array<std::byte, 4> random{};
  context_.random.fill(random);
  std::uint32_t roll = 0;
  std::memcpy(&roll, random.data(), sizeof roll);
  return longest / 4 + longest * static_cast<std::int64_t>(roll % 1024) * 3 / 4096;
}

void Link::on_closed(const CloseInfo& why) {
  channel_ = 0;
  if (const auto* link = std::get_if<Ready>(&phase_)) {
    if (!link->complaint.empty()) return end(words::connection_ended(dialled(), link->complaint), 0);
    return end(words::connection_ended(dialled(), why.reason, why.hint), 0);
  }
  if (std::holds_alternative<Connecting>(phase_) || std::holds_alternative<Greeting>(phase_)) {
    end(words::unreachable(dialled(), why.reason, why.hint), 0);
  }
}

void Link::on_drained() {
  if (auto* link = std::get_if<Ready>(&phase_)) link->congested = false;
}

void Link::send(const protocol::Frame& frame) {
  if (auto* link = std::get_if<Ready>(&phase_)) link->out.add(frame);
}

void Link::receipt(const protocol::ReceiptItem& item) {
  if (auto* link = std::get_if<Ready>(&phase_)) link->receipts.push_back(item);
}

void Link::allow(std::vector<TokenHash> hashes) {
  auto* link = std::get_if<Ready>(&phase_);
  if (link == nullptr) return;
  const AllowDigest digest = crypto::digest_allowed(hashes);
  if (link->allowed == digest) return;
  link->allowed = digest;
  link->allow_again.reset();
  // The receipt of a session's start first: the relay lists an invite's token until the Allow after it.
  pack_receipts();
  send(protocol::Allow{std::move(hashes)});
}

bool Link::allow_is_due() const {
  const auto* link = std::get_if<Ready>(&phase_);
  return link != nullptr && link->allow_again && context_.now.steady >= *link->allow_again;
}

bool Link::can_send() const {
  const auto* link = std::get_if<Ready>(&phase_);
  return link != nullptr && !link->congested && link->out.bytes() < protocol::kUnsentBytes;
}

bool Link::sent_all() const {
  const auto* link = std::get_if<Ready>(&phase_);
  return link == nullptr || (link->out.empty() && link->receipts.empty());
}

void Link::pause_reading(bool pause) {
  auto* link = std::get_if<Ready>(&phase_);
  if (link == nullptr || link->paused == pause) return;
  link->paused = pause;
  if (pause) {
    context_.io.pause(channel_);
  } else {
    context_.io.resume(channel_);
  }
}

void Link::pack_receipts() {
  auto& link = std::get<Ready>(phase_);
  std::vector<protocol::ReceiptItem> receipts = std::exchange(link.receipts, {});
  for (std::size_t i = 0; i < receipts.size(); i += kReceiptsPerFrame) {
    const auto count = std::min(kReceiptsPerFrame, receipts.size() - i);
    const auto first = receipts.begin() + static_cast<std::ptrdiff_t>(i);
    link.out.add(protocol::Receipt{{first, first + static_cast<std::ptrdiff_t>(count)}});
  }
}

void Link::flush() {
  auto* link = std::get_if<Ready>(&phase_);
  if (link == nullptr) return;
  pack_receipts();
  if (link->congested) {
    if (link->out.bytes() > kHeldBack) end(words::connection_ended(dialled(), "the relay does not read"), kPolicy);
    return;
  }
  std::size_t unsent = 0;
  link->out.drain(link->cipher, [&](Bytes message) { unsent = context_.io.send(channel_, std::move(message)); });
  if (unsent > protocol::kUnsentBytes) link->congested = true;
}

void Link::on_time() {
  const Duration now = context_.now.steady;
  if (auto* waiting = std::get_if<Waiting>(&phase_)) {
    if (now < waiting->until) return;
    phase_ = Idle{};
    if (wanted_) connect();
  } else if (auto* connecting = std::get_if<Connecting>(&phase_)) {
    if (now >= connecting->give_up) end(no_answer(), kNormal);
  } else if (auto* greeting = std::get_if<Greeting>(&phase_)) {
    if (now >= greeting->give_up) end(no_answer(), kNormal);
  } else if (auto* link = std::get_if<Ready>(&phase_)) {
    if (link->linger_until && now >= *link->linger_until) return close("done");
    if (link->paused) link->heard = now;  // its silence is ours
    if (now - link->heard >= kSilence)
      return end(words::connection_ended(dialled(), "no sign of life for 45 s"), kNormal);
    if (now - link->heard >= kPingAfter && !std::exchange(link->pinged, true)) send(protocol::Ping{});
  }
}

std::optional<Duration> Link::deadline() const {
  if (const auto* waiting = std::get_if<Waiting>(&phase_)) return waiting->until;
  if (const auto* connecting = std::get_if<Connecting>(&phase_)) return connecting->give_up;
  if (const auto* greeting = std::get_if<Greeting>(&phase_)) return greeting->give_up;
  if (const auto* link = std::get_if<Ready>(&phase_)) {
    Duration due = link->heard + (link->pinged ? kSilence : kPingAfter);
    for (const auto& other : {link->linger_until, link->allow_again}) due = std::min(due, other.value_or(due));
    return due;
  }
  return std::nullopt;
}

}  // namespace agentroom::agent
