// What a relay logs while strangers try to fill its disk or to act on whoever reads it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <sstream>
#include <vector>

#include "plain_client.hpp"
#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr int kRefused = 300;

std::vector<boost::json::object> lines_of(const Child& relay) {
  std::vector<boost::json::object> lines;
  std::istringstream text(relay.errors());
  for (std::string line; std::getline(text, line);) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    if (error || !value.is_object()) {
      ADD_FAILURE() << "no JSON object: " << line;
      continue;
    }
    lines.push_back(value.as_object());
  }
  return lines;
}

TEST(RelayLog, OfAFloodOfRefusalsIsShortAndTellsHowManyItLeftOut) {
  const Home host;
  const std::string config = host.write("relay.toml",
                                        "[relay]\ntrust_proxy = [\"127.0.0.1\"]\n"
                                        "[relay.limits]\nhandshake_burst = 10\n"
                                        "[log]\nlevel = \"info\"\nformat = \"json\"\n")
                                 .string();
  Relay relay(host, 0, {"--config", config});
  const std::vector<std::string> headers{
      "",
      "X-Forwarded-For: 203.0.113.9\r\n",
      "X-Forwarded-For: \xff\xe2\x80\xae{\"level\":\"error\"}, 203.0.113.9\r\n",
      "X-Forwarded-For: " + std::string(6'000, ',') + "203.0.113.9\r\n",
      "X-Forwarded-For: " + std::string(6'000, '7') + "\r\n",
      "X-Forwarded-For: \x1b[2J\r\n",
      "CF-Connecting-IP: 203.0.113.9%eth0\\n\r\n",
  };
  std::vector<RawSocket> clients;
  for (int i = 0; i < kRefused; ++i) {
    clients.push_back(RawSocket::connect(static_cast<std::uint16_t>(relay.port)));
    clients.back().send(upgrade_request(headers[static_cast<std::size_t>(i) % headers.size()]));
    if (i % 20 == 19) {
      EXPECT_TRUE(comes_true([&] { return !clients.back().receive().empty(); }));
    }
  }
  const double hits = metric(relay.port, "agentroom_relay_limit_hits_total{limit=\"handshakes_per_minute\"}");
  EXPECT_GT(hits, 150);
  clients.clear();
  relay.child->signal(SIGTERM);
  EXPECT_EQ(relay.child->wait(), 0);

  const auto lines = lines_of(*relay.child);
  std::size_t refusals = 0;
  std::int64_t left_out = 0;
  for (const auto& line : lines) {
    for (const char* member : {"ts", "level", "component", "message"}) EXPECT_TRUE(line.contains(member)) << member;
    const std::string message = text(line, "message");
    EXPECT_EQ(message.find_first_of("\x1b\r\n"), std::string::npos) << message;
    EXPECT_LT(message.size(), 300U);
    if (line.contains("address")) {
      ++refusals;
      const std::string address = text(line, "address");
      EXPECT_TRUE(address == "127.0.0.1" || address == "203.0.113.9") << address;
    }
    if (line.contains("count")) left_out = std::stoll(text(line, "count"));
  }
  EXPECT_EQ(refusals, 60U);
  EXPECT_GE(left_out, static_cast<std::int64_t>(hits) - 60);
}

TEST(RelayLog, NamesAgentsByTheBeginningOfTheirKeysAndHoldsNoSecret) {
  Home host;
  host.environment["HMAC_SECRET"] = "a secret of the relay, long enough to be one";
  const Relay relay(host, 0, {"--log-level", "debug", "--log-format", "json"});
  const Home alice;
  const auto created = alice.run({"--server", relay.url(), "--json", "invite", "create"});
  ASSERT_EQ(created.code, 0) << created.out << created.err;
  const std::string key = text(alice.run({"whoami", "--json"}).json(), "pk");
  EXPECT_TRUE(comes_true([&] { return relay.child->errors().find("disconnected") != std::string::npos; }));
  const std::string log = relay.child->errors();
  EXPECT_THAT(log, testing::HasSubstr("\"agent\":\"" + key.substr(0, 8)));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr(key)));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("a secret of the relay")));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr(text(created.json(), "url").substr(30, 40))));
  lines_of(*relay.child);
}

}  // namespace
}  // namespace agentroom::e2e
