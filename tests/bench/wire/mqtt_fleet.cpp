// Clients of an MQTT 3.1.1 server over WebSocket: QoS 1, a topic a pair, sessions of recipients kept while they are
// away.
#include <stdexcept>
#include <string>

#include "wire/ws_connection.hpp"

namespace agentroom::bench {
namespace {

enum PacketType : std::uint8_t { kConnAck = 2, kPublish = 3, kPubAck = 4, kSubAck = 9 };

constexpr std::byte kConnectHeader{0x10};
constexpr std::byte kPublishHeader{0x32};  // QoS 1
constexpr std::byte kPubAckHeader{0x40};
constexpr std::byte kSubscribeHeader{0x82};
constexpr std::byte kCleanSession{0x02};
constexpr std::uint64_t kPacketIds = 65'535;  // from 1
constexpr std::size_t kIdBytes = 8;           // in front of a payload

void put_number(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value));
}

void put_text(Bytes& out, std::string_view text) {
  put_number(out, text.size());
  append(out, as_bytes(text));
}

void put_header(Bytes& out, std::byte first, std::size_t size) {
  out.push_back(first);
  do {
    out.push_back(static_cast<std::byte>((size & 0x7f) | (size > 0x7f ? 0x80 : 0)));
    size >>= 7;
  } while (size > 0);
}

std::size_t number_at(ByteView bytes, std::size_t at) {
  if (at + 2 > bytes.size()) throw std::runtime_error("a packet of the server is too short");
  return std::to_integer<std::size_t>(bytes[at]) << 8 | std::to_integer<std::size_t>(bytes[at + 1]);
}

class MqttFleet;

class MqttAgent final : public WsAgent {
 public:
  MqttAgent(MqttFleet& fleet, Role role, std::size_t pair, bool again)
      : WsAgent("/mqtt", "mqtt"),
        fleet_(fleet),
        role_(role),
        pair_(pair),
        again_(again),
        topic_("p/" + std::to_string(pair)) {}

  void send(std::uint64_t id, std::size_t payload);

 private:
  void on_upgraded() override;
  void on_message(MutableByteView payload) override;
  void pack_messages(Bytes& out) override;

  /// How many bytes the packets were that are whole.
  std::size_t read_packets(ByteView bytes);
  void read(unsigned type, ByteView body);
  void subscribe();
  void read_publish(ByteView body);
  void read_ack(std::size_t packet_id);
  void mark();

  MqttFleet& fleet_;
  const Role role_;
  const std::size_t pair_;
  const bool again_;
  const std::string topic_;
  Bytes packets_;  // that wait
  Bytes partial_;  // a packet that goes on in the next frame
  std::uint64_t last_id_ = 0;
};

class MqttFleet final : public Fleet {
 public:
  using Fleet::Fleet;

  void send(std::size_t pair, std::uint64_t id) override {
    static_cast<MqttAgent&>(*senders_[pair]).send(id, payload_);
  }

 private:
  friend class MqttAgent;
  std::unique_ptr<Agent> make(Role role, std::size_t index, bool again) override {
    return std::make_unique<MqttAgent>(*this, role, index, again);
  }
};

void MqttAgent::mark() {
  fleet_.loop_.mark(*this);
}

void MqttAgent::send(std::uint64_t id, std::size_t payload) {
  put_header(packets_, kPublishHeader, 2 + topic_.size() + 2 + payload);
  put_text(packets_, topic_);
  put_number(packets_, id % kPacketIds + 1);
  for (std::size_t i = 0; i < kIdBytes; ++i) packets_.push_back(static_cast<std::byte>(id >> (8 * i)));
  packets_.resize(packets_.size() + payload - kIdBytes, std::byte{'x'});
  last_id_ = id;
  mark();
}

void MqttAgent::on_upgraded() {
  const bool is_kept = role_ == Role::kRecipient;
  const std::string client = (role_ == Role::kSender      ? "s"
                              : role_ == Role::kRecipient ? "r"
                                                          : "i") +
                             std::to_string(pair_);
  put_header(packets_, kConnectHeader, 6 + 4 + 2 + client.size());
  put_text(packets_, "MQTT");
  packets_.push_back(std::byte{4});  // 3.1.1
  packets_.push_back(is_kept ? std::byte{0} : kCleanSession);
  put_number(packets_, 0);  // no keep-alive
  put_text(packets_, client);
  mark();
}

void MqttAgent::subscribe() {
  put_header(packets_, kSubscribeHeader, 2 + 2 + topic_.size() + 1);
  put_number(packets_, 1);
  put_text(packets_, topic_);
  packets_.push_back(std::byte{1});  // QoS
  mark();
}

void MqttAgent::on_message(MutableByteView payload) {
  if (partial_.empty()) {
    append(partial_, payload.subspan(read_packets(payload)));
    return;
  }
  append(partial_, payload);
  const std::size_t used = read_packets(partial_);
  partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(used));
}

std::size_t MqttAgent::read_packets(ByteView bytes) {
  std::size_t used = 0;
  while (true) {
    const ByteView rest = bytes.subspan(used);
    std::size_t size = 0;
    std::size_t header = 1;
    for (unsigned shift = 0;; shift += 7) {
      if (header >= rest.size()) return used;
      const auto byte = std::to_integer<std::size_t>(rest[header++]);
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (rest.size() - header < size) return used;
    read(std::to_integer<unsigned>(rest[0] >> 4), rest.subspan(header, size));
    used += header + size;
  }
}

void MqttAgent::read(unsigned type, ByteView body) {
  switch (type) {
    case kConnAck:
      if (number_at(body, 0) % 256 != 0) throw std::runtime_error("the server refuses a client");
      if (role_ == Role::kRecipient && !again_) return subscribe();
      return set_ready();
    case kSubAck:
      return set_ready();
    case kPublish:
      return read_publish(body);
    case kPubAck:
      return read_ack(number_at(body, 0));
    default:
      throw std::runtime_error("the server sent a packet of type " + std::to_string(type));
  }
}

void MqttAgent::read_publish(ByteView body) {
  const std::size_t topic = number_at(body, 0);
  const std::size_t packet_id = number_at(body, 2 + topic);
  put_header(packets_, kPubAckHeader, 2);
  put_number(packets_, packet_id);
  mark();
  const ByteView payload = body.subspan(2 + topic + 2);
  if (payload.size() != fleet_.payload_) throw std::runtime_error("a message has another size than it was sent with");
  std::uint64_t id = 0;
  for (std::size_t i = kIdBytes; i-- > 0;) id = id << 8 | std::to_integer<std::uint64_t>(payload[i]);
  fleet_.events_->on_received(pair_, id);
}

/// Packet ids go round; fewer messages than there are ids wait for their acknowledgement.
void MqttAgent::read_ack(std::size_t packet_id) {
  const std::uint64_t last = last_id_ % kPacketIds + 1;
  fleet_.events_->on_accepted(pair_, last_id_ - (last + kPacketIds - packet_id) % kPacketIds, false);
}

void MqttAgent::pack_messages(Bytes& out) {
  if (packets_.empty()) return;
  const std::size_t begin = begin_message(out);
  append(out, packets_);
  end_message(out, begin);
  packets_.clear();
}

}  // namespace

std::unique_ptr<Fleet> make_mqtt_fleet(const Options& options, std::uint16_t port) {
  return std::make_unique<MqttFleet>(port, options.payload);
}

}  // namespace agentroom::bench
