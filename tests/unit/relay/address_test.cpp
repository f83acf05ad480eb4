#include "relay/address.hpp"

#include <gtest/gtest.h>

namespace agentroom::relay {
namespace {

PeerInfo peer(std::string address, std::string forwarded = {}, std::string cloudflare = {}) {
  return {std::move(address), std::move(forwarded), std::move(cloudflare)};
}

TEST(Address, OfOneIpv6NetworkCountTogether) {
  EXPECT_EQ(limit_key(*parse_address("2001:db8:1:2:3:4:5:6")), limit_key(*parse_address("2001:db8:1:2::1")));
  EXPECT_NE(limit_key(*parse_address("2001:db8:1:2::1")), limit_key(*parse_address("2001:db8:1:3::1")));
}

TEST(Address, OfIpv4CountsAlone) {
  EXPECT_NE(limit_key(*parse_address("192.0.2.1")), limit_key(*parse_address("192.0.2.2")));
}

TEST(Address, OfIpv4InIpv6FormIsTheSame) {
  EXPECT_EQ(parse_address("192.0.2.1"), parse_address("::ffff:192.0.2.1"));
}

TEST(Address, ThatIsNoneIsRefused) {
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.4:80", "::g", " 1.2.3.4"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address(std::string(1000, '1')));
  EXPECT_FALSE(parse_address(std::string("1.2.3.4\0 and more", 16))) << "an address has nothing behind it";
}

TEST(Address, OfIpv6LiesInASiteThatIsNoAddressItself) {
  const auto site = [](const char* text) { return site_of(limit_key(*parse_address(text))); };
  EXPECT_EQ(site("2001:db8:1:2::1"), site("2001:db8:1:3::1"));
  EXPECT_NE(site("2001:db8:1:2::1"), site("2001:db8:2:2::1"));
  EXPECT_NE(site("2001:db8:1::1"), limit_key(*parse_address("2001:db8:1::1")));
  EXPECT_FALSE(site("192.0.2.1"));
}

TEST(TrustedProxies, AreTheOnlyOnesBelieved) {
  const TrustedProxies proxies({"127.0.0.1"});
  EXPECT_EQ(proxies.client(peer("198.51.100.1", "203.0.113.9", "203.0.113.8")).text, "198.51.100.1");
  EXPECT_EQ(proxies.client(peer("127.0.0.1", "203.0.113.9")).text, "203.0.113.9");
}

TEST(TrustedProxies, AppendTheAddressThatCounts) {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.1"});
  EXPECT_EQ(proxies.client(peer("127.0.0.1", "1.1.1.1, 203.0.113.9 , 10.0.0.1")).text, "203.0.113.9");
}

TEST(TrustedProxies, MayUseCloudflaresHeaderWhenTheOtherIsMissing) {
  const TrustedProxies proxies({"::1"});
  EXPECT_EQ(proxies.client(peer("::1", "", "2001:db8::7")).text, "2001:db8::7");
  EXPECT_EQ(proxies.client(peer("::1", "203.0.113.9", "2001:db8::7")).text, "203.0.113.9");
}

TEST(TrustedProxies, FallBackToTheirOwnAddressWhenTheHeaderIsUnreadable) {
  const TrustedProxies proxies({"127.0.0.1"});
  EXPECT_EQ(proxies.client(peer("127.0.0.1", "203.0.113.9, unknown")).text, "127.0.0.1");
  EXPECT_EQ(proxies.client(peer("127.0.0.1", "\x1b[31m", "x")).text, "127.0.0.1");
  EXPECT_EQ(proxies.client(peer("127.0.0.1", std::string("203.0.113.9\0\x1b[31m", 17))).text, "127.0.0.1");
}

TEST(TrustedProxies, LeaveASharedAddressWithoutAKey) {
  const TrustedProxies proxies({"127.0.0.1"}, {"127.0.0.1", "::1"});
  EXPECT_FALSE(proxies.client(peer("127.0.0.1")).key);
  EXPECT_FALSE(proxies.client(peer("::ffff:127.0.0.1")).key);
  EXPECT_FALSE(proxies.client(peer("::1", "203.0.113.9")).key) << "nobody believes what it reports";
  EXPECT_EQ(proxies.client(peer("127.0.0.1")).text, "127.0.0.1");
  EXPECT_TRUE(proxies.client(peer("127.0.0.1", "203.0.113.9")).key);
  EXPECT_TRUE(proxies.client(peer("127.0.0.2")).key);
}

TEST(TrustedProxies, LeaveAnAddresslessPeerWithoutAKey) {
  const TrustedProxies proxies({});
  EXPECT_FALSE(proxies.client(peer("")).key);
  EXPECT_EQ(proxies.client(peer("a\x1b[0m")).text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace agentroom::relay
