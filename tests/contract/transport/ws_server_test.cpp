// The WebSocket side of a listener, met by peers that speak it well, badly and not to the end.
#include "ws_fact.hpp"

namespace agentroom::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class WsServer : public WsFact {};

TEST_F(WsServer, EchoesInBinaryFramesWithoutAMask) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = "hello"}));
  ASSERT_TRUE(drive_until([&] { return !channel().messages.empty(); }));
  transport_->send(id(), "hello yourself");
  const auto answer = frame(peer);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->opcode, kBinary);
  EXPECT_TRUE(answer->fin);
  EXPECT_FALSE(answer->masked);
  EXPECT_EQ(answer->payload, "hello yourself");
}

TEST_F(WsServer, MessagesRightBehindTheUpgradeAreNotLost) {
  RawSocket peer = connect();
  peer.send(upgrade_request() + bytes_of({.payload = "eager"}) + bytes_of({.payload = "twice"}));
  EXPECT_THAT(response(peer), StartsWith("HTTP/1.1 101 "));
  ASSERT_TRUE(drive_until([&] { return channel().messages.size() == 2; }));
  EXPECT_EQ(channel().messages.front(), "eager");
}

TEST_F(WsServer, PutsAFragmentedMessageTogether) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.opcode = kBinary, .payload = "one ", .fin = false}));
  transport_->turn();
  peer.send(bytes_of({.opcode = kContinuation, .payload = "", .fin = false}));
  transport_->turn();
  // A control frame may stand between the fragments.
  peer.send(bytes_of({.opcode = kPing, .payload = "are you there"}));
  peer.send(bytes_of({.opcode = kContinuation, .payload = "message", .fin = true}));
  ASSERT_TRUE(drive_until([&] { return !channel().messages.empty(); }));
  EXPECT_EQ(channel().messages.front(), "one message");
  const auto pong = frame(peer);
  ASSERT_TRUE(pong);
  EXPECT_EQ(pong->opcode, kPong);
  EXPECT_EQ(pong->payload, "are you there");
}

TEST_F(WsServer, TakesFramesByteByByte) {
  RawSocket peer = open_websocket();
  RawSocket other = open_websocket();
  std::string bytes = bytes_of({.payload = std::string(300, 'x'), .fin = false});
  bytes += bytes_of({.opcode = kContinuation, .payload = std::string(70'000, 'y')});
  const std::string noise = bytes_of({.payload = std::string(2'000, 'z')});
  for (std::size_t at = 0; at < bytes.size(); at += at < 400 ? 1 : 997) {
    peer.send(std::string_view(bytes).substr(at, at < 400 ? 1 : 997));
    // Another channel is read in between, with the same memory.
    if (at % 5 == 0) other.send(noise);
    transport_->turn();
  }
  ChannelRecord& record = transport_->channel(transport_->accepted().front());
  ASSERT_TRUE(drive_until([&] { return !record.messages.empty(); }));
  EXPECT_TRUE(record.messages.front() == std::string(300, 'x') + std::string(70'000, 'y'));
  for (const std::string& message : channel().messages) EXPECT_TRUE(message == std::string(2'000, 'z'));
}

TEST_F(WsServer, APausedChannelWhosePeerResetsItWaitsForItsResume) {
  RawSocket peer = open_websocket();
  transport_->pause(id());
  peer.send(bytes_of({.payload = "unread"}));
  transport_->turn(1ms);
  peer.reset();
  // The system tells of a reset whether it is asked or not; a transport that listens goes round and round.
  int turns = 0;
  const auto end = std::chrono::steady_clock::now() + 200ms;
  while (std::chrono::steady_clock::now() < end) {
    transport_->turn(50ms);
    ++turns;
  }
  EXPECT_LT(turns, 20);
  EXPECT_FALSE(channel().closed);
  transport_->resume(id());
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, AR_CLOSE_ABNORMAL);
}

TEST_F(WsServer, AnEmptyMessageIsAMessage) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({}));
  ASSERT_TRUE(drive_until([&] { return !channel().messages.empty(); }));
  EXPECT_EQ(channel().messages.front(), "");
}

TEST_F(WsServer, ManyPingsInOneReadAreAnswered) {
  RawSocket peer = open_websocket();
  std::string pings;
  for (int i = 0; i < 9'000; ++i) pings += bytes_of({.opcode = kPing});
  ASSERT_EQ(peer.send(pings), pings.size());
  ASSERT_TRUE(drive_until([&] { return peer.receive().size() == 9'000 * 2; }));
}

TEST_F(WsServer, ATextMessageIsRefusedWith1003) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = "before"}) + bytes_of({.opcode = kText, .payload = "text"}) +
            bytes_of({.payload = "after"}));
  EXPECT_EQ(close_code(peer), 1003);
  peer.send(bytes_of({.opcode = kClose, .payload = close_payload(1003)}));
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 1003);
  EXPECT_EQ(channel().messages, std::vector<std::string>{"before"});
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsServer, TooLargeAMessageIsRefusedBeforeItIsRead) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = "", .claimed_size = kMaxMessage + 1}));
  EXPECT_EQ(close_code(peer), 1009);
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 1009);
  EXPECT_THAT(channel().closed->reason, HasSubstr("262144"));
}

TEST_F(WsServer, AnEnormousLengthIsRefused) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = "", .claimed_size = 0x7FFF'FFFF'FFFF'FFFFULL}));
  EXPECT_EQ(close_code(peer), 1009);
}

