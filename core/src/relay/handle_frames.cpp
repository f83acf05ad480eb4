// Link messages of authenticated agents (protocol sections 6 and 9).
#include <algorithm>

#include "relay/engine_state.hpp"

namespace agentroom {
namespace {

using relay::Connection;

constexpr std::uint16_t kProtocolError = 1002;
constexpr int kBadFramesForgiven = 2;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

void RelayEngine::State::message(Connection& connection, MutableByteView message) {
  connection.heard_at = ledger.now.steady;
  ledger.counters.received_bytes += message.size();
  if (std::exchange(connection.pinged, false)) {
    connections.look_at(connection, connection.heard_at + std::chrono::milliseconds(protocol::kPingAfterMs));
  }
  if (connection.phase == Connection::Phase::kChallenged) return authenticate(connection, message);
  if (!connection.ready()) return;

  const auto plaintext = connection.cipher->open(message);
  if (!plaintext) return refuse(connection, kProtocolError, "a link message did not open");
  auto frames = protocol::decode_frames(*plaintext);
  if (!frames) {
    slow_down(connection, 1);
    return bad_frame(connection, frames.error().message);
  }
  for (protocol::Frame& frame : *frames) {
    handle(connection, frame);
    if (!connection.ready()) return;  // its other frames are discarded
  }
  slow_down(connection, frames->size());
}

void RelayEngine::State::handle(Connection& connection, protocol::Frame& frame) {
  // Once the relay has said that it shuts down only receipts count: they spare the next start a delivery.
  if (shutting_down && !std::holds_alternative<protocol::Receipt>(frame)) return;
  std::visit(Overloaded{
                 [&](protocol::Send& send) { router.send(connection, send); },
                 [&](protocol::Receipt& receipt) {
                   for (const protocol::ReceiptItem& item : receipt.items) router.receipt(connection, item);
                 },
                 [&](protocol::Allow& allow) { desk.allow(connection, allow); },
                 [&](protocol::InvitePublish& publish) { desk.publish(connection, publish); },
                 [&](protocol::InviteRevoke& revoke) { desk.revoke(connection, revoke); },
                 [&](protocol::InviteClaim& claim) { desk.claim(connection, claim); },
                 [&](protocol::Ping&) { connections.pong(connection); },
                 [&](protocol::Pong&) { connection.pongs = std::min(connection.pongs + 1, connection.pings); },
                 [&](protocol::UnknownFrame&) {},
                 [&](protocol::Ack&) { bad_frame(connection, "Ack is the relay's to send"); },
                 [&](protocol::Delivery&) { bad_frame(connection, "Delivery is the relay's to send"); },
                 [&](protocol::ErrorFrame&) { bad_frame(connection, "Error is the relay's to send"); },
                 [&](protocol::Closing&) { bad_frame(connection, "Closing is the relay's to send"); },
             },
             frame);
}

void RelayEngine::State::bad_frame(Connection& connection, const std::string& why) {
  connections.frame(connection, protocol::ErrorFrame{protocol::Code::kBadFrame, why});
  if (++connection.bad_frames > kBadFramesForgiven) refuse(connection, kProtocolError, "the third bad frame");
}

void RelayEngine::State::slow_down(Connection& connection, std::size_t frames) {
  relay::TokenBucket& bucket = ledger.agents[connection.agent].frames;
  if (bucket.spend(frame_rate(), frames, ledger.now.steady)) return;
  if ((connection.paused & Connection::kForRate) == 0) ledger.counters.hit(RelayLimit::kFramesPerSecond);
  connections.pause(connection, Connection::kForRate);
  connection.resume_at = bucket.ready_at(frame_rate());
  connections.look_at(connection, connection.resume_at);
}

}  // namespace agentroom
