#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "agentroom/sdk/tunnel.hpp"
#include "fake_library.hpp"
#include "host/adapters.hpp"

namespace agentroom::host {
namespace {

using test::LogRecorder;
using test::QueueExecutor;
using testing::HasSubstr;

class ScriptedTunnel final : public sdk::Tunnel {
 public:
  static inline ScriptedTunnel* current = nullptr;

  static sdk::Result<std::unique_ptr<ScriptedTunnel>> open(sdk::Host, const sdk::TunnelOptions& options) {
    if (options.config == "refuse") return sdk::fail(AR_INVALID, "no token");
    auto tunnel = std::make_unique<ScriptedTunnel>(options.events);
    tunnel->asked = std::string(options.scheme) + ' ' + std::string(options.local_address) + ' ' +
                    std::string(options.health_path) + ' ' + std::string(options.folder);
    current = tunnel.get();
    return tunnel;
  }
  explicit ScriptedTunnel(const sdk::TunnelEvents& where) : events(where) {}
  ~ScriptedTunnel() override { current = nullptr; }

  sdk::TunnelEvents events;
  std::string asked;
};

class RecordedEvents final : public TunnelEvents {
 public:
  void on_step(const TunnelProgress& step) override {
    if (step.state == "throw") throw std::runtime_error("owner bug");
    text += "progress " + step.state + ' ' + step.detail + ' ' + std::to_string(step.bytes) + '/' +
            std::to_string(step.total) + '\n';
  }
  void on_address(const TunnelAddress& address) override {
    text += "ready " + address.url + ' ' + address.https + (address.reachable ? " reachable\n" : "\n");
  }
  void on_lost(const std::string& reason) override { text += "lost " + reason + '\n'; }
  void on_failed(const Error& why, bool given_up) override {
    text += "failed " + std::string(code_name(why.code)) + ' ' + why.message + (given_up ? " for good\n" : "\n");
  }
  std::string text;
};

class TunnelAdapter : public testing::Test {
 protected:
  std::unique_ptr<Tunnel> tunnel(std::string_view config) {
    return adapt_tunnel(test::fake_library<ScriptedTunnel>(executor_, log_.sink()), config).value();
  }
  QueueExecutor executor_;
  LogRecorder log_;
  RecordedEvents events_;
};

TEST_F(TunnelAdapter, PassesEventsOnEscaped) {
  const auto it = tunnel("");
  EXPECT_EQ(ScriptedTunnel::current, nullptr) << "the plugin was opened before it was asked for";
  ASSERT_TRUE(it->open({"127.0.0.1:80", "/health"}, events_));
  EXPECT_EQ(ScriptedTunnel::current->asked, "ws 127.0.0.1:80 /health ");
  ScriptedTunnel::current->events.progress({"downloading", "10 %\x1b", 10, 100});
  ScriptedTunnel::current->events.ready({"wss://a.example/ws", "https://a.example", true});
  ScriptedTunnel::current->events.lost("gone");
  ScriptedTunnel::current->events.failed(sdk::fail(AR_NETWORK, "no\x1b way"), true);
  EXPECT_EQ(events_.text,
            "progress downloading 10 %\\x1b 10/100\nready wss://a.example/ws https://a.example reachable\nlost gone\n"
            "failed network fake: no\\x1b way for good\n");
}

TEST_F(TunnelAdapter, PassesOnWhereTheRelayIsAndWhereFilesMayBeKept) {
  const auto it = tunnel("");
  const TunnelOptions options{
      .local_address = "[::]:443", .health_path = "/up", .scheme = "wss", .folder = "/home/a/bin"};
  ASSERT_TRUE(it->open(options, events_));
  EXPECT_EQ(ScriptedTunnel::current->asked, "wss [::]:443 /up /home/a/bin");
}

TEST_F(TunnelAdapter, DropsAUrlThatIsNone) {
  const auto it = tunnel("");
  ASSERT_TRUE(it->open({"127.0.0.1:80", "/health"}, events_));
  for (const std::string& url : {std::string(), std::string("wss://a\n"), std::string(3000, 'a')}) {
    ScriptedTunnel::current->events.ready({url, "https://a"});
    ScriptedTunnel::current->events.ready({"wss://a", url});
  }
  EXPECT_EQ(events_.text, "");
  EXPECT_THAT(log_.text(), HasSubstr("not printable"));
}

TEST_F(TunnelAdapter, StopsAnExceptionOfTheOwner) {
  const auto it = tunnel("");
  ASSERT_TRUE(it->open({"127.0.0.1:80", "/health"}, events_));
  ScriptedTunnel::current->events.progress({"throw", ""});
  EXPECT_THAT(log_.text(), HasSubstr("owner bug"));
}

TEST_F(TunnelAdapter, ClosesOnceAndMayBeOpenedAgain) {
  const auto it = tunnel("");
  ASSERT_TRUE(it->open({"127.0.0.1:80", "/health"}, events_));
  EXPECT_FALSE(it->open({"127.0.0.1:80", "/health"}, events_));
  it->close();
  EXPECT_EQ(ScriptedTunnel::current, nullptr);
  it->close();
  EXPECT_TRUE(it->open({"127.0.0.1:81", "/health"}, events_));
}

TEST_F(TunnelAdapter, TellsWhyItDidNotOpen) {
  const auto it = tunnel("refuse");
  const auto opened = it->open({"127.0.0.1:80", "/health"}, events_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConfig);
  EXPECT_EQ(opened.error().message, "fake: no token");
}

}  // namespace
}  // namespace agentroom::host
