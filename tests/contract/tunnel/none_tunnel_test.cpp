// The tunnel that is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tunnel_under_test.hpp"

namespace agentroom::conformance {
namespace {

using testing::HasSubstr;

class TunnelNone : public testing::Test {
 protected:
  std::string url(const std::string& config, const std::string& address) {
    TunnelUnderTest tunnel(plugin_, config, {address});
    EXPECT_TRUE(
        tunnel.events().wait_until([](const TunnelStory& it) { return !it.empty() && it.back().kind == "ready"; }));
    return tunnel.events().story().back().text;
  }

  PluginUnderTest plugin_{TUNNEL_NONE_LIBRARY};
};

TEST_F(TunnelNone, TellsTheRelaysOwnAddress) {
  EXPECT_EQ(url({}, "192.0.2.1:8787"), "ws://192.0.2.1:8787/ws");
  EXPECT_EQ(url({}, "[2001:db8::1]:8787"), "ws://[2001:db8::1]:8787/ws");
}

TEST_F(TunnelNone, TellsNoAddressThatStandsForAllOfThem) {
  for (const char* address : {"0.0.0.0:8787", "[::]:8787", "[0:0::0]:8787"}) {
    Error error;
    EXPECT_EQ(TunnelUnderTest::refusal(plugin_, {}, {address}, &error), AR_INVALID);
    EXPECT_THAT(error.message, HasSubstr(address));
    EXPECT_THAT(error.hint, HasSubstr("public_url"));
    EXPECT_EQ(url("public_url = \"wss://relay.example.org/ws\"", address), "wss://relay.example.org/ws");
  }
}

}  // namespace
}  // namespace agentroom::conformance
