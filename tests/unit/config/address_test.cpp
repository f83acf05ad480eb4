#include "config/address.hpp"

#include <gtest/gtest.h>

namespace agentroom::config {
namespace {

TEST(IpAddress, IsNumericAndNothingElse) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::7", "::ffff:192.0.2.1"}) EXPECT_TRUE(is_ip_address(text));
  for (const char* text : {"", "localhost", "127.0.0.1:80", "[::1]", " ::1"}) EXPECT_FALSE(is_ip_address(text));
  EXPECT_FALSE(is_ip_address(std::string("127.0.0.1\0 and more", 18)));
}

TEST(ListenAddress, HasNothingBehindItsHost) {
  EXPECT_TRUE(parse_listen_address("[::1]:0"));
  EXPECT_FALSE(parse_listen_address(std::string("[::1\0x]:0", 9)));
}

}  // namespace
}  // namespace agentroom::config
