// The HTTP side of a listener: plain requests, refusals and the upgrade.
#include "ws_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class WsHttp : public WsFact {};

TEST_F(WsHttp, ARequestIsAnsweredByTheHost) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: application/json\r\n"),
                    HasSubstr("Content-Length: 11\r\n"), EndsWith("\r\n\r\n{\"ok\":true}")));
}

TEST_F(WsHttp, TheHostMayStopListeningInARequest) {
  transport_->request_hook = [&] { transport_->stop_listening(); };
  RawSocket peer = connect();
  peer.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(wait_for_end(peer));
  EXPECT_EQ(peer.receive(), "");
}

TEST_F(WsHttp, AConnectionServesSeveralRequests) {
  RawSocket peer = connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(ask(peer, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  }
  EXPECT_FALSE(peer.ended());
}

TEST_F(WsHttp, RequestsSentTogetherAreAnsweredInOrder) {
  RawSocket peer = connect();
  peer.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(response(peer), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(response(peer), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WsHttp, ARequestMayComeByteByByte) {
  RawSocket peer = connect();
  for (const char c : std::string_view("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")) {
    peer.send({&c, 1});
    transport_->turn();
  }
  EXPECT_THAT(response(peer), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WsHttp, HeadIsAnsweredWithoutABody) {
  RawSocket peer = connect();
  peer.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(response(peer, false), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 11\r\n")));
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WsHttp, AClientThatWantsNoMoreIsClosed) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsHttp, AnOldClientIsAnsweredAndClosed) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.0\r\n\r\n"), HasSubstr(" 200 OK\r\n"));
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsHttp, AConnectionDoesNotLiveForEver) {
  RawSocket peer = connect();
  int answers = 0;
  while (answers < 1000 && !ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n").empty()) ++answers;
  EXPECT_EQ(answers, 100);
}

TEST_F(WsHttp, AnUpgradeElsewhereIsAPlainRequest) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, upgrade_request("/chat")), AllOf(StartsWith("HTTP/1.1 404 "), EndsWith("{\"ok\":false}")));
  EXPECT_TRUE(transport_->accepted().empty());
}

TEST_F(WsHttp, ThePathOfChannelsWantsAnUpgrade) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Upgrade: websocket\r\n"), HasSubstr("\"ok\":false")));
}

TEST_F(WsHttp, AnotherSubprotocolIsRefused) {
  for (const char* other : {"chat", "agentroom.v2", "agentroom.v33", "x, y"}) {
    RawSocket peer = connect();
    EXPECT_THAT(ask(peer, upgrade_request("/ws", other)),
                AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("agentroom.v3"), HasSubstr("application/json")))
        << other;
  }
  EXPECT_TRUE(transport_->accepted().empty());
}

TEST_F(WsHttp, TheSubprotocolIsFoundAmongOthersAndEchoed) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, upgrade_request("/ws?via=tunnel", "chat, agentroom.v3")),
              AllOf(StartsWith("HTTP/1.1 101 "), HasSubstr("Sec-WebSocket-Protocol: agentroom.v3\r\n"),
                    HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")));
  EXPECT_EQ(transport_->accepted().size(), 1U);
}

TEST_F(WsHttp, CompressionIsNotAgreedTo) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, upgrade_request("/ws", "agentroom.v3",
                                        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")),
              AllOf(StartsWith("HTTP/1.1 101 "), Not(HasSubstr("Sec-WebSocket-Extensions"))));
}

TEST_F(WsHttp, AnotherVersionOfWebSocketIsRefused) {
  std::string request = upgrade_request();
  request.replace(request.find("Version: 13"), 11, "Version: 8");
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, request), AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Sec-WebSocket-Version: 13\r\n")));
  EXPECT_TRUE(wait_for_end(peer));
  EXPECT_TRUE(transport_->accepted().empty());
}

TEST_F(WsHttp, AnUpgradeWithoutAKeyIsRefused) {
  std::string request = upgrade_request();
  request.erase(request.find("Sec-WebSocket-Key"),
                std::string_view("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").size());
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, request), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsHttp, AChannelKnowsWhoIsThere) {
  open_websocket("X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 10.0.0.1\r\nCF-Connecting-IP: 203.0.113.7\r\n");
  EXPECT_EQ(channel().address, "127.0.0.1");
  EXPECT_EQ(channel().forwarded_for, "203.0.113.7, 10.0.0.1");
  EXPECT_EQ(channel().cf_connecting_ip, "203.0.113.7");
}

TEST_F(WsHttp, OfALongForwardedForTheEndIsKept) {
  open_websocket("X-Forwarded-For: " + std::string(3'000, '1') + ", 10.0.0.1\r\n");
  EXPECT_EQ(channel().forwarded_for.size(), 1'024U);
  EXPECT_THAT(channel().forwarded_for, EndsWith("1, 10.0.0.1"));
}

TEST_F(WsHttp, GarbageIsRefusedAndClosed) {
  for (const std::string_view garbage :
       {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", 22),
        std::string_view("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string_view("\0\0\0\0\r\n\r\n", 8),
        std::string_view("GET\r\n\r\n"), std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string_view("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")}) {
    RawSocket peer = connect();
    EXPECT_THAT(ask(peer, garbage), testing::ContainsRegex("^HTTP/1.1 (400|505) ")) << garbage;
    EXPECT_TRUE(wait_for_end(peer)) << garbage;
  }
}

}  // namespace
}  // namespace agentroom::conformance
