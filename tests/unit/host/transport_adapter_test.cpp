#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "agentroom/sdk/transport.hpp"
#include "fake_library.hpp"
#include "host/adapters.hpp"

namespace agentroom::host {
namespace {

using test::LogRecorder;
using test::QueueExecutor;
using testing::HasSubstr;

/// Does in `turn` what the test says, and remembers what it was asked.
class ScriptedTransport final : public sdk::Transport {
 public:
  static inline ScriptedTransport* current = nullptr;

  static sdk::Result<std::unique_ptr<ScriptedTransport>> open(sdk::Host, const sdk::TransportOptions&) {
    auto transport = std::make_unique<ScriptedTransport>();
    current = transport.get();
    return transport;
  }

  sdk::Result<sdk::Listening> listen(const sdk::ListenOptions& options) override {
    if (options.address == "busy:1") return sdk::fail(AR_IN_USE, "busy:1 is in use");
    listener = options;
    return sdk::Listening{4711, options.address == "nowhere:1" ? "" : "wss"};
  }
  void stop_listening() override {}
  sdk::Result<ar_channel> connect(const sdk::ConnectOptions& options) override {
    if (options.url == "http://x") return sdk::fail(AR_UNSUPPORTED, "not http");
    connected = options;
    return ar_channel{7};
  }
  std::uint64_t send(ar_channel channel, sdk::Buffer message) override {
    if (channel == 13) throw std::runtime_error("send went wrong");
    sent = std::move(message);
    return sent.size() + 100;
  }
  void pause(ar_channel channel) override { last = "pause " + std::to_string(channel); }
  void resume(ar_channel channel) override { last = "resume " + std::to_string(channel); }
  void close_channel(ar_channel channel, std::uint16_t code, std::string_view reason) override {
    last = "close " + std::to_string(channel) + ' ' + std::to_string(code) + ' ' + std::string(reason);
  }
  void turn(sdk::Microseconds timeout) override {
    waited = timeout.count();
    if (in_turn) in_turn();
  }
  void wake() override { last = "wake"; }
  sdk::Status reload() override {
    if (last == "broken") return sdk::fail(AR_INVALID, "cert.pem holds no certificate", "give it one");
    last = "reload";
    return {};
  }

  std::optional<sdk::ListenOptions> listener;
  std::optional<sdk::ConnectOptions> connected;
  sdk::Buffer sent;
  std::string last;
  std::uint64_t waited = 0;
  std::function<void()> in_turn;
};

class RecordedEvents final : public ListenerEvents {
 public:
  void on_opened(ChannelId channel, const PeerInfo& peer) override {
    text += "opened " + std::to_string(channel) + ' ' + peer.address + ' ' + peer.forwarded_for.substr(0, 5) + '\n';
    longest = std::max(longest, peer.forwarded_for.size());
  }
  void on_message(ChannelId channel, MutableByteView message) override {
    text += "message " + std::to_string(channel) + ' ' + std::string(as_text(message)) + '\n';
    if (as_text(message) == "throw") throw std::logic_error("engine bug");
    std::ranges::fill(message, std::byte{'x'});
  }
  void on_drained(ChannelId channel) override { text += "drained " + std::to_string(channel) + '\n'; }
  void on_closed(ChannelId channel, const CloseInfo& why) override {
    text += "closed " + std::to_string(channel) + ' ' + std::to_string(why.code) + ' ' + why.reason + why.hint + '\n';
  }
  HttpResponse on_request(const HttpRequest& request) override {
    return {200, "text/plain", request.method + ' ' + request.target};
  }

  std::string text;
  std::size_t longest = 0;
};

class TransportAdapter : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = adapt_transport(test::fake_library<ScriptedTransport>(executor_, log_.sink()), "");
    ASSERT_TRUE(opened) << opened.error().message;
    transport_ = std::move(*opened);
    plugin_ = ScriptedTransport::current;
  }

  QueueExecutor executor_;
  LogRecorder log_;
  RecordedEvents events_;
  std::unique_ptr<Transport> transport_;
  ScriptedTransport* plugin_ = nullptr;
};

