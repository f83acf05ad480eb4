// A relay with a certificate of a private authority, and the people who trust it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "certificates/authority.hpp"
#include "room.hpp"

namespace agentroom::e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const Home* home : {&alice, &bob}) trust(*home, authority);
  }

  static void trust(const Home& home, const test::Authority& trusted) {
    test::write_text(home.desk() / "ca.pem", trusted.certificate());
    home.write("client.toml", "[transport.ws]\nca_file = \"ca.pem\"\n");
  }

  /// Starts the relay with a certificate, on the port that it had before.
  void serve(const test::Issued& issued) {
    issued.write(host.desk());
    const auto config =
        host.write("relay.toml", "[transport.ws]\ncert_file = \"relay.pem\"\nkey_file = \"relay.key\"\n");
    relay.reset();
    relay.emplace(host, port, std::vector<std::string>{"--config", config.string()});
    port = relay->port;
  }
  void serve() { serve(authority.issue()); }

  std::string url(const std::string& name = "localhost", const std::string& scheme = "wss") const {
    return scheme + "://" + name + ":" + std::to_string(port) + "/ws";
  }

  std::vector<std::string> with_relay(const std::vector<std::string>& arguments, const std::string& server) const {
    std::vector<std::string> all{"--config", "client.toml", "--server", server, "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  Ended run(const Home& home, const std::vector<std::string>& arguments) const {
    return home.run(with_relay(arguments, url()));
  }

  /// Bob accepts an invite of Alice.
  void meet() {
    const auto invite = run(alice, {"invite", "create"});
    ASSERT_EQ(invite.code, 0) << invite.out << invite.err;
    const auto accepted =
        bob.run({"--config", "client.toml", "invite", "accept", text(invite.json(), "url"), "--wait", "0", "--json"});
    ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    alice_pk = text(accepted.json(), "peer_pk");
  }

  /// What `invite create` says when it cannot reach the relay at `server`.
  static std::string refusal(const Ended& ended) {
    EXPECT_EQ(ended.code, 3) << ended.out << ended.err;
    EXPECT_EQ(std::ranges::count(ended.out, '\n'), 1) << ended.out;
    auto json = ended.json();
    EXPECT_EQ(text(json, "code"), "network");
    EXPECT_NE(text(json, "hint"), "");
    return text(json, "error");
  }

  test::Authority authority;
  Home host;
  Home alice;
  Home bob;
  unsigned port = 0;
  std::optional<Relay> relay;
  std::string alice_pk;
};

TEST_F(TlsTest, AConversationOverWss) {
  serve();
  meet();
  const auto sent = run(bob, {"send", alice_pk, "hello over TLS"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_EQ(text(sent.json(), "status"), "queued");

  auto listener = alice.start(with_relay({"listen"}, url()));
  EXPECT_EQ(text(await(*listener, "message"), "text"), "hello over TLS");
  const auto next = run(bob, {"send", alice_pk, "and again"});
  EXPECT_EQ(text(next.json(), "status"), "delivered");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "and again");
  listener->signal(SIGTERM);
  EXPECT_EQ(listener->wait(), 0) << listener->errors();

  relay->child->signal(SIGTERM);
  EXPECT_EQ(relay->child->wait(), 0) << relay->child->errors();
}

TEST_F(TlsTest, TheRelayPrintsTheUrlThatReachesIt) {
  authority.issue().write(host.desk());
  host.write("relay.toml", "[transport.ws]\ncert_file = \"relay.pem\"\nkey_file = \"relay.key\"\n");
  auto child = host.start({"--config", "relay.toml", "relay", "--json", "--port", "0"});
  const auto listening = await(*child, "listening");
  port = listening.at("port").to_number<unsigned>();
  EXPECT_EQ(text(listening, "local_url"), url());
  const auto ready = run(alice, {"setup"});
  EXPECT_EQ(ready.code, 0) << ready.out << ready.err;
  EXPECT_TRUE(ready.json()["ready"].as_bool());
}

TEST_F(TlsTest, AWrongNameIsRefusedInOneLine) {
  serve(authority.issue({.names = {"DNS:relay.example", "IP:192.0.2.1"}}));
  EXPECT_EQ(refusal(run(alice, {"invite", "create"})),
            "cannot reach " + url() + ": the certificate is for relay.example, 192.0.2.1, not for localhost");
}

TEST_F(TlsTest, APersonReadsOneLineAndAHint) {
  serve(authority.issue({.names = {"DNS:relay.example"}}));
  const auto refused = alice.run({"--config", "client.toml", "--server", url(), "invite", "create"});
  EXPECT_EQ(refused.code, 3);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("error: cannot reach " + url() +
                                     ": the certificate is for relay.example, not for localhost\n"));
  EXPECT_LE(std::ranges::count(refused.err, '\n'), 2) << refused.err;
}

TEST_F(TlsTest, AnExpiredCertificateIsRefusedWithTheDate) {
  serve(authority.issue({.from = -48h, .until = -1h}));
  EXPECT_THAT(refusal(run(alice, {"invite", "create"})),
              MatchesRegex("cannot reach .*: the certificate of localhost expired on 20..-..-.. ..:.. UTC"));
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  serve(test::Authority("Stranger").issue());
  EXPECT_EQ(refusal(run(alice, {"invite", "create"})),
            "cannot reach " + url() + ": the certificate of localhost is signed by an authority that is not trusted");
}

