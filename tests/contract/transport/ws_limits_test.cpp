// What a client can take from a listener without being a channel: bytes, time, connections.
#include <sys/resource.h>

#include <filesystem>
#include <vector>

#include "system_calls.hpp"
#include "ws_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class WsLimits : public WsFact {};

TEST_F(WsLimits, AHeaderHasAtMost8KiB) {
  RawSocket peer = connect();
  peer.send("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(7'000, 'a') + "\r\n\r\n");
  EXPECT_THAT(response(peer), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(9'000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsLimits, AHeaderWithoutAnEndIsCutOff) {
  RawSocket peer = connect();
  peer.send("GET /health HTTP/1.1\r\n");
  std::string answer;
  ASSERT_TRUE(drive_until([&] {
    peer.send("X-Many: headers\r\n");
    return !peer.receive().empty() || peer.ended();
  }));
  EXPECT_THAT(peer.receive(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(WsLimits, ABodyHasAtMost8KiB) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 8192\r\n\r\n" + std::string(8'192, 'b')),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(peer, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 8193\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsLimits, AChunkedBodyHasAtMost8KiB) {
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n" +
                            std::string(0x4000, 'b') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(WsLimits, ASlowRequestIsCut) {
  open_transport("request_timeout = \"100ms\"");
  RawSocket peer = connect();
  peer.send("GET /health HTTP/1.1\r\n");
  const auto begin = std::chrono::steady_clock::now();
  int sent = 0;  // a head that grows too long is refused before its time
  ASSERT_TRUE(drive_until([&] {
    if (++sent < 1000) peer.send("X");
    return peer.ended();
  }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(90));
}

TEST_F(WsLimits, AnIdleConnectionIsCut) {
  open_transport("request_timeout = \"100ms\"");
  RawSocket silent = connect();
  RawSocket served = connect();
  EXPECT_THAT(ask(served, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(wait_for_end(silent));
  EXPECT_TRUE(wait_for_end(served));
}

TEST_F(WsLimits, AChannelIsNotBoundByTheTimeOfARequest) {
  open_transport("request_timeout = \"100ms\"");
  RawSocket peer = open_websocket();
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
  drive_until([&] { return std::chrono::steady_clock::now() > end; });
  peer.send(bytes_of({.payload = "still here"}));
  ASSERT_TRUE(drive_until([&] { return !channel().messages.empty(); }));
}

TEST_F(WsLimits, WhenTooManyWaitTheOldestIsCut) {
  open_transport("max_requests = 3");
  std::vector<RawSocket> peers;
  for (int i = 0; i < 5; ++i) {
    peers.push_back(connect());
    transport_->turn();
  }
  EXPECT_TRUE(wait_for_end(peers[0]));
  EXPECT_TRUE(wait_for_end(peers[1]));
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_THAT(ask(peers[i], "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(WsLimits, ManyThatComeAtOnceWithTheirRequestsAllAreServed) {
  open_transport("max_requests = 3");
  std::vector<RawSocket> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(connect());
    peers.back().send(upgrade_request());
  }
  EXPECT_TRUE(drive_until([&] { return transport_->accepted().size() == 10; }));
}

TEST_F(WsLimits, ChannelsDoNotCountAsWaiting) {
  open_transport("max_requests = 1");
  RawSocket first = open_websocket();
  RawSocket second = open_websocket();
  first.send(bytes_of({.payload = "one"}));
  ASSERT_TRUE(drive_until([&] { return !transport_->channel(transport_->accepted()[0]).messages.empty(); }));
  EXPECT_FALSE(first.ended());
}

TEST_F(WsLimits, WithoutDescriptorsItWaitsAndGoesOn) {
  // The client's descriptor exists already; the server finds none left to accept it with.
  const int descriptor = RawSocket::make();
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  int highest = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    highest = std::max(highest, std::stoi(entry.path().filename().string()));
  }
  // Every number up to the highest that is free is taken, then the limit is set right behind them.
  std::vector<RawSocket> fill;
  for (int taken = 0; taken < highest; taken = RawSocket::make()) {
    if (taken > 0) fill.emplace_back(taken);
  }
  const rlimit none{static_cast<rlim_t>(highest), saved.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  RawSocket peer = RawSocket::connect(descriptor, transport_->port());
  const bool complained = drive_until([&] { return !plugin_.host().log().empty(); });
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  ASSERT_TRUE(complained);
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("cannot accept connections"));
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("ulimit -n"));
  EXPECT_EQ(plugin_.host().log().size(), 1U);
  EXPECT_GE(plugin_.host().metric("ws_accept_failures_total"), 1);
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WsLimits, WithoutRoomToWatchMoreItWaitsAndGoesOn) {
  watches_are_exhausted = true;
  RawSocket cut = connect();
  const bool complained = drive_until([&] { return !plugin_.host().log().empty(); });
  watches_are_exhausted = false;
  ASSERT_TRUE(complained);
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("cannot accept connections for now: No space left on device"));
  EXPECT_GE(plugin_.host().metric("ws_accept_failures_total"), 1);
  EXPECT_TRUE(wait_for_end(cut));
  RawSocket peer = connect();
  EXPECT_THAT(ask(peer, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace agentroom::conformance
