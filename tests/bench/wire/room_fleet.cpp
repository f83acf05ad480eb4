// Agents at a relay: the real handshake, boxes and frames of protocol section 6; envelopes are bytes without a meaning.
#include <array>
#include <deque>
#include <stdexcept>
#include <utility>

#include "base/random.hpp"
#include "crypto/primitives.hpp"
#include "protocol/frames.hpp"
#include "protocol/limits.hpp"
#include "protocol/link.hpp"
#include "wire/ws_connection.hpp"

namespace agentroom::bench {
namespace {

/// A link message ends at this size or before: one envelope and its frame always fit above it.
constexpr std::size_t kFullMessage = 65'536;

/// The id of a message stands in the last eight bytes of its msg_id, which is a UUID of version 7.
MsgId msg_id_of(std::uint64_t id) {
  MsgId msg_id;
  std::byte* const bytes = msg_id.mutable_view().data();
  for (std::size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<std::byte>(id >> (8 * i));
  bytes[6] = std::byte{0x70};
  bytes[8] = std::byte{0x80};
  return msg_id;
}

std::uint64_t id_of(ByteView msg_id) {
  std::uint64_t id = 0;
  for (std::size_t i = 9; i < 16; ++i) id = id << 8 | std::to_integer<std::uint64_t>(msg_id[i]);
  return id;
}

[[noreturn]] void give_up(const Error& error) {
  throw std::runtime_error(error.message);
}

/// What outlives a connection.
struct Party {
  crypto::Identity identity;
  crypto::MailboxToken token;  ///< of a recipient
};

class RoomFleet;

class RoomAgent final : public WsAgent {
 public:
  RoomAgent(RoomFleet& fleet, const Party& self, Role role, std::size_t pair)
      : WsAgent("/ws", protocol::kSubprotocol), fleet_(fleet), self_(self), role_(role), pair_(pair) {}

  void write_to(const Party& recipient) {
    send_.emplace<protocol::Send>(
        protocol::Send{.msg_id = {}, .to = recipient.identity.id(), .token = recipient.token.clone(), .envelope = {}});
  }
  void send(std::uint64_t id, ByteView envelope) {
    auto& send = std::get<protocol::Send>(send_);
    send.msg_id = msg_id_of(id);
    send.envelope = envelope;
    put(send_);
  }

 private:
  void on_upgraded() override {}
  void on_message(MutableByteView message) override;
  void pack_messages(Bytes& out) override;

  void put(const protocol::Frame& frame) {
    const std::size_t begin = ends_.empty() ? 0 : ends_.back();
    if (frames_.size() - begin > kFullMessage) ends_.push_back(frames_.size());
    protocol::encode_frame(frame, frames_);
    mark();
  }
  void mark();
  void greet(ByteView challenge);
  void welcome(MutableByteView hello_ack);
  void read(const protocol::Frame& frame);
  void seal(ByteView frames, Bytes& out);

  RoomFleet& fleet_;
  const Party& self_;
  const Role role_;
  const std::size_t pair_;
  std::optional<protocol::AgentHandshake> handshake_;
  std::optional<crypto::LinkCipher> cipher_;
  Bytes hello_;
  protocol::Frame send_;
  protocol::Frame receipts_ = protocol::Receipt{};
  Bytes frames_;                   // that wait
  std::vector<std::size_t> ends_;  // of full link messages among them
};

class RoomFleet final : public Fleet {
 public:
  RoomFleet(std::uint16_t port, std::size_t payload) : Fleet(port, payload), envelope_(payload, std::byte{'x'}) {
    crypto::init();
  }

  void send(std::size_t pair, std::uint64_t id) override {
    static_cast<RoomAgent&>(*senders_[pair]).send(id, envelope_);
  }

 private:
  friend class RoomAgent;

  std::unique_ptr<Agent> make(Role role, std::size_t index, bool /*again*/) override {
    std::deque<Party>& parties = parties_[static_cast<std::size_t>(role)];
    while (parties.size() <= index) {
      parties.push_back({crypto::Identity::generate(random_), {}});
      random_.fill(parties.back().token.mutable_view());
    }
    auto agent = std::make_unique<RoomAgent>(*this, parties[index], role, index);
    if (role == Role::kSender) agent->write_to(parties_[static_cast<std::size_t>(Role::kRecipient)][index]);
    return agent;
  }

  SystemRandom random_;
  const Bytes envelope_;
  std::array<std::deque<Party>, 3> parties_;  // by role; agents refer to them
};

void RoomAgent::mark() {
  fleet_.loop_.mark(*this);
}

void RoomAgent::on_message(MutableByteView message) {
  if (!handshake_) return greet(message);
  if (!cipher_) return welcome(message);
  const auto plaintext = cipher_->open(message);
  if (!plaintext) throw std::runtime_error("a message of the relay does not open");
  const auto frames = protocol::decode_frames(*plaintext);
  if (!frames) give_up(frames.error());
  for (const protocol::Frame& frame : *frames) read(frame);
}

void RoomAgent::greet(ByteView challenge) {
  auto handshake = protocol::AgentHandshake::start(challenge);
  if (!handshake) give_up(handshake.error());
  handshake_.emplace(std::move(*handshake));
  auto hello = handshake_->hello(self_.identity, fleet_.random_);
  if (!hello) give_up(hello.error());
  hello_ = std::move(*hello);
  mark();
}

void RoomAgent::welcome(MutableByteView hello_ack) {
  auto done = handshake_->finish(hello_ack);
  if (!done) give_up(done.error());
  cipher_.emplace(std::move(done->cipher));
  if (role_ != Role::kRecipient) return set_ready();
  // An Allow has no answer of its own: the Pong comes after the relay took it.
  put(protocol::Allow{{crypto::hash_token(self_.token)}});
  put(protocol::Ping{});
}

void RoomAgent::read(const protocol::Frame& frame) {
  if (const auto* ack = std::get_if<protocol::Ack>(&frame)) {
    for (const protocol::AckItem& item : ack->items) {
      if (item.status == protocol::AckStatus::kRejected) {
        throw std::runtime_error("the relay rejects a message: " + std::string(protocol::code_text(item.code)));
      }
      fleet_.events_->on_accepted(pair_, id_of(item.id.view()), item.status == protocol::AckStatus::kQueued);
    }
  } else if (const auto* delivery = std::get_if<protocol::Delivery>(&frame)) {
    auto& receipts = std::get<protocol::Receipt>(receipts_).items;
    receipts.push_back({delivery->from, delivery->msg_id, protocol::ReceiptStatus::kStored});
    mark();
    fleet_.events_->on_received(pair_, id_of(delivery->msg_id.view()));
  } else if (std::holds_alternative<protocol::Pong>(frame)) {
    set_ready();
  } else if (std::holds_alternative<protocol::Ping>(frame)) {
    put(protocol::Pong{});
  } else if (const auto* error = std::get_if<protocol::ErrorFrame>(&frame)) {
    throw std::runtime_error("the relay reports " + std::string(protocol::code_text(error->code)));
  }
}

void RoomAgent::seal(ByteView frames, Bytes& out) {
  const std::size_t begin = begin_message(out);
  out.resize(out.size() + crypto::kMacBytes);
  append(out, frames);
  cipher_->seal(MutableByteView(out).subspan(begin));
  end_message(out, begin);
}

void RoomAgent::pack_messages(Bytes& out) {
  if (!hello_.empty()) {
    const std::size_t begin = begin_message(out);
    append(out, std::exchange(hello_, {}));
    end_message(out, begin);
  }
  auto& receipts = std::get<protocol::Receipt>(receipts_).items;
  if (!receipts.empty()) {
    put(receipts_);
    receipts.clear();
  }
  if (frames_.empty()) return;
  ends_.push_back(frames_.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    seal(ByteView(frames_).subspan(begin, end - begin), out);
    begin = end;
  }
  ends_.clear();
  frames_.clear();
}

}  // namespace

std::unique_ptr<Fleet> make_room_fleet(const Options& options, std::uint16_t port) {
  return std::make_unique<RoomFleet>(port, options.payload);
}

}  // namespace agentroom::bench
