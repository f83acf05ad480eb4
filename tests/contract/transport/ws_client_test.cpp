// The client: what it asks for, and what it makes of servers that are none.
#include <pthread.h>

#include <boost/beast/websocket/detail/hybi13.hpp>

#include "system_calls.hpp"
#include "ws_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class WsClient : public WsFact {
 protected:
  /// Connects to the raw listener and waits for the request, which is returned.
  std::string request_of_client(std::string_view url_path = "/ws") {
    attempt_ = transport_->connect("ws://127.0.0.1:" + std::to_string(listener_.port()) + std::string(url_path));
    EXPECT_TRUE(drive_until([&] { return listener_.has_guest(); }));
    guest_.emplace(listener_.accept());
    EXPECT_TRUE(drive_until([&] { return guest_->receive().ends_with("\r\n\r\n"); }));
    return guest_->receive();
  }

  /// The reason that is given when a server answers with `answer`.
  std::string reason_for(std::string_view answer, bool end = true) {
    request_of_client();
    guest_->send(answer);
    if (end) guest_->finish_writing();
    EXPECT_TRUE(drive_until([&] { return client().closed.has_value(); }));
    EXPECT_FALSE(client().opened);
    EXPECT_EQ(client().closed->code, AR_CLOSE_ABNORMAL);
    return client().closed->reason;
  }

  /// What a server says that agrees to an upgrade.
  static std::string agreement(std::string_view request, std::string_view subprotocol = "agentroom.v3") {
    namespace detail = boost::beast::websocket::detail;
    const std::size_t at = request.find("Sec-WebSocket-Key: ") + 19;
    detail::sec_ws_accept_type accept;
    detail::make_sec_ws_accept(accept, std::string(request.substr(at, request.find('\r', at) - at)));
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
           std::string(accept.data(), accept.size()) + "\r\nSec-WebSocket-Protocol: " + std::string(subprotocol) +
           "\r\n\r\n";
  }

  ChannelRecord& client() { return transport_->channel(attempt_); }

  RawListener listener_;
  std::optional<RawSocket> guest_;
  ar_channel attempt_ = 0;
};

TEST_F(WsClient, AsksForTheSubprotocolAtTheHostAndPath) {
  EXPECT_THAT(request_of_client("/relay/ws?room=1"),
              AllOf(StartsWith("GET /relay/ws?room=1 HTTP/1.1\r\n"),
                    HasSubstr("Host: 127.0.0.1:" + std::to_string(listener_.port()) + "\r\n"),
                    HasSubstr("Sec-WebSocket-Protocol: agentroom.v3\r\n"), HasSubstr("Sec-WebSocket-Version: 13\r\n")));
}

TEST_F(WsClient, OpensWhenTheServerAgrees) {
  const std::string answer = agreement(request_of_client());
  guest_->send(answer + bytes_of({.payload = "welcome", .masked = false}));
  ASSERT_TRUE(drive_until([&] { return !client().messages.empty(); }));
  EXPECT_TRUE(client().opened);
  EXPECT_EQ(client().address, "127.0.0.1");
  EXPECT_EQ(client().messages.front(), "welcome");
}

