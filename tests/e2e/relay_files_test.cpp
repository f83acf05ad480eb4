// A relay that may open few files: it says so, waits without spinning, and goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "plain_client.hpp"
#include "room.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

class FewFiles : public testing::Test {
 protected:
  explicit FewFiles(const std::string& limit = "ulimit -n 64") {
    const std::string config = host.write("relay.toml", "[relay.limits]\nconnections_per_address = 1000\n").string();
    relay = std::make_unique<Child>("/bin/sh",
                                    std::vector<std::string>{"-c", limit + " && exec \"$0\" \"$@\"", AGENTROOM_BINARY,
                                                             "--config", config, "relay", "--json", "--port", "0"},
                                    host.environment, host.desk() / "stderr", host.desk());
    const auto listening = await(*relay, "listening");
    if (const auto* found = listening.if_contains("port")) port = found->to_number<unsigned>();
  }

  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

  Home host;
  std::unique_ptr<Child> relay;
  unsigned port = 0;
};

TEST_F(FewFiles, AreToldAtTheStartWithTheWayToHaveMore) {
  EXPECT_THAT(relay->errors(), HasSubstr("this process may open 64 files, and 10000 connections need 11152"));
  EXPECT_THAT(relay->errors(), HasSubstr("ulimit -n 11152"));
}

TEST_F(FewFiles, AreToldWhenTheyRunOutAndTheRelayGoesOnOnceThereAreSome) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<RawSocket> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(RawSocket::connect(static_cast<std::uint16_t>(port)));
  EXPECT_TRUE(
      comes_true([&] { return relay->errors().find("cannot accept connections for now") != std::string::npos; }));
  EXPECT_THAT(relay->errors(), HasSubstr("as many files open as it may"));

  clients.clear();
  const double failures = metric(port, "agentroom_plugin_ws_accept_failures_total{plugin=\"transport-ws\"}");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(failures, 1);
  EXPECT_LE(failures, took.count() * 10 + 1) << "tried again ten times a second, not more";
  EXPECT_EQ(count(relay->errors(), "cannot accept"), 1U + static_cast<std::size_t>(took.count() / 10));
  const Home alice;
  const auto served =
      alice.run({"--server", "ws://127.0.0.1:" + std::to_string(port) + "/ws", "--json", "invite", "create"});
  EXPECT_EQ(served.code, 0) << served.out << served.err;
}

struct SoftLimit : FewFiles {
  SoftLimit() : FewFiles("ulimit -S -n 64") {}
};

TEST_F(SoftLimit, IsRaisedByTheRelayItself) {
  EXPECT_EQ(relay->errors().find("may open 64"), std::string::npos) << relay->errors();
  EXPECT_GT(metric(port, "agentroom_relay_file_limit"), 64);
}

}  // namespace
}  // namespace agentroom::e2e