TEST_F(TransportAdapter, PassesEventsOfBothEndsOn) {
  const auto listening = transport_->listen({"127.0.0.1:0", 1000}, events_);
  ASSERT_TRUE(listening);
  EXPECT_EQ(listening->port, 4711);
  EXPECT_EQ(listening->scheme, "wss");
  RecordedEvents client;
  ASSERT_EQ(transport_->connect({"ws://x", 1000, std::chrono::seconds(3)}, client).value(), 7U);
  EXPECT_EQ(plugin_->listener->max_message, 1000U);
  EXPECT_EQ(plugin_->connected->timeout, std::chrono::seconds(3));
  std::string bytes = "hello";
  plugin_->in_turn = [&] {
    plugin_->listener->events.opened(9, {"10.0.0.1", std::string(5000, 'f'), {}});
    plugin_->connected->events.opened(7, {});
    plugin_->listener->events.message(9, std::as_writable_bytes(std::span(bytes)));
    plugin_->listener->events.drained(9);
    plugin_->connected->events.closed(7, 1001, "away", ", come back");
  };
  transport_->turn(std::chrono::milliseconds(2));
  EXPECT_EQ(plugin_->waited, 2000U);
  EXPECT_EQ(events_.text, "opened 9 10.0.0.1 fffff\nmessage 9 hello\ndrained 9\n");
  EXPECT_EQ(events_.longest, 1024U) << "text of the other end is bounded";
  EXPECT_EQ(bytes, "xxxxx") << "a message is the engine's to overwrite, not a copy";
  EXPECT_EQ(client.text, "opened 7  \nclosed 7 1001 away, come back\n");
}

TEST_F(TransportAdapter, HandsAMessageOverWithoutACopy) {
  Bytes message = to_bytes(as_bytes("a message that is longer than any small buffer"));
  const std::byte* const place = message.data();
  EXPECT_EQ(transport_->send(7, std::move(message)), 146U);
  EXPECT_EQ(plugin_->sent.bytes().data(), place);
  EXPECT_EQ(sdk::text_of(plugin_->sent.bytes()), "a message that is longer than any small buffer");
}

TEST_F(TransportAdapter, PassesCallsOnChannels) {
  transport_->pause(3);
  EXPECT_EQ(plugin_->last, "pause 3");
  transport_->resume(3);
  EXPECT_EQ(plugin_->last, "resume 3");
  transport_->close(3, 1008, "why");
  EXPECT_EQ(plugin_->last, "close 3 1008 why");
  transport_->wake();
  EXPECT_EQ(plugin_->last, "wake");
}

TEST_F(TransportAdapter, AnswersPlainRequests) {
  ASSERT_TRUE(transport_->listen({"127.0.0.1:0", 1000}, events_));
  sdk::HttpResponse response;
  plugin_->in_turn = [&] { response = plugin_->listener->request("GET", "/health?x"); };
  transport_->turn({});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_EQ(sdk::text_of(response.body.bytes()), "GET /health?x");
}

TEST_F(TransportAdapter, MapsRefusals) {
  const auto busy = transport_->listen({"busy:1", 1000}, events_);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::kInUse);
  EXPECT_THAT(busy.error().message, HasSubstr("in use"));
  const auto scheme = transport_->connect({"http://x", 1000, {}}, events_);
  ASSERT_FALSE(scheme);
  EXPECT_EQ(scheme.error().code, ErrorCode::kUsage);
}

TEST_F(TransportAdapter, RefusesAListenerWithoutAScheme) {
  const auto nowhere = transport_->listen({"nowhere:1", 1000}, events_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ErrorCode::kPlugin);
}

TEST_F(TransportAdapter, PassesAReloadAndWhatIsWrongWithIt) {
  EXPECT_TRUE(transport_->reload());
  EXPECT_EQ(plugin_->last, "reload");
  plugin_->last = "broken";
  const auto broken = transport_->reload();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(broken.error().message, HasSubstr("cert.pem holds no certificate"));
  EXPECT_EQ(broken.error().hint, "give it one");
}

TEST_F(TransportAdapter, CarriesAnExceptionOfTheEngineAroundThePlugin) {
  ASSERT_TRUE(transport_->listen({"127.0.0.1:0", 1000}, events_));
  std::string bytes = "throw";
  bool went_on = false;
  plugin_->in_turn = [&] {
    plugin_->listener->events.message(1, std::as_writable_bytes(std::span(bytes)));
    plugin_->listener->events.drained(1);
    went_on = true;
  };
  EXPECT_THROW(transport_->turn({}), std::logic_error);
  EXPECT_TRUE(went_on) << "the exception went through the plugin";
  EXPECT_EQ(events_.text, "message 1 throw\n") << "an engine that threw got another event";
}

TEST_F(TransportAdapter, ClosesAChannelWhoseMessageThePluginLost) {
  EXPECT_EQ(transport_->send(13, to_bytes(as_bytes("x"))), 0U);
  EXPECT_EQ(plugin_->last, "close 13 1011 internal error");
  EXPECT_THAT(log_.text(), HasSubstr("send went wrong"));
}

TEST_F(TransportAdapter, SurvivesATurnThatThrows) {
  plugin_->in_turn = [] { throw std::runtime_error("turn went wrong"); };
  transport_->turn({});
  EXPECT_THAT(log_.text(), HasSubstr("turn went wrong"));
}

}  // namespace
}  // namespace agentroom::host