TEST_F(WsClient, OpensBehindALongHeader) {
  std::string answer = agreement(request_of_client());
  answer.insert(answer.size() - 2, "X-Proxy: " + std::string(4'000, 'p') + "\r\n");
  for (int i = 0; i < 50; ++i) answer += bytes_of({.payload = std::string(100, 'm'), .masked = false});
  guest_->send(answer);
  ASSERT_TRUE(drive_until([&] { return client().messages.size() == 50; }));
}

TEST_F(WsClient, MasksWhatItSends) {
  const std::string answer = agreement(request_of_client());
  guest_->forget(guest_->receive().size());
  guest_->send(answer);
  ASSERT_TRUE(drive_until([&] { return client().opened; }));
  transport_->send(attempt_, "for the relay alone");
  ASSERT_TRUE(drive_until([&] { return guest_->receive().size() == 2 + 4 + 19; }));
  EXPECT_EQ(static_cast<std::uint8_t>(guest_->receive()[1]), 0x80 | 19);
  EXPECT_THAT(guest_->receive(), testing::Not(HasSubstr("relay")));
}

TEST_F(WsClient, SaysWhatAServerAnsweredInstead) {
  EXPECT_EQ(reason_for("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found", false),
            "not a WebSocket endpoint: HTTP 404");
  EXPECT_EQ(reason_for("HTTP/1.1 530 \r\n\r\n" + std::string(7'000, 'h')), "not a WebSocket endpoint: HTTP 530");
  EXPECT_EQ(reason_for("HTTP/1.1 301 Moved Permanently\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", false),
            "not a WebSocket endpoint: HTTP 301");
}

TEST_F(WsClient, SaysThatAServerSpeaksSomethingElse) {
  EXPECT_THAT(reason_for("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", false), StartsWith("not a WebSocket endpoint"));
  EXPECT_THAT(reason_for(agreement("Sec-WebSocket-Key: AAAA\r\n"), false), StartsWith("not a WebSocket endpoint"));
}

TEST_F(WsClient, SaysThatAServerSpeaksAnotherSubprotocol) {
  const std::string answer = agreement(request_of_client(), "mqtt");
  guest_->send(answer);
  ASSERT_TRUE(drive_until([&] { return client().closed.has_value(); }));
  EXPECT_EQ(client().closed->reason, "speaks another subprotocol than agentroom.v3");
  EXPECT_FALSE(client().opened);
  EXPECT_TRUE(drive_until([&] { return guest_->ended(); }));
}

TEST_F(WsClient, SaysThatAServerSaidNothing) {
  EXPECT_EQ(reason_for(""), "the server closed the connection before it answered");
}

TEST_F(WsClient, DoesNotReadAnEndlessAnswer) {
  request_of_client();
  guest_->send("HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(drive_until([&] {
    guest_->send(std::string(10'000, 'x'));
    return client().closed.has_value();
  }));
  EXPECT_THAT(client().closed->reason, StartsWith("not a WebSocket endpoint"));
}

TEST_F(WsClient, GivesUpOnASilentServerInTime) {
  const ar_channel channel = transport_->connect(listener_.url(), kMaxMessage, 200'000);
  ASSERT_TRUE(drive_until([&] { return transport_->channel(channel).closed.has_value(); }));
  EXPECT_EQ(transport_->channel(channel).closed->reason,
            "no answer from 127.0.0.1:" + std::to_string(listener_.port()) + " within 1 s");
}

TEST_F(WsClient, SaysThatAConnectionWasRefused) {
  const std::uint16_t port = RawListener().port();
  const ar_channel channel = transport_->connect("ws://127.0.0.1:" + std::to_string(port) + "/ws");
  ASSERT_TRUE(drive_until([&] { return transport_->channel(channel).closed.has_value(); }));
  EXPECT_EQ(transport_->channel(channel).closed->reason, "connection refused by 127.0.0.1:" + std::to_string(port));
}

TEST_F(WsClient, SaysThatAHostIsUnknown) {
  // Refused by the resolver without asking a name server: the first label is too long.
  const std::string host = std::string(64, 'a') + ".example";
  const ar_channel channel = transport_->connect("ws://" + host + ":80/ws");
  ASSERT_TRUE(drive_until([&] { return transport_->channel(channel).closed.has_value(); }));
  EXPECT_THAT(transport_->channel(channel).closed->reason, AllOf(HasSubstr("host"), HasSubstr(host)));
}

TEST_F(WsClient, ALookupThatNobodyWaitsForHoldsUpNoOther) {
  for (int i = 0; i < 5; ++i) {
    const ar_channel given_up = transport_->connect("ws://slow.example:1/ws", kMaxMessage, 20'000);
    ASSERT_TRUE(drive_until([&] { return transport_->channel(given_up).closed.has_value(); }));
  }
  const auto begin = std::chrono::steady_clock::now();
  attempt_ = transport_->connect("ws://slow.example:1/ws");
  ASSERT_TRUE(drive_until([&] { return client().closed.has_value(); }));
  EXPECT_THAT(client().closed->reason, HasSubstr("no such host: slow.example"));
  // Its own and the first, which was begun: not four more.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4 * kSlowLookup);
}

TEST_F(WsClient, WithoutAThreadForALookupTheAttemptSaysSo) {
  // A stack for which there is no room: the system has no thread to give.
  pthread_attr_t usual;
  pthread_attr_t none;
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(::pthread_getattr_default_np(&none), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&none, std::size_t{1} << 50U), 0);
  ASSERT_EQ(::pthread_setattr_default_np(&none), 0);
  attempt_ = transport_->connect("ws://slow.example:1/ws");
  const ar_channel other = transport_->connect("ws://127.0.0.1:1/ws");
  transport_->close_channel(other, 1000);
  const bool both = drive_until([&] { return client().closed && transport_->channel(other).closed; });
  ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
  ::pthread_attr_destroy(&usual);
  ::pthread_attr_destroy(&none);
  ASSERT_TRUE(both);
  EXPECT_THAT(client().closed->reason, HasSubstr("cannot look up slow.example: Resource temporarily unavailable"));
}

TEST_F(WsClient, FindsLocalhost) {
  const ar_channel channel = transport_->connect("ws://localhost:" + std::to_string(transport_->port()) + "/ws");
  ASSERT_TRUE(drive_until([&] { return transport_->channel(channel).opened; }));
}

TEST_F(WsClient, RefusesAFrameWithAMask) {
  const std::string answer = agreement(request_of_client());
  guest_->send(answer + bytes_of({.payload = "masked by a server"}));
  ASSERT_TRUE(drive_until([&] { return client().closed.has_value(); }));
  EXPECT_EQ(client().closed->code, 1002);
  EXPECT_TRUE(client().messages.empty());
}

TEST_F(WsClient, RefusesUrlsThatItCannotMean) {
  for (const std::string_view url : {"",
                                     "localhost:8787",
                                     "/ws",
                                     "ws://",
                                     "ws:///ws",
                                     "ws://:80/ws",
                                     "ws://h:0/ws",
                                     "ws://h:65536/ws",
                                     "ws://user@h/ws",
                                     "ws://h/ws#part",
                                     "ws://h /ws",
                                     "ws://[::1/ws",
                                     "ws://[v1.x]/ws",
                                     "ws://h/\x01",
                                     "ws://127.0.0.1.relay.example/ws",
                                     "wss://127.0.0.1.nip.io:18799/ws",
                                     "ws://127.0.0.1x:5/ws",
                                     "ws://127.0.0.1-a.example:5",
                                     "ws://127.0.0.1%00x/ws",
                                     "ws://%00/ws",
                                     "ws://h%00/ws",
                                     "ws://.h/ws",
                                     "ws://h:abc/ws"}) {
    ar_channel channel = 0;
    Error error;
    EXPECT_EQ(transport_->try_connect(url, &channel, &error), AR_INVALID) << url;
    EXPECT_STRNE(error.message, "") << url;
  }
}

}  // namespace
}  // namespace agentroom::conformance
