// WebSocket as a server and as a client. However the bytes are cut, the messages are the same.
//
//   u8 bit 0: a client, bit 1: the target sends and closes in between; u8 size of a piece; then what the peer sends:
//   of a client's peer, the response to the handshake first
#include "../../plugins/transport-ws/websocket.hpp"

#include <boost/asio/io_context.hpp>

#include "../../plugins/transport-ws/http_codec.hpp"
#include "../../plugins/transport-ws/upgrade_request.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

constexpr std::size_t kMaxMessage = 1'000;
constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
    "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: agentroom.v3\r\n\r\n";

class Peer final : public ws::WebSocket::Events {
 public:
  explicit Peer(bool talks) : talks_(talks) {}

  void on_open() override { opened = true; }
  void on_message(std::span<std::byte> message) override {
    require(message.size() <= kMaxMessage, "no message is larger than allowed");
    messages.push_back(to_bytes(message));
    std::ranges::fill(message, std::byte{0});
    if (talks_ && socket->state() == ws::WebSocket::State::kOpen) socket->send(messages.back());
    if (talks_ && messages.size() == 3) socket->close(1000, "enough");
  }

  ws::WebSocket* socket = nullptr;
  bool opened = false;
  std::vector<Bytes> messages;

 private:
  bool talks_;
};

struct Outcome {
  std::vector<Bytes> messages;
  bool ended = false;
  std::uint16_t code = 0;
};

Outcome talk(bool client, bool talks, ByteView input, std::size_t piece) {
  boost::asio::io_context io(1);
  ws::BufferPool pool;
  ws::Output out(pool);
  std::array<std::byte, 700> assembly{};
  const ws::WebSocket::Options options{.max_message = kMaxMessage, .assembly = assembly};
  std::unique_ptr<ws::WebSocket> socket;
  if (client) {
    socket = ws::WebSocket::connect(io, out, "relay.example", "/ws", options);
  } else {
    ws::RequestParser parser;
    std::size_t consumed = 0;
    require(parser.feed(as_bytes(kUpgrade), consumed) == ws::RequestParser::Outcome::kComplete, "the upgrade is one");
    socket = ws::WebSocket::accept(io, out, *parser.take(), options);
    require(socket->state() == ws::WebSocket::State::kOpen, "the upgrade is accepted");
  }
  Peer peer(talks);
  peer.socket = socket.get();
  while (!input.empty()) {
    const ByteView now = input.first(std::min(piece, input.size()));
    input = input.subspan(now.size());
    const Bytes exact = to_bytes(now);  // ends where its memory ends
    socket->feed(exact, peer);
    if (out.size() > 512 * 1024) out.clear();
  }
  socket->feed_end(peer);
  Outcome outcome{.messages = std::move(peer.messages), .ended = socket->state() == ws::WebSocket::State::kEnded};
  require(outcome.ended, "after the end of the peer's bytes the WebSocket has ended");
  outcome.code = socket->reason().code;
  return outcome;
}

void run(ByteView bytes) {
  Input input(bytes);
  const auto how = input.u8();
  const std::size_t piece = std::size_t{input.u8()} + 1;
  const bool client = (how & 1U) != 0;
  const bool talks = (how & 2U) != 0;
  const ByteView rest = input.rest();
  const Outcome whole = talk(client, talks, rest, rest.size() + 1);
  const Outcome cut = talk(client, talks, rest, piece);
  require(whole.messages == cut.messages, "the messages do not depend on how the bytes are cut");
}

Bytes frame(unsigned first, bool masked, std::string_view payload) {
  Script out;
  out.u8(first);
  const unsigned mask = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out.u8(mask | static_cast<unsigned>(payload.size()));
  } else {
    out.u8(mask | 126U).u8(static_cast<unsigned>(payload.size() >> 8)).u8(static_cast<unsigned>(payload.size() & 0xff));
  }
  if (masked) out.u32(0);
  return out.raw(payload).bytes();
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, unsigned how, unsigned piece, std::initializer_list<Bytes> frames) {
    Script script;
    script.u8(how).u8(piece);
    for (const Bytes& bytes : frames) script.raw(bytes);
    all.push_back({name, script.bytes()});
  };
  const std::string longer(800, 'x');
  add("messages", 0, 4, {frame(0x82, true, "one"), frame(0x82, true, longer), frame(0x88, true, "\x03\xe8")});
  add("echo", 2, 1, {frame(0x82, true, "1"), frame(0x82, true, "2"), frame(0x82, true, "3"), frame(0x82, true, "4")});
  add("fragments", 0, 9, {frame(0x02, true, "a"), frame(0x89, true, "ping"), frame(0x80, true, longer)});
  add("too-large", 0, 200, {frame(0x82, true, longer + longer)});
  add("text", 0, 30, {frame(0x81, true, "text")});
  add("not-masked", 0, 30, {frame(0x82, false, "x")});
  add("reserved", 0, 30, {frame(0xf2, true, "x")});
  const std::string_view answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: agentroom.v3\r\n\r\n";
  add("client", 1, 60, {to_bytes(as_bytes(answer)), frame(0x82, false, "hi")});
  add("client-refused", 1, 20, {to_bytes(as_bytes("HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.2\r\n\r\n"))});
  add("client-tls", 1, 2, {Script().u8(21).u8(3).u8(3).u8(0).u8(2).u8(2).u8(70).bytes()});
  return all;
}

const Registration kTarget({"websocket", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
