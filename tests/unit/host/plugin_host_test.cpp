#include "host/plugin_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

class NeverCancelled final : public CancelFlag {
 public:
  bool cancelled() const override { return false; }
  int descriptor() const override { return -1; }
};

class ReadyUrl final : public TunnelEvents {
 public:
  void on_step(const TunnelProgress& /*step*/) override {}
  void on_address(const TunnelAddress& address) override {
    const std::scoped_lock lock(mutex_);
    url_ = address.url;
    changed_.notify_all();
  }
  void on_lost(const std::string& /*reason*/) override {}

  std::string wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, test::kPatience, [this] { return !url_.empty(); });
    return url_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string url_;
};

class ShippedPlugins : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  test::QueueExecutor executor_;
  test::LogRecorder log_;
  PluginHost host_{{PLUGIN_FOLDER}, executor_, log_.sink()};
};

TEST_F(ShippedPlugins, AreFoundAndLoadable) {
  const Discovery found = host_.discover();
  std::vector<std::string> ids;
  for (const FoundPlugin& plugin : found.plugins) ids.push_back(plugin.manifest.id);
  for (const std::string id : {"store-memory", "transport-loopback", "tunnel-none", "handler-echo"}) {
    ASSERT_THAT(ids, Contains(id));
    const auto manifest = read_manifest(std::filesystem::path(PLUGIN_FOLDER) / (id + ".toml"));
    ASSERT_TRUE(manifest);
    const auto loaded = host_.check_loadable(*manifest);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->version, manifest->version);
    EXPECT_EQ(loaded->abi_major, 1);
  }
  EXPECT_EQ(log_.text(), "");
}

TEST_F(ShippedPlugins, OpenByShortNameFullIdAndPath) {
  EXPECT_TRUE(host_.open_store("memory", "", folder_ / "store"));
  EXPECT_TRUE(host_.open_store("store-memory", "", folder_ / "store"));
  EXPECT_TRUE(host_.open_store(std::string(PLUGIN_FOLDER) + "/store-memory.so", "", folder_ / "store"));
  EXPECT_EQ(host_.find(PluginKind::kStore, "memory").value().id, "store-memory");
}

TEST_F(ShippedPlugins, RefuseAConfigurationThatTheyCannotUse) {
  const auto size = host_.open_store("memory", "max_bytes = \"much\"", folder_ / "store");
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, ErrorCode::kConfig);
  EXPECT_THAT(size.error().message, AllOf(HasSubstr("store-memory"), HasSubstr("\"much\"")));
  EXPECT_FALSE(host_.open_handler("echo", "prefix = "));
}

TEST_F(ShippedPlugins, StoreOutlivesItsHost) {
  auto host = std::make_unique<PluginHost>(std::vector<std::filesystem::path>{PLUGIN_FOLDER}, executor_, log_.sink());
  auto store = host->open_store("memory", "", folder_ / "store");
  ASSERT_TRUE(store);
  host.reset();
  bool done = false;
  (*store)->commit({{StoreOp::Kind::kPut, to_bytes(as_bytes("k")), to_bytes(as_bytes("v"))}},
                   [&](const Result<void>& result) { done = result.has_value(); });
  EXPECT_TRUE(executor_.run_until([&] { return done; }));
  EXPECT_EQ((*store)->get(as_bytes("k")).value(), to_bytes(as_bytes("v")));
}

TEST_F(ShippedPlugins, EchoAnswersWithItsPrefix) {
  const auto handler = host_.open_handler("echo", "prefix = \"you said: \"");
  ASSERT_TRUE(handler) << handler.error().message;
  HandlerMessage message;
  message.text = "hello";
  EXPECT_EQ((*handler)->handle(message, NeverCancelled()).value(), "you said: hello");
  message.text = std::string(131'072, 'a');
  EXPECT_FALSE((*handler)->handle(message, NeverCancelled()));
  const auto plain = host_.open_handler("echo", "");
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain)->handle(message, NeverCancelled()).value(), message.text);
  message.text = "";
  EXPECT_EQ((*plain)->handle(message, NeverCancelled()).value(), std::nullopt);
}

TEST_F(ShippedPlugins, NoTunnelReportsTheUrlThatItWasGiven) {
  const auto tunnel = host_.open_tunnel("none", "public_url = \"wss://relay.example.org/ws\"");
  ASSERT_TRUE(tunnel);
  ReadyUrl events;
  ASSERT_TRUE((*tunnel)->open({"127.0.0.1:8787", "/health"}, events));
  EXPECT_EQ(events.wait(), "wss://relay.example.org/ws");

  const auto local = host_.open_tunnel("none", "");
  ReadyUrl local_events;
  ASSERT_TRUE((*local)->open({"127.0.0.1:8787", "/health"}, local_events));
  EXPECT_EQ(local_events.wait(), "ws://127.0.0.1:8787/ws");

  const auto tls = host_.open_tunnel("none", "");
  ReadyUrl tls_events;
  ASSERT_TRUE((*tls)->open({.local_address = "127.0.0.1:8787", .scheme = "wss"}, tls_events));
  EXPECT_EQ(tls_events.wait(), "wss://127.0.0.1:8787/ws");
}

TEST_F(ShippedPlugins, NoTunnelRefusesWhatIsNoUrl) {
  const auto tunnel = host_.open_tunnel("none", "public_url = \"http://relay.example.org\"");
  ASSERT_TRUE(tunnel);
  ReadyUrl events;
  const auto opened = (*tunnel)->open({"127.0.0.1:8787", "/health"}, events);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConfig);
}

TEST_F(ShippedPlugins, MayServeTwoHostsOfOneProcess) {
  PluginHost other({PLUGIN_FOLDER}, executor_, log_.sink());
  EXPECT_TRUE(host_.open_store("memory", "", folder_ / "a"));
  EXPECT_TRUE(other.open_store("memory", "", folder_ / "b"));
}

}  // namespace
}  // namespace agentroom::host