TEST_F(TlsTest, APrivateAuthorityIsNotTrustedByItself) {
  serve();
  const auto refused = alice.run({"--server", url(), "--json", "invite", "create"});
  EXPECT_THAT(refusal(refused), HasSubstr("is signed by an authority that is not trusted"));
  EXPECT_THAT(text(refused.json(), "hint"), HasSubstr("ca_file"));
}

TEST_F(TlsTest, EveryCommandThatConnectsTellsIt) {
  serve();
  meet();
  const auto invite = text(run(alice, {"invite", "create"}).json(), "url");
  serve(authority.issue({.names = {"DNS:relay.example"}}));
  constexpr const char* kWhy = "the certificate is for relay.example, not for localhost";

  EXPECT_THAT(refusal(run(bob, {"invite", "accept", invite})), EndsWith(kWhy));
  const auto sent = run(bob, {"send", alice_pk, "kept until then"});
  EXPECT_EQ(sent.code, 3) << sent.out << sent.err;
  EXPECT_THAT(sent.out + sent.err, HasSubstr(kWhy));
  const auto setup = run(alice, {"setup"});
  EXPECT_EQ(setup.code, 1);
  EXPECT_THAT(text(setup.json(), "error"), EndsWith(kWhy));
}

TEST_F(TlsTest, AUrlOfTheWrongKindIsTold) {
  serve();
  EXPECT_THAT(refusal(alice.run(with_relay({"invite", "create"}, url("localhost", "ws")))),
              EndsWith("the server speaks TLS, which this URL does not ask for"));
  Home other;
  const Relay plain(other);
  port = plain.port;
  EXPECT_THAT(refusal(alice.run(with_relay({"invite", "create"}, url("127.0.0.1")))),
              EndsWith("127.0.0.1 answers, but does not speak TLS there"));
}

TEST_F(TlsTest, AHangupBringsTheNewCertificateAndCutsNobody) {
  serve();
  meet();
  auto served = alice.start(with_relay({"listen"}, url()));
  await(*served, "listening");

  const test::Authority next("Next Authority");
  next.issue().write(host.desk());
  relay->child->signal(SIGHUP);
  await(*relay->child, "reloaded");
  EXPECT_THAT(refusal(run(bob, {"invite", "create"})), HasSubstr("an authority that is not trusted"));
  trust(bob, next);
  const auto sent = run(bob, {"send", alice_pk, "over the new certificate"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_EQ(text(sent.json(), "status"), "delivered") << "Alice is on the connection that she had";
  EXPECT_EQ(text(await(*served, "message"), "text"), "over the new certificate");
}

TEST_F(TlsTest, AHangupWithABrokenCertificateKeepsTheOldOne) {
  serve();
  test::write_text(host.desk() / "relay.pem", "nothing");
  relay->child->signal(SIGHUP);
  const auto error = await(*relay->child, "reload_error");
  EXPECT_THAT(text(error, "error"), AllOf(HasSubstr("relay.pem"), HasSubstr("holds no certificate")));
  meet();
  authority.issue().write(host.desk());
  relay->child->signal(SIGHUP);
  await(*relay->child, "reloaded");
  EXPECT_EQ(run(alice, {"invite", "create"}).code, 0);
}

TEST_F(TlsTest, AHangupEndsWhatDoesNotListen) {
  serve();
  auto listener = alice.start(with_relay({"listen"}, url()));
  await(*listener, "listening");
  listener->signal(SIGHUP);
  EXPECT_EQ(listener->wait(), 0) << listener->errors();
}

TEST_F(TlsTest, ARelayDoesNotStartWithAKeyThatOthersCanRead) {
  authority.issue().write(host.desk());
  ::chmod((host.desk() / "relay.key").c_str(), 0644);
  host.write("relay.toml", "[transport.ws]\ncert_file = \"relay.pem\"\nkey_file = \"relay.key\"\n");
  const auto refused = host.run({"--config", "relay.toml", "relay", "--json", "--port", "0"});
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_EQ(text(refused.json(), "code"), "permission");
  EXPECT_EQ(text(refused.json(), "hint"), "run: chmod 600 " + (host.desk() / "relay.key").string());
}

TEST_F(TlsTest, ARelayDoesNotStartWithoutItsCertificate) {
  host.write("relay.toml", "[transport.ws]\ncert_file = \"relay.pem\"\nkey_file = \"relay.key\"\n");
  const auto refused = host.run({"--config", "relay.toml", "relay", "--json", "--port", "0"});
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_THAT(
      text(refused.json(), "error"),
      AllOf(HasSubstr("cert_file"), HasSubstr((host.desk() / "relay.pem").string()), HasSubstr("No such file")));
}

TEST_F(TlsTest, ACertificateWithoutAKeyIsWrongConfiguration) {
  host.write("relay.toml", "[transport.ws]\ncert_file = \"relay.pem\"\n");
  const auto refused = host.run({"--config", "relay.toml", "relay", "--json", "--port", "0"});
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_THAT(text(refused.json(), "error"), HasSubstr("cert_file without key_file"));
}

}  // namespace
}  // namespace agentroom::e2e
