#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using testing::HasSubstr;

/// Remembers what happened; answers messages when told to.
class Peer final : public ListenerEvents {
 public:
  void on_opened(ChannelId channel, const PeerInfo& /*peer*/) override {
    id = channel;
    log += "opened ";
  }
  void on_message(ChannelId channel, MutableByteView message) override {
    log += message.size() < 20 ? std::string(as_text(message)) + ' ' : std::to_string(message.size()) + "B ";
    if (pause_after_message != nullptr) pause_after_message->pause(channel);
  }
  void on_drained(ChannelId /*channel*/) override { log += "drained "; }
  void on_closed(ChannelId /*channel*/, const CloseInfo& why) override {
    log += "closed:" + std::to_string(why.code) + ' ';
    reason = why.reason;
  }
  HttpResponse on_request(const HttpRequest& /*request*/) override { return {}; }

  ChannelId id = 0;
  std::string log;
  std::string reason;
  Transport* pause_after_message = nullptr;
};

class Loopback : public testing::Test {
 protected:
  std::unique_ptr<Transport> transport() { return std::move(host_.open_transport("loopback", "").value()); }

  void connect(const std::string& path = "/ws") {
    const auto listening = server_->listen({"127.0.0.1:0", 1 << 22}, relay_);
    ASSERT_TRUE(listening) << listening.error().message;
    url_ = listening->scheme + "://localhost:" + std::to_string(listening->port) + path;
    const auto channel = client_->connect({url_, 1000, std::chrono::seconds(10)}, agent_);
    ASSERT_TRUE(channel) << channel.error().message;
    turns();
  }
  void turns(int count = 3) {
    for (int i = 0; i < count; ++i) {
      client_->turn({});
      server_->turn({});
    }
  }
  static Bytes text(std::string_view what) { return to_bytes(as_bytes(what)); }

  test::QueueExecutor executor_;
  test::LogRecorder log_;
  PluginHost host_{{PLUGIN_FOLDER}, executor_, log_.sink()};
  Peer relay_;
  Peer agent_;
  std::unique_ptr<Transport> server_ = transport();
  std::unique_ptr<Transport> client_ = transport();
  std::string url_;
};

TEST_F(Loopback, CarriesMessagesBothWaysInOrder) {
  connect();
  client_->send(agent_.id, text("one"));
  client_->send(agent_.id, text("two"));
  server_->send(relay_.id, text("three"));
  turns();
  EXPECT_EQ(relay_.log, "opened one two ");
  EXPECT_EQ(agent_.log, "opened three ");
}

TEST_F(Loopback, DeliversNothingOutsideATurn) {
  connect();
  client_->send(agent_.id, text("one"));
  client_->turn({});
  EXPECT_EQ(relay_.log, "opened ");
}

TEST_F(Loopback, WakesTheThreadOfTheOtherEnd) {
  connect();
  std::thread engine([this] {
    auto other = transport();
    Peer peer;
    ASSERT_TRUE(other->connect({url_, 1000, {}}, peer));
    other->turn({});
    other->send(peer.id, text("hello"));
    while (peer.log.find("closed") == std::string::npos) other->turn(test::kPatience);
  });
  while (relay_.log.find("hello") == std::string::npos) server_->turn(test::kPatience);
  server_->close(relay_.id, 1000, "bye");
  server_->turn({});
  engine.join();
}

TEST_F(Loopback, WakeEndsAWait) {
  std::thread waker([this] { server_->wake(); });
  server_->turn(std::chrono::hours(24));
  waker.join();
}

TEST_F(Loopback, ConnectingWhereNobodyListensEndsWithoutOpened) {
  ASSERT_TRUE(client_->connect({"loopback://nobody:1", 1000, {}}, agent_));
  client_->turn({});
  EXPECT_EQ(agent_.log, "closed:1006 ");
  EXPECT_THAT(agent_.reason, HasSubstr("nobody:1"));
}

TEST_F(Loopback, RefusesUrlsAndAddressesThatItCannotUse) {
  EXPECT_EQ(client_->connect({"http://x:1", 1000, {}}, agent_).error().code, ErrorCode::kUsage);
  EXPECT_EQ(client_->connect({"loopback://x", 1000, {}}, agent_).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(client_->connect({"ws://x:99999", 1000, {}}, agent_).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(server_->listen({"no-port", 1000}, relay_).error().code, ErrorCode::kConfig);
  ASSERT_TRUE(server_->listen({"relay:5", 1000}, relay_));
  EXPECT_EQ(client_->listen({"RELAY:5", 1000}, relay_).error().code, ErrorCode::kInUse);
  server_->stop_listening();
  EXPECT_TRUE(client_->listen({"relay:5", 1000}, relay_));
}

TEST_F(Loopback, ClosingDeliversWhatWasSentAndNothingElse) {
  connect();
  server_->send(relay_.id, text("late"));
  server_->turn({});
  client_->send(agent_.id, text("last"));
  client_->close(agent_.id, 1001, "away");
  EXPECT_EQ(client_->send(agent_.id, text("more")), 0U);
  turns();
  EXPECT_EQ(relay_.log, "opened last closed:1001 ");
  EXPECT_EQ(relay_.reason, "away");
  EXPECT_EQ(agent_.log, "opened closed:1001 ");
  EXPECT_EQ(server_->send(relay_.id, text("x")), 0U);
}

TEST_F(Loopback, TransportThatGoesBreaksItsChannels) {
  connect();
  client_.reset();
  server_->turn({});
  EXPECT_EQ(relay_.log, "opened closed:1006 ");
}

TEST_F(Loopback, MessageThatIsTooLargeClosesBothEnds) {
  connect();
  server_->send(relay_.id, Bytes(1001));
  turns();
  EXPECT_EQ(agent_.log, "opened closed:1009 ");
  EXPECT_EQ(relay_.log, "opened closed:1009 ");
}

TEST_F(Loopback, PausedChannelIsNotReadAndTellsTheSender) {
  connect();
  server_->pause(relay_.id);
  std::size_t unsent = 0;
  for (int i = 0; i < 6; ++i) {
    unsent = client_->send(agent_.id, Bytes(300'000));
    turns(1);
  }
  EXPECT_GT(unsent, 1024U * 1024U);
  turns();
  EXPECT_EQ(relay_.log, "opened ");
  EXPECT_EQ(agent_.log, "opened ");
  server_->resume(relay_.id);
  turns();
  EXPECT_EQ(relay_.log, "opened 300000B 300000B 300000B 300000B 300000B 300000B ");
  EXPECT_EQ(agent_.log, "opened drained ");
}

TEST_F(Loopback, PausingFromInsideAMessageStopsTheNext) {
  connect();
  relay_.pause_after_message = server_.get();
  for (const char* each : {"1", "2", "3"}) client_->send(agent_.id, text(each));
  turns();
  EXPECT_EQ(relay_.log, "opened 1 ");
  client_->close(agent_.id, 1000, "");
  turns();
  EXPECT_EQ(relay_.log, "opened 1 ") << "closed overtook messages";
  relay_.pause_after_message = nullptr;
  server_->resume(relay_.id);
  turns();
  EXPECT_EQ(relay_.log, "opened 1 2 3 closed:1000 ");
}

}  // namespace
}  // namespace agentroom::host
