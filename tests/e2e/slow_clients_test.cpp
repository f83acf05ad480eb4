// Connections that never finish what they begin: they cost the relay a little memory for a little while, no thread, and
// nobody else waits for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "certificates/authority.hpp"
#include "plain_client.hpp"
#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr std::size_t kClients = 300;
/// What one of them may take of the relay's memory; a connection that was upgraded has a WebSocket and a handshake, one
/// that shakes hands for TLS the buffers of OpenSSL.
constexpr long kMostKib = 16;
constexpr long kMostKibOfTls = 64;
constexpr bool kMemoryIsPlain = MEMORY_IS_PLAIN;  // a sanitizer needs several times as much

constexpr const char* kConfig = R"([relay.limits]
connections_per_address = 1000
handshake_timeout = "2s"
handshake_burst = 1000
handshakes_per_minute = 1000
failures_per_minute = 1000

[transport.ws]
request_timeout = "2s"
)";

long of_status(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    long value = 0;
    if (word == field + ":" && status >> value) return value;
  }
  return -1;
}

struct Kind {
  const char* name;
  std::string first;  ///< sent at once
  std::string drip;   ///< then byte by byte; empty: silence
  bool tls = false;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}

class SlowClients : public testing::TestWithParam<Kind> {
 protected:
  std::vector<std::string> arguments(const Home& home) const {
    std::string config = kConfig;
    if (GetParam().tls) {
      authority.issue().write(home.desk());
      config += "cert_file = \"relay.pem\"\nkey_file = \"relay.key\"\n";
    }
    return {"--config", home.write("relay.toml", config).string()};
  }

  /// An agent that is served meanwhile.
  Ended serve_somebody(unsigned port) const {
    const Home alice;
    test::write_text(alice.desk() / "ca.pem", authority.certificate());
    alice.write("client.toml", "[transport.ws]\nca_file = \"ca.pem\"\n");
    const std::string url = std::string(GetParam().tls ? "wss" : "ws") + "://localhost:" + std::to_string(port) + "/ws";
    return alice.run({"--config", "client.toml", "--server", url, "--json", "invite", "create"});
  }

  test::Authority authority;
};

TEST_P(SlowClients, AreCutAndHoldUpNobody) {
  const Home host;
  const Relay relay(host, 0, arguments(host));
  const pid_t pid = relay.child->pid();
  ASSERT_EQ(serve_somebody(relay.port).code, 0);
  const long threads = of_status(pid, "Threads");
  const long before = of_status(pid, "VmRSS");

  std::vector<RawSocket> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(RawSocket::connect(static_cast<std::uint16_t>(relay.port)));
    clients.back().send(GetParam().first);
  }
  const auto served = serve_somebody(relay.port);
  EXPECT_EQ(served.code, 0) << served.out << served.err;
  EXPECT_EQ(of_status(pid, "Threads"), threads);
  if (kMemoryIsPlain) {
    EXPECT_LT(of_status(pid, "VmRSS") - before,
              static_cast<long>(kClients) * (GetParam().tls ? kMostKibOfTls : kMostKib));
  }

  std::size_t dripped = 0;
  EXPECT_TRUE(comes_true([&] {
    bool all = true;
    for (RawSocket& client : clients) {
      const bool ended = client.ended();
      all = all && ended;
      if (!ended && dripped < GetParam().drip.size()) client.send(GetParam().drip.substr(dripped, 1));
    }
    ++dripped;
    return all;
  })) << "some of them are still there";
  EXPECT_EQ(serve_somebody(relay.port).code, 0);
  if (!GetParam().tls) {
    EXPECT_EQ(metric(relay.port, "agentroom_relay_connections"), 0);
    const bool upgraded = GetParam().first.find("Upgrade") != std::string::npos;
    EXPECT_EQ(metric(relay.port, "agentroom_relay_handshake_failures_total{reason=\"timeout\"}"),
              upgraded ? static_cast<double>(kClients) : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, SlowClients,
    testing::Values(Kind{"Silence", "", ""}, Kind{"DrippedHttp", "GET /ws HTTP/1.1\r\n", std::string(5'000, 'x')},
                    Kind{"HalfARequest", "GET /health HTTP/1.1\r\nHost: x", ""},
                    Kind{"AWebSocketWithoutHello", upgrade_request(), ""},
                    Kind{"AWebSocketWithHalfAFrame", upgrade_request() + "\x82\xff", ""},
                    Kind{"TlsSilence", "", "", true},
                    Kind{"HalfATlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "", true},
                    Kind{"DrippedTlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
                         std::string(400, 'x'), true}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace agentroom::e2e
