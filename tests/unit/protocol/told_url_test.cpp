// The URLs of a relay that a peer may tell (protocol section 5).
#include "protocol/told_url.hpp"

#include <gtest/gtest.h>

namespace agentroom::protocol {
namespace {

TEST(ToldUrl, IsARelaysPathWithoutAnythingOfThePeersChoice) {
  for (const char* good : {"wss://a.example/ws", "ws://10.0.0.7:8787/ws", "wss://[2001:db8::1]:8443/below/ws"}) {
    EXPECT_TRUE(is_told_url(good)) << good;
  }
  for (const char* bad : {"wss://a.example", "wss://a.example/", "wss://a.example/ws/", "wss://a.example/delete",
                          "ws://a.example/xws", "ws://a.example?/ws", "ws://a.example/ws?q=1", "ws://a.example/x?/ws",
                          "ws://a.example/ws#f", "ws://a.example#/ws", "ws://u@a.example/ws", "ws://u:p@a.example/ws",
                          "ws://a.example\\@b.example/ws", "http://a.example/ws", "/ws", ""}) {
    EXPECT_FALSE(is_told_url(bad)) << bad;
  }
}

TEST(ToldUrl, LeadsHereByEveryWayToWriteThisMachine) {
  for (const char* host : {"127.0.0.1",
                           "127.255.3.4",
                           "0.0.0.0",
                           "0.1.2.3",
                           "169.254.169.254",
                           "localhost",
                           "LocalHost",
                           "localhost.",
                           "a.localhost",
                           "127.0.0.1.",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "0x7f.0.0.1",
                           "0177.0.0.1",
                           "127.0.0.0x1",
                           "[::1]",
                           "[::]",
                           "[0:0:0:0:0:0:0:1]",
                           "[fe80::1]",
                           "[FE80::1]",
                           "[febf::1]",
                           "[fe80::1%25eth0]",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:169.254.1.1]",
                           "[::127.0.0.1]",
                           "%31%32%37.0.0.1",
                           "[",
                           "a%00b"}) {
    EXPECT_TRUE(leads_here("ws://" + std::string(host) + "/ws")) << host;
    EXPECT_TRUE(leads_here("wss://" + std::string(host) + ":8787/ws")) << host;
  }
  for (const char* host : {"relay.example.org", "10.0.0.7", "192.168.1.5", "128.0.0.1", "169.253.0.1", "[2001:db8::1]",
                           "[fd00::1]", "[fec0::1]", "[::ffff:10.0.0.7]", "localhost.example.org", "1.example",
                           "laptop", "my_nas.local", "xn--bcher-kva.example"}) {
    EXPECT_FALSE(leads_here("ws://" + std::string(host) + "/ws")) << host;
    EXPECT_FALSE(leads_here("wss://" + std::string(host) + ":8787/ws")) << host;
  }
}

}  // namespace
}  // namespace agentroom::protocol
