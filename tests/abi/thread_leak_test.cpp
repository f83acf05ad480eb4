// Every thread of an instance has ended when its close returns. A specimen that breaks this shows that it would be
// seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t count_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

/// A thread that was joined is listed a moment longer: the kernel wakes the joiner first.
bool threads_go_down_to(std::ptrdiff_t expected, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (count_threads() > expected) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class Threads : public testing::Test {
 protected:
  /// A sanitizer's runtime has a thread of its own from the first one on.
  static void SetUpTestSuite() {
    const std::ptrdiff_t before = count_threads();
    std::thread([] {}).join();
    threads_go_down_to(before, 100ms);
  }

  class Events final : public TunnelEvents {
    void on_step(const TunnelProgress& /*step*/) override {}
    void on_address(const TunnelAddress& /*address*/) override {}
    void on_lost(const std::string& /*reason*/) override {}
  };

  TemporaryFolder folder_;
  QueueExecutor executor_;
  LogRecorder log_;
  host::PluginHost host_{{PLUGIN_FOLDER, ZOO_FOLDER}, executor_, log_.sink()};
  const std::ptrdiff_t before_ = count_threads();
};

TEST_F(Threads, LeftBehindByAPluginAreSeen) {
  auto store = host_.open_store("leaks-thread", "", folder_ / "store");
  ASSERT_TRUE(store) << store.error().message;
  store->reset();
  EXPECT_FALSE(threads_go_down_to(before_, 100ms));
}

TEST_F(Threads, OfTheMemoryStoreEndWithIt) {
  auto store = host_.open_store("memory", "", folder_ / "store");
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_GT(count_threads(), before_);
  store->reset();
  EXPECT_TRUE(threads_go_down_to(before_, kPatience));
}

TEST_F(Threads, OfTheFixedTunnelEndWithIt) {
  auto tunnel = host_.open_tunnel("none", "public_url = \"wss://example.org/ws\"");
  ASSERT_TRUE(tunnel) << tunnel.error().message;
  Events events;
  const auto opened = (*tunnel)->open({"127.0.0.1:1", "/health"}, events);
  ASSERT_TRUE(opened) << opened.error().message;
  (*tunnel)->close();
  EXPECT_TRUE(threads_go_down_to(before_, kPatience));
}

TEST_F(Threads, AreNotStartedByTheLoopbackTransportAndTheEchoHandler) {
  const auto transport = host_.open_transport("loopback", "");
  const auto handler = host_.open_handler("echo", "");
  ASSERT_TRUE(transport && handler);
  EXPECT_EQ(count_threads(), before_);
}

}  // namespace
}  // namespace agentroom::test
