// Plugins that were built with the headers of version 1.0 go on working, and these headers stay what they were.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <array>
#include <iterator>
#include <map>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

namespace fs = std::filesystem;

class BuiltWith1_0 : public testing::Test {
 protected:
  TemporaryFolder folder_;
  QueueExecutor executor_;
  LogRecorder log_;
  host::PluginHost host_{{FROZEN_PLUGINS}, executor_, log_.sink()};
};

TEST_F(BuiltWith1_0, AStoreWorks) {
  auto store = host_.open_store("sound", "", folder_ / "store");
  ASSERT_TRUE(store) << store.error().message;
  const auto value = (*store)->get(as_bytes("key"));
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_FALSE(value->has_value());
  EXPECT_EQ((*store)->size().error().code, ErrorCode::kUsage);
}

TEST_F(BuiltWith1_0, AHandlerWorks) {
  class NeverCancelled final : public CancelFlag {
    bool cancelled() const override { return false; }
    int descriptor() const override { return -1; }
  };
  auto handler = host_.open_handler("in-c", "");
  ASSERT_TRUE(handler) << handler.error().message;
  HandlerMessage message;
  message.text = "hello";
  const auto outcome = (*handler)->handle(message, NeverCancelled());
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(*outcome, "HELLO");
}

TEST_F(BuiltWith1_0, ATransportWorks) {
  class Events final : public ChannelEvents {
   public:
    std::string seen;

   private:
    void on_opened(ChannelId /*channel*/, const PeerInfo& peer) override { seen += "opened " + peer.address + ". "; }
    void on_message(ChannelId /*channel*/, MutableByteView message) override {
      seen += "message " + std::string(reinterpret_cast<const char*>(message.data()), message.size()) + ". ";
    }
    void on_drained(ChannelId /*channel*/) override { seen += "drained. "; }
    void on_closed(ChannelId /*channel*/, const CloseInfo& why) override {
      seen += "closed " + std::to_string(why.code) + " " + why.reason + ". ";
    }
  };
  Events events;
  auto opened = host_.open_transport("in-c", "");
  ASSERT_TRUE(opened) << opened.error().message;
  Transport& transport = **opened;
  const auto channel = transport.connect({.url = "echo:"}, events);
  ASSERT_TRUE(channel) << channel.error().message;
  transport.turn(Duration::zero());
  EXPECT_EQ(transport.send(*channel, to_bytes(as_bytes("hello"))), 5U);
  transport.close(*channel, 1000, "enough");
  transport.turn(Duration::zero());
  EXPECT_EQ(events.seen, "opened 127.0.0.1. message hello. closed 1000 as you wish. ");
}

TEST_F(BuiltWith1_0, ATunnelWorks) {
  class Events final : public TunnelEvents {
   public:
    TunnelAddress address;

   private:
    void on_step(const TunnelProgress& /*step*/) override {}
    void on_address(const TunnelAddress& told) override { address = told; }
    void on_lost(const std::string& /*reason*/) override {}
  };
  Events events;
  auto tunnel = host_.open_tunnel("in-c", "");
  ASSERT_TRUE(tunnel) << tunnel.error().message;
  const auto opened = (*tunnel)->open({.local_address = "127.0.0.1:1"}, events);
  ASSERT_TRUE(opened) << opened.error().message;
  executor_.run();
  EXPECT_EQ(events.address.url, "ws://127.0.0.1:1/ws");
  EXPECT_EQ(events.address.https, "http://127.0.0.1:1");
  EXPECT_TRUE(events.address.reachable);
  (*tunnel)->close();
}

std::string sha256(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(content.data()), content.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  return sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
}

TEST(FrozenHeaders, Of1_0AreUnchanged) {
  const std::map<std::string, std::string> expected = {
      {"agentroom/abi/entry.h", "85535de0c44662a062df130e780d4af7039af6f4016eedddea91f11c2b47e1ba"},
      {"agentroom/abi/handler.h", "f58dd1a899e12082891a66c06f4fb7df511b328e3dbe196e48a1e5df3a7801b6"},
      {"agentroom/abi/host.h", "0526ff8e58d21e954106aeb94c3552fb3af058a14ac329255c9a392fbfbf034a"},
      {"agentroom/abi/store.h", "c1eb21128b5de2def77fbae76c1eecaa6e7c160bb2225ced3b426c6e5fbdc7e6"},
      {"agentroom/abi/transport.h", "8d5d3946691a45dd7dbe82157823a3237e2809e25ad895a3116ed0be256beedd"},
      {"agentroom/abi/tunnel.h", "62c514f9fb67b5f01d8a7c47a7017b549bcefeeca884a207a448e0ffae36de66"},
      {"agentroom/abi/types.h", "3ec0eaffa54f93bbf45d34deaf16ef07f1cdc956a458ee3bc47e20c22eec2a09"},
  };
  std::map<std::string, std::string> found;
  const fs::path folder(FROZEN_HEADERS);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) found[entry.path().lexically_relative(folder).string()] = sha256(entry.path());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace agentroom::test
