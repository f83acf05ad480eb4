// The requests of a listener. However the bytes are cut, a request is the same.
//
//   u8 size of a piece, then the bytes that a client sends
#include "../../plugins/transport-ws/http_codec.hpp"

#include "../../plugins/transport-ws/upgrade_request.hpp"
#include "target.hpp"

namespace agentroom::fuzz {
namespace {

using ws::RequestParser;

struct Outcome {
  RequestParser::Outcome outcome = RequestParser::Outcome::kMore;
  unsigned refusal = 0;
  std::size_t consumed = 0;
  std::string described;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// As a session does: what is not consumed comes again, with more behind it.
Outcome parse(ByteView input, std::size_t piece) {
  RequestParser parser;
  Outcome out;
  std::size_t given = 0;
  while (given < input.size() && out.outcome == RequestParser::Outcome::kMore) {
    given = std::min(input.size(), given + piece);
    std::size_t consumed = 0;
    out.outcome = parser.feed(input.subspan(out.consumed, given - out.consumed), consumed);
    require(consumed <= given - out.consumed, "no more is consumed than was given");
    out.consumed += consumed;
    require(out.outcome != RequestParser::Outcome::kMore ||
                given - out.consumed <= RequestParser::kMaxHeader + RequestParser::kMaxBody,
            "no more is held than a header and a body may have");
  }
  if (out.outcome == RequestParser::Outcome::kRefused) {
    out.refusal = parser.refusal();
    out.consumed = 0;  // nothing more is read
    require(out.refusal >= 400 && out.refusal < 600, "a refusal is an HTTP status");
  }
  if (out.outcome == RequestParser::Outcome::kComplete) {
    const std::string forwarded = parser.header("X-Forwarded-For");
    require(forwarded.size() <= 1'024, "a header's value is bounded");
    out.described = std::string(parser.method()) + ' ' + std::string(parser.target()) + ' ' + forwarded +
                    (parser.keep_alive() ? " keep" : "") + (parser.wants_websocket() ? " upgrade" : "") +
                    (parser.offers_subprotocol("agentroom.v3") ? " ours" : "");
    require(parser.take() != nullptr, "the request can be taken");
  }
  return out;
}

void run(ByteView bytes) {
  Input input(bytes);
  const std::size_t piece = std::size_t{input.u8()} + 1;
  const ByteView rest = input.rest();
  const Outcome whole = parse(rest, rest.size() + 1);
  const Outcome cut = parse(rest, piece);
  // That a header is malformed, or longer than allowed, may be seen before its end or not.
  if (rest.size() <= RequestParser::kMaxHeader) {
    const bool complete = whole.outcome == RequestParser::Outcome::kComplete;
    require(complete == (cut.outcome == RequestParser::Outcome::kComplete), "a request is one however it is cut");
    if (complete) require(whole == cut, "and the same");
  }

  ws::BufferPool pool;
  ws::Output out(pool);
  ws::write_response(out, {.status = 200U + static_cast<unsigned>(piece),
                           .content_type = "text/plain",
                           .body = rest,
                           .head_only = piece % 2 == 0,
                           .keep_alive = piece % 3 == 0});
  require(!out.empty(), "a response is written");
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, unsigned piece, std::string_view text) {
    all.push_back({name, Script().u8(piece).raw(text).bytes()});
  };
  add("get", 6, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  add("head", 0, "HEAD /metrics HTTP/1.0\r\n\r\nGET / HTTP/1.1\r\n");
  add("post", 3, "POST /x HTTP/1.1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhelloGET");
  add("chunked", 2, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  add("upgrade", 15,
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, agentroom.v3\r\n"
      "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n\x81\x05hello");
  add("folded", 4, "GET / HTTP/1.1\r\nA: b\r\n  c\r\n\r\n");
  add("old", 9, "GET / HTTP/0.9\r\n\r\n");
  add("long", 255, "GET /" + std::string(8'100, 'a') + " HTTP/1.1\r\nB: " + std::string(200, 'b') + "\r\n\r\n");
  return all;
}

const Registration kTarget({"http", run, seeds});

}  // namespace
}  // namespace agentroom::fuzz
