// How channels end, and how they fail to begin.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "transport_under_test.hpp"

namespace agentroom::conformance {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TransportEnds : public TransportFact {};

TEST_F(TransportEnds, CodeAndReasonReachTheOtherEnd) {
  open_channel();
  server_->close_channel(far_, 4'001, "replaced by a newer connection");
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  EXPECT_EQ(near().closed->code, 4'001);
  EXPECT_EQ(near().closed->reason, "replaced by a newer connection");
  EXPECT_EQ(far().closed->code, 4'001);
}

TEST_F(TransportEnds, AClientCanCloseToo) {
  open_channel();
  client_->close_channel(near_, AR_CLOSE_NORMAL);
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  EXPECT_EQ(far().closed->code, AR_CLOSE_NORMAL);
  EXPECT_EQ(near().closed->code, AR_CLOSE_NORMAL);
}

TEST_F(TransportEnds, BothMayCloseAtOnce) {
  open_channel();
  client_->close_channel(near_, AR_CLOSE_NORMAL);
  server_->close_channel(far_, AR_CLOSE_GOING_AWAY);
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
}

TEST_F(TransportEnds, WhatIsQueuedIsSentBeforeTheEnd) {
  open_channel();
  std::uint64_t unsent = 0;
  std::size_t sent = 0;
  while (unsent < AR_TRANSPORT_HIGH_WATER) {
    unsent = server_->send(far_, std::string(100'000, 'x'));
    ++sent;
  }
  server_->send(far_, "last words");
  server_->close_channel(far_, AR_CLOSE_GOING_AWAY);
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  ASSERT_EQ(near().messages.size(), sent + 1);
  EXPECT_EQ(near().messages.back(), "last words");
  EXPECT_EQ(near().closed->code, AR_CLOSE_GOING_AWAY);
}

TEST_F(TransportEnds, NothingButClosedFollowsAClose) {
  open_channel();
  client_->send(near_, "on its way");
  client_->turn();
  server_->close_channel(far_, AR_CLOSE_NORMAL);
  EXPECT_EQ(server_->send(far_, "too late"), 0U);
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  EXPECT_TRUE(far().messages.empty());
  EXPECT_TRUE(near().messages.empty());
}

TEST_F(TransportEnds, CanComeFromInsideAMessage) {
  open_channel();
  server_->message_hook = [&](ar_channel id, ar_mut_bytes) { server_->close_channel(id, AR_CLOSE_POLICY, "enough"); };
  for (int i = 0; i < 10; ++i) client_->send(near_, "one of several");
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  EXPECT_EQ(far().messages.size(), 1U);
  EXPECT_EQ(near().closed->code, AR_CLOSE_POLICY);
}

TEST_F(TransportEnds, CanComeFromInsideOpened) {
  server_->opened_hook = [&](ar_channel id) { server_->close_channel(id, AR_CLOSE_POLICY, "not welcome"); };
  const ar_channel channel = client_->connect(server_->listen());
  ASSERT_TRUE(drive_until([&] { return client_->channel(channel).closed.has_value(); }));
  EXPECT_EQ(client_->channel(channel).closed->code, AR_CLOSE_POLICY);
}

TEST_F(TransportEnds, CallsOnAnEndedChannelDoNothing) {
  open_channel();
  client_->close_channel(near_, AR_CLOSE_NORMAL);
  ASSERT_TRUE(drive_until([&] { return near().closed && far().closed; }));
  EXPECT_EQ(client_->send(near_, "x"), 0U);
  client_->pause(near_);
  client_->resume(near_);
  client_->close_channel(near_, AR_CLOSE_NORMAL);
  client_->turn();
}

TEST_F(TransportEnds, APeerThatVanishesIsAnAbnormalEnd) {
  open_channel();
  client_->close();
  ASSERT_TRUE(drive({&*server_}, [&] { return far().closed.has_value(); }));
  EXPECT_EQ(far().closed->code, AR_CLOSE_ABNORMAL);
  EXPECT_NE(far().closed->reason, "");
}

TEST_F(TransportEnds, OpenChannelsSurviveTheEndOfListening) {
  open_channel();
  server_->stop_listening();
  client_->send(near_, "still there?");
  ASSERT_TRUE(drive_until([&] { return !far().messages.empty(); }));
  const ar_channel late = client_->connect(url_);
  ASSERT_TRUE(drive_until([&] { return client_->channel(late).closed.has_value(); }));
  EXPECT_FALSE(client_->channel(late).opened);
  EXPECT_FALSE(far().closed);
}

TEST_F(TransportEnds, NobodyListeningIsToldInTheReason) {
  const std::string url = server_->listen();
  server_->stop_listening();
  const ar_channel channel = client_->connect(url);
  EXPECT_FALSE(client_->channel(channel).closed) << "the outcome came from inside connect";
  ASSERT_TRUE(drive_until([&] { return client_->channel(channel).closed.has_value(); }));
  EXPECT_FALSE(client_->channel(channel).opened);
  EXPECT_EQ(client_->channel(channel).closed->code, AR_CLOSE_ABNORMAL);
  EXPECT_NE(client_->channel(channel).closed->reason, "");
}

/// A place that takes connections and never says a word, as a peer whose machine hangs.
class SilentPlace {
 public:
  SilentPlace() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    if (socket_ < 0 || ::bind(socket_, address, size) != 0 || ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, address, &size) != 0) {
      throw std::runtime_error("cannot listen on loopback");
    }
    port_ = ntohs(any.sin_port);
  }
  ~SilentPlace() { ::close(socket_); }
  SilentPlace(const SilentPlace&) = delete;
  SilentPlace& operator=(const SilentPlace&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST_F(TransportEnds, AnAttemptThatNobodyAnswersEndsByItsTimeout) {
  const SilentPlace silent;
  server_->listen();
  const std::string url = server_->scheme() + "://127.0.0.1:" + std::to_string(silent.port()) + "/ws";
  const auto began = std::chrono::steady_clock::now();
  const ar_channel attempt = client_->connect(url, kMaxMessage, 300'000);
  const ChannelRecord& channel = client_->channel(attempt);
  ASSERT_TRUE(drive_until([&] { return channel.opened || channel.closed.has_value(); }));
  if (channel.opened) return;  // nothing has to be said before a channel of this transport is open
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_EQ(channel.closed->code, AR_CLOSE_ABNORMAL);
  EXPECT_NE(channel.closed->reason, "");
}

TEST_F(TransportEnds, AnAttemptCanBeGivenUp) {
  const std::string url = server_->listen();
  const ar_channel channel = client_->connect(url);
  client_->close_channel(channel, AR_CLOSE_GOING_AWAY);
  EXPECT_FALSE(client_->channel(channel).closed) << "closed came outside a turn";
  ASSERT_TRUE(drive_until([&] { return client_->channel(channel).closed.has_value(); }));
  EXPECT_FALSE(client_->channel(channel).opened);
}

TEST_F(TransportEnds, ABadUrlIsRefusedAtOnce) {
  for (const std::string_view url : {"ws://", "ws://:80/ws", "ws://host:99999/ws"}) {
    ar_channel channel = 0;
    Error error;
    EXPECT_EQ(client_->try_connect(url, &channel, &error), AR_INVALID) << url;
    EXPECT_STRNE(error.message, "") << url;
  }
}

TEST_F(TransportEnds, AnUnknownSchemeIsRefusedAtOnce) {
  ar_channel channel = 0;
  Error error;
  EXPECT_EQ(client_->try_connect("gopher://127.0.0.1/ws", &channel, &error), AR_UNSUPPORTED);
  EXPECT_STRNE(error.message, "");
}

TEST_F(TransportEnds, AListenerTellsTheSchemeOfItsUrls) {
  server_->listen();
  EXPECT_THAT(server_->scheme(), testing::AnyOf("ws", "wss"));
  EXPECT_NE(server_->port(), 0);
}

TEST_F(TransportEnds, APortInUseIsToldAsSuch) {
  server_->listen();
  ar_listening listening;
  Error error;
  EXPECT_EQ(client_->try_listen("127.0.0.1:" + std::to_string(server_->port()), &listening, &error), AR_IN_USE);
  EXPECT_THAT(error.message, HasSubstr(std::to_string(server_->port())));
}

TEST_F(TransportEnds, APortIsFreeAfterListeningStopped) {
  server_->listen();
  server_->stop_listening();
  server_->turn();
  ar_listening listening;
  Error error;
  EXPECT_EQ(client_->try_listen("127.0.0.1:" + std::to_string(server_->port()), &listening, &error), AR_OK)
      << error.message;
}

TEST_F(TransportEnds, ABadAddressIsRefused) {
  for (const std::string_view address : {"", "8787", "127.0.0.1", "127.0.0.1:port", ":1"}) {
    ar_listening listening;
    Error error;
    EXPECT_EQ(server_->try_listen(address, &listening, &error), AR_INVALID) << address;
  }
}

TEST_F(TransportEnds, ClosingTheInstanceCallsNothingBack) {
  open_channel();
  client_->send(near_, "never sent");
  client_->connect(url_);
  client_->close();
  server_->close();
  // TearDown judges what came after.
  EXPECT_FALSE(near().closed);
  EXPECT_FALSE(far().closed);
}

}  // namespace
}  // namespace agentroom::conformance