TEST_F(WsServer, FragmentsTogetherAreBoundedToo) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = std::string(200'000, 'x'), .fin = false}));
  ASSERT_TRUE(drive_until([&] {
    transport_->turn();
    return true;
  }));
  const std::string rest = bytes_of({.opcode = kContinuation, .payload = "", .claimed_size = 62'145});
  std::size_t sent = 0;
  ASSERT_TRUE(drive_until([&] {
    sent += peer.send(std::string_view(rest).substr(sent));
    return sent == rest.size();
  }));
  EXPECT_EQ(close_code(peer), 1009);
  EXPECT_TRUE(channel().messages.empty());
}

TEST_F(WsServer, ARefusedPeerThatGoesOnSendingStillReadsWhy) {
  RawSocket peer = open_websocket();
  const std::string whole = bytes_of({.payload = std::string(kMaxMessage + 1, 'x')});
  std::size_t sent = 0;
  ASSERT_TRUE(drive_until([&] {
    sent += peer.send(std::string_view(whole).substr(sent));
    return sent == whole.size();
  }));
  EXPECT_EQ(close_code(peer), 1009);
}

TEST_F(WsServer, BrokenFramesAreRefusedWith1002) {
  const Frame broken[] = {
      {.payload = "no mask", .masked = false},
      {.payload = "reserved bit", .reserved = 4},
      {.opcode = 3, .payload = "unknown opcode"},
      {.opcode = kContinuation, .payload = "continues nothing"},
      {.opcode = kPing, .payload = "a control frame in fragments", .fin = false},
      {.opcode = kPing, .payload = std::string(126, 'p')},
      {.opcode = kClose, .payload = "\x03"},
      {.opcode = kClose, .payload = close_payload(1006)},
      {.opcode = kClose, .payload = close_payload(1000, "\xff\xfe")},
  };
  for (const Frame& frame : broken) {
    RawSocket peer = open_websocket();
    peer.send(bytes_of(frame));
    EXPECT_EQ(close_code(peer), 1002) << frame.payload;
    ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
    EXPECT_EQ(channel().closed->code, 1002) << frame.payload;
    EXPECT_TRUE(wait_for_end(peer)) << frame.payload;
  }
}

TEST_F(WsServer, APeersCloseIsAnsweredAndHandedOn) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.opcode = kClose, .payload = close_payload(4'000, "gone fishing")}));
  EXPECT_EQ(close_code(peer), 4'000);
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 4'000);
  EXPECT_EQ(channel().closed->reason, "gone fishing");
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsServer, ACloseWithoutACodeIs1005) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.opcode = kClose}));
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 1005);
}

TEST_F(WsServer, AnEndWithoutACloseFrameIs1006) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.payload = "cut in the middle", .claimed_size = 1'000}));
  peer.finish_writing();
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 1006);
  EXPECT_TRUE(channel().messages.empty());
}

TEST_F(WsServer, AResetIs1006) {
  RawSocket peer = open_websocket();
  peer.reset();
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, 1006);
  EXPECT_EQ(channel().closed->reason, "connection reset");
}

TEST_F(WsServer, MessagesAfterACloseFrameAreIgnored) {
  RawSocket peer = open_websocket();
  peer.send(bytes_of({.opcode = kClose, .payload = close_payload(1'000)}) + bytes_of({.payload = "afterthought"}));
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_TRUE(channel().messages.empty());
}

TEST_F(WsServer, AClosedPeerThatDoesNotAnswerIsCutAfter5Seconds) {
  RawSocket peer = open_websocket();
  const auto begin = std::chrono::steady_clock::now();
  transport_->close_channel(id(), AR_CLOSE_GOING_AWAY, "restart");
  EXPECT_EQ(close_code(peer), AR_CLOSE_GOING_AWAY);
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  const auto spent = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(spent, 4900ms);
  EXPECT_LT(spent, 15s);
  EXPECT_EQ(channel().closed->code, AR_CLOSE_GOING_AWAY);
  EXPECT_TRUE(wait_for_end(peer));
}

TEST_F(WsServer, AClosedPeerThatReadsNothingIsCutAfter5Seconds) {
  RawSocket peer = open_websocket();
  while (transport_->send(id(), std::string(65'536, 'x')) < AR_TRANSPORT_HIGH_WATER) transport_->turn();
  transport_->turn();
  transport_->close_channel(id(), AR_CLOSE_GOING_AWAY, "restart");
  ASSERT_TRUE(drive_until([&] { return channel().closed.has_value(); }));
  EXPECT_EQ(channel().closed->code, AR_CLOSE_GOING_AWAY);
}

TEST_F(WsServer, AHostThatIgnoresHighWaterLosesTheChannel) {
  RawSocket peer = open_websocket();
  const std::string block(200'000, 'x');
  std::uint64_t unsent = 0;
  ASSERT_TRUE(drive_until([&] {
    for (int i = 0; i < 10; ++i) unsent = std::max(unsent, transport_->send(id(), block));
    return channel().closed.has_value();
  }));
  EXPECT_EQ(channel().closed->code, 1006);
  EXPECT_LE(unsent, 17U * 1024 * 1024);
}

}  // namespace
}  // namespace agentroom::conformance
