#include "relay/admission.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

struct Door {
  explicit Door(RelayLimits relay_limits = {}) : limits(relay_limits) {}
  std::optional<Refusal> open(const char* address) { return admission.open(key(address), now); }
  static std::optional<IpAddress> key(const char* address) { return limit_key(*parse_address(address)); }

  Duration now{};
  RelayLimits limits;
  Sequence random{1};
  KeyedHash hash{random};
  Admission admission{limits, hash};
};

TEST(Admission, RefusesMoreConnectionsThanTheRelayMayHold) {
  Door door({.connections = 2});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_FALSE(door.open("192.0.2.2"));
  EXPECT_TRUE(door.open("192.0.2.3"));
  door.admission.close(Door::key("192.0.2.1"), false);
  EXPECT_FALSE(door.open("192.0.2.3"));
}

TEST(Admission, RefusesTooManyThatHaveNotAuthenticated) {
  Door door({.unauthenticated = 2});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_FALSE(door.open("192.0.2.2"));
  EXPECT_TRUE(door.open("192.0.2.3"));
  door.admission.authenticated();
  EXPECT_FALSE(door.open("192.0.2.3"));
}

TEST(Admission, CountsConnectionsByAddress) {
  Door door({.connections_per_address = 1});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_EQ(door.open("192.0.2.1")->close_code, 1008);
  EXPECT_FALSE(door.open("192.0.2.2"));
  door.admission.close(Door::key("192.0.2.1"), false);
  EXPECT_FALSE(door.open("192.0.2.1"));
}

TEST(Admission, SlowsHandshakesOfOneAddress) {
  Door door({.handshakes_per_minute = 60, .handshake_burst = 2});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_EQ(door.open("192.0.2.1")->close_code, 1008);
  EXPECT_FALSE(door.open("192.0.2.2"));
  door.now += 1s;
  EXPECT_FALSE(door.open("192.0.2.1"));
}

TEST(Admission, RefusesAnAddressThatFailedTooOften) {
  Door door({.failures_per_minute = 2});
  door.admission.failed(Door::key("192.0.2.1"), door.now);
  EXPECT_FALSE(door.open("192.0.2.1"));
  door.admission.failed(Door::key("192.0.2.1"), door.now);
  EXPECT_EQ(door.open("192.0.2.1")->close_code, 1008);
  door.now += 31s;
  EXPECT_FALSE(door.open("192.0.2.1"));
}

TEST(Admission, AppliesNoLimitByAddressWhereThereIsNone) {
  Door door({.connections_per_address = 1});
  EXPECT_FALSE(door.admission.open(std::nullopt, door.now));
  EXPECT_FALSE(door.admission.open(std::nullopt, door.now));
}

TEST(Admission, KeepsABoundedNumberOfAddresses) {
  Door door({.connections = 1'000'000, .unauthenticated = 1'000'000});
  const auto in_use = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  for (std::uint32_t i = 0; i < 150'000; ++i) {
    IpAddress address = *parse_address("10.0.0.0");
    for (std::size_t byte = 0; byte < 4; ++byte) {
      address.mutable_view()[12 + byte] = static_cast<std::byte>(i >> (8 * (3 - byte)));
    }
    if (!door.admission.open(address, door.now)) door.admission.close(address, false);
  }
  EXPECT_LE(door.admission.addresses(), 65'536U);
  EXPECT_LE(in_use(), before + (24U << 20));
}

TEST(Admission, ForgetsAddressesAtRestBeforeThoseThatAreLimited) {
  Door door({.connections = 1'000'000, .unauthenticated = 1'000'000, .failures_per_minute = 1});
  door.admission.failed(Door::key("192.0.2.1"), door.now);
  for (std::uint32_t i = 0; i < 70'000; ++i) {
    IpAddress address = *parse_address("10.0.0.0");
    std::memcpy(address.data() + 12, &i, 4);
    door.now += 1ms;
    if (!door.admission.open(address, door.now)) door.admission.close(address, false);
    if (i % 1'000 == 0) door.admission.failed(Door::key("192.0.2.1"), door.now);
  }
  EXPECT_TRUE(door.open("192.0.2.1"));
}

TEST(Admission, LetsAnAddressMakeSoManyInvitesAnHour) {
  Door door({.invites_per_hour = 2});
  const auto here = Door::key("192.0.2.1");
  EXPECT_TRUE(door.admission.publish(here, door.now));
  EXPECT_TRUE(door.admission.publish(here, door.now));
  EXPECT_FALSE(door.admission.publish(here, door.now));
  EXPECT_TRUE(door.admission.publish(Door::key("192.0.2.2"), door.now));
  EXPECT_TRUE(door.admission.publish(std::nullopt, door.now));
  door.now += 29min;
  EXPECT_FALSE(door.admission.publish(here, door.now));
  door.now += 1min;
  EXPECT_TRUE(door.admission.publish(here, door.now));
  EXPECT_FALSE(door.admission.publish(here, door.now));
}

TEST(Admission, GivesAnIpv6SiteFourTimesWhatOneOfItsNetworksHas) {
  Door door({.connections_per_address = 1, .failures_per_minute = 2, .invites_per_hour = 1});
  const auto network = [](int number) { return "2001:db8:7:" + std::to_string(number) + "::1"; };
  for (int i = 1; i <= 4; ++i) EXPECT_FALSE(door.open(network(i).c_str())) << i;
  EXPECT_EQ(door.open(network(5).c_str())->limit, RelayLimit::kConnectionsPerAddress);
  EXPECT_FALSE(door.open("2001:db8:8:1::1"));
  door.admission.close(Door::key(network(1).c_str()), false);
  EXPECT_FALSE(door.open(network(5).c_str()));

  for (int i = 1; i <= 4; ++i) EXPECT_TRUE(door.admission.publish(Door::key(network(i).c_str()), door.now));
  EXPECT_FALSE(door.admission.publish(Door::key(network(5).c_str()), door.now));

  for (int i = 1; i <= 8; ++i)
    door.admission.failed(Door::key(("2001:db8:9:" + std::to_string(i) + "::1").c_str()), door.now);
  EXPECT_EQ(door.open("2001:db8:9:99::1")->limit, RelayLimit::kFailuresPerMinute);
}

TEST(Admission, SaysWhenAConnectionThatHasNotAuthenticatedCouldMakeRoom) {
  Door door({.connections = 2, .connections_per_address = 1, .unauthenticated = 1});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_FALSE(door.open("192.0.2.1")->crowded) << "room for others is none for it";
  EXPECT_TRUE(door.open("192.0.2.2")->crowded);
}

TEST(Admission, NamesTheLimitThatStandsAgainstAConnection) {
  Door door({.connections = 3, .connections_per_address = 1, .unauthenticated = 2, .handshake_burst = 1});
  EXPECT_FALSE(door.open("192.0.2.1"));
  EXPECT_EQ(door.open("192.0.2.1")->limit, RelayLimit::kConnectionsPerAddress);
  door.admission.close(Door::key("192.0.2.1"), false);
  EXPECT_EQ(door.open("192.0.2.1")->limit, RelayLimit::kHandshakesPerMinute);
  EXPECT_FALSE(door.open("192.0.2.2"));
  EXPECT_FALSE(door.open("192.0.2.3"));
  EXPECT_EQ(door.open("192.0.2.4")->limit, RelayLimit::kUnauthenticated);
  door.admission.authenticated();
  EXPECT_FALSE(door.open("192.0.2.4"));
  EXPECT_EQ(door.open("192.0.2.5")->limit, RelayLimit::kConnections);
}

}  // namespace
}  // namespace agentroom::relay::test
