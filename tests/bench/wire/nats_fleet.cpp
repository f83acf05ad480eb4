// Clients of a NATS server with JetStream: one stream on disk with a subject a pair, a durable push consumer a
// recipient, every message acknowledged by itself.
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "wire/fleet.hpp"

namespace agentroom::bench {
namespace {

constexpr std::size_t kIdBytes = 8;  // in front of a payload
constexpr std::string_view kEnd = "\r\n";

class NatsFleet;

/// Subjects: m.PAIR for messages, d.PAIR where a consumer delivers, a.PAIR.ID for the acknowledgement of a message,
/// q.NAME for answers of the server.
class NatsAgent final : public Agent {
 public:
  NatsAgent(NatsFleet& fleet, Role role, std::size_t pair, bool again)
      : fleet_(fleet), role_(role), pair_(pair), again_(again) {}

  void send(std::uint64_t id, std::size_t payload);
  /// Only the agent that makes the stream asks for it.
  void make_stream() { makes_stream_ = true; }

 private:
  std::size_t take(MutableByteView bytes) override;
  void pack(Bytes& out) override { append(out, std::exchange(waiting_, {})); }

  void put(std::string_view text) { append(waiting_, as_bytes(text)); }
  void put_line(const std::string& line) {
    put(line + "\r\n");
    mark();
  }
  void request(const std::string& subject, const std::string& json);
  void introduce();
  void set_up();
  void read_line(std::string_view line);
  void read_message(std::string_view header, std::string_view payload);
  void read_delivery(std::string_view reply, std::string_view payload);
  void mark();

  NatsFleet& fleet_;
  const Role role_;
  const std::size_t pair_;
  const bool again_;
  bool makes_stream_ = false;
  bool is_set_up_ = false;
  Bytes waiting_;
};

class NatsFleet final : public Fleet {
 public:
  using Fleet::Fleet;

  void send(std::size_t pair, std::uint64_t id) override {
    static_cast<NatsAgent&>(*senders_[pair]).send(id, payload_);
  }

 private:
  friend class NatsAgent;

  std::unique_ptr<Agent> make(Role role, std::size_t index, bool again) override {
    return std::make_unique<NatsAgent>(*this, role, index, again);
  }
  void prepare() override {
    auto maker = std::make_unique<NatsAgent>(*this, Role::kIdle, 0, false);
    maker->make_stream();
    connect(*maker);
    wait_for([&] { return maker->is_ready(); });
    loop_.close(*maker);
  }
};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) {
    throw std::runtime_error("the server sent no number: " + std::string(text));
  }
  return value;
}

std::string_view last_word(std::string_view text, char separator) {
  return text.substr(text.rfind(separator) + 1);
}

void NatsAgent::mark() {
  fleet_.loop_.mark(*this);
}

void NatsAgent::send(std::uint64_t id, std::size_t payload) {
  const std::string pair = std::to_string(pair_);
  put_line("PUB m." + pair + " a." + pair + "." + std::to_string(id) + " " + std::to_string(payload));
  for (std::size_t i = 0; i < kIdBytes; ++i) waiting_.push_back(static_cast<std::byte>(id >> (8 * i)));
  waiting_.resize(waiting_.size() + payload - kIdBytes, std::byte{'x'});
  put(kEnd);
}

void NatsAgent::request(const std::string& subject, const std::string& json) {
  const std::string answer = "q." + std::to_string(pair_) + (makes_stream_ ? ".stream" : ".consumer");
  put_line("SUB " + answer + " 9");
  put_line("PUB $JS.API." + subject + " " + answer + " " + std::to_string(json.size()));
  put_line(json);
}

void NatsAgent::introduce() {
  put_line(R"(CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"lang":"c++","version":"1"})");
  put_line("PING");
}

void NatsAgent::set_up() {
  is_set_up_ = true;
  const std::string pair = std::to_string(pair_);
  if (makes_stream_) {
    return request("STREAM.CREATE.bench",
                   R"({"name":"bench","subjects":["m.*"],"storage":"file","retention":"limits","num_replicas":1})");
  }
  if (role_ == Role::kSender) put_line("SUB a." + pair + ".* 1");
  if (role_ == Role::kRecipient) {
    put_line("SUB d." + pair + " 2");
    if (!again_) {
      return request("CONSUMER.DURABLE.CREATE.bench.c" + pair,
                     R"({"stream_name":"bench","config":{"durable_name":"c)" + pair + R"(","deliver_subject":"d.)" +
                         pair + R"(","filter_subject":"m.)" + pair + R"(","ack_policy":"explicit"}})");
    }
  }
  put_line("PING");
}

std::size_t NatsAgent::take(MutableByteView bytes) {
  const std::string_view all = as_text(bytes);
  std::size_t used = 0;
  while (true) {
    const std::size_t end = all.find(kEnd, used);
    if (end == std::string_view::npos) return used;
    const std::string_view line = all.substr(used, end - used);
    const std::size_t next = end + kEnd.size();
    if (!line.starts_with("MSG ")) {
      read_line(line);
      used = next;
      continue;
    }
    const auto size = static_cast<std::size_t>(number_of(last_word(line, ' ')));
    if (all.size() - next < size + kEnd.size()) return used;
    read_message(line, all.substr(next, size));
    used = next + size + kEnd.size();
  }
}

void NatsAgent::read_line(std::string_view line) {
  if (line.starts_with("INFO ")) return introduce();
  if (line == "PING") return put_line("PONG");
  if (line == "PONG") return is_set_up_ ? set_ready() : set_up();
  throw std::runtime_error("the server says " + std::string(line));
}

/// MSG subject sid [reply] size
void NatsAgent::read_message(std::string_view header, std::string_view payload) {
  const std::string_view without_size = header.substr(0, header.rfind(' '));
  const std::size_t subject_end = header.find(' ', 4);
  switch (header[subject_end + 1]) {
    case '2':
      return read_delivery(last_word(without_size, ' '), payload);
    case '1':
    case '9':
      if (payload.find("\"error\"") != std::string_view::npos) throw std::runtime_error(std::string(payload));
      if (header[subject_end + 1] == '9') return set_ready();
      return fleet_.events_->on_accepted(pair_, number_of(last_word(header.substr(0, subject_end), '.')), false);
    default:
      throw std::runtime_error("the server sent what nobody asked for");
  }
}

void NatsAgent::read_delivery(std::string_view reply, std::string_view payload) {
  if (payload.size() != fleet_.payload_) throw std::runtime_error("a message has another size than it was sent with");
  put("PUB ");
  put(reply);
  put(" 4\r\n+ACK\r\n");
  mark();
  std::uint64_t id = 0;
  std::memcpy(&id, payload.data(), sizeof id);
  fleet_.events_->on_received(pair_, id);
}

}  // namespace

std::unique_ptr<Fleet> make_nats_fleet(const Options& options, std::uint16_t port) {
  return std::make_unique<NatsFleet>(port, options.payload);
}

}  // namespace agentroom::bench
