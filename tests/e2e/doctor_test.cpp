// agentroom doctor: green where all is well, and a name for what is broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <fstream>

#include "certificates/authority.hpp"
#include "open_room.hpp"
#include "plain_client.hpp"

namespace agentroom::e2e {
namespace {

using testing::HasSubstr;

class Doctor : public testing::Test {
 protected:
  Ended examine(const std::vector<std::string>& more = {"--room", "--no-tunnel"},
                const std::vector<std::string>& globals = {}) const {
    std::vector<std::string> arguments = globals;
    arguments.insert(arguments.end(), {"doctor", "--json"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return home.run(arguments);
  }

  static boost::json::object step(const Ended& ended, const std::string& name) {
    const auto result = ended.json();
    if (const auto* steps = result.if_contains("steps")) {
      for (const auto& each : steps->as_array()) {
        if (text(each.as_object(), "step") == name) return each.as_object();
      }
    }
    ADD_FAILURE() << "no step " << name << " in " << ended.out << ended.err;
    return {};
  }

  /// That step is the first that fails, with that code and a hint; the command has that exit code.
  static void expect_broken(const Ended& ended, const std::string& name, const std::string& code, int exit) {
    EXPECT_EQ(ended.code, exit) << ended.out << ended.err;
    const auto broken = step(ended, name);
    EXPECT_EQ(text(broken, "status"), "failed") << ended.out;
    EXPECT_EQ(text(broken, "code"), code) << ended.out;
    EXPECT_FALSE(text(broken, "hint").empty()) << ended.out;
    EXPECT_EQ(text(ended.json(), "code"), code);
    EXPECT_FALSE(ended.json().at("ok").as_bool());
  }

  void set_up() const { ASSERT_EQ(home.run({"setup", "--no-probe"}).code, 0); }

  /// Nobody listens there.
  std::string free_port() const {
    const Relay gone(home);
    return std::to_string(gone.port);
  }
  /// A configuration with a public URL that leads to that port of this machine, where the relay is to listen.
  std::string fixed_url(const std::string& port) const {
    return home
        .write("agentroom.toml", "[tunnel]\nplugin = \"none\"\n[tunnel.none]\npublic_url = \"ws://127.0.0.1:" + port +
                                     "/ws\"\n[relay]\nlisten = \"127.0.0.1:" + port + "\"\n")
        .string();
  }
  /// tls.toml has a relay with that certificate, and its authority.
  void certify(const test::CertificateOrder& order) const {
    const test::Authority authority;
    authority.issue(order).write(home.desk());
    test::write_text(home.desk() / "ca.pem", authority.certificate());
    home.write("tls.toml",
               "[transport.ws]\ncert_file = \"relay.pem\"\nkey_file = \"relay.key\"\nca_file = \"ca.pem\"\n");
  }
  /// A stranger who wants to publish an invite at the relay on that port.
  Ended peer_invite(unsigned port) const {
    return stranger.run({"invite", "create", "--server", "ws://127.0.0.1:" + std::to_string(port) + "/ws", "--json"});
  }

  Home home;
  Home stranger;
};

TEST_F(Doctor, IsGreenOnAHomeThatIsNotThereYetAndMakesNone) {
  const auto found = examine();
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_TRUE(found.json().at("ok").as_bool());
  EXPECT_EQ(text(step(found, "home"), "status"), "skipped");
  EXPECT_EQ(text(step(found, "plugins"), "status"), "ok");
  EXPECT_EQ(text(step(found, "echo"), "status"), "ok");
  EXPECT_EQ(text(step(found, "tunnel"), "status"), "skipped");
  EXPECT_TRUE(step(found, "echo").contains("ms"));
  EXPECT_FALSE(fs::exists(home.path()));
}

TEST_F(Doctor, IsGreenOnAHomeInUseAndChangesNothing) {
  set_up();
  Home peer;
  {
    OpenRoom room(home, "", {"--no-tunnel"});
    const auto accepted = peer.run({"invite", "accept", room.invite(), "--json"});
    EXPECT_EQ(accepted.code, 0);
    EXPECT_THAT(text(step(examine(), "store"), "detail"), HasSubstr("in use by pid"));
    room.child().signal(SIGTERM);
    EXPECT_EQ(room.child().wait(), 0);
  }
  const std::string before = home.run({"store", "check", "--json"}).out;
  const auto found = examine({"--room", "--no-tunnel", "--on-message", "tr a-z A-Z"});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(text(step(found, "store"), "detail"), HasSubstr("sound"));
  EXPECT_THAT(text(step(found, "echo"), "detail"), HasSubstr("handler exec"));
  EXPECT_EQ(home.run({"store", "check", "--json"}).out, before);
}

TEST_F(Doctor, GoesThroughTheRealTunnel) {
  StandIn standin(home);
  const auto config = home.write("agentroom.toml", StandIn::toml());
  const auto found = examine({"--room"}, {"--config", config.string()});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(text(step(found, "tunnel"), "detail"), HasSubstr("ws://127.0.0.1:"));
  EXPECT_EQ(text(step(found, "echo"), "status"), "ok");
  EXPECT_FALSE(standin.started().empty());
  EXPECT_TRUE(standin.all_end());
}

TEST_F(Doctor, AnswersStrangersNoMoreThanARoomDoes) {
  const auto url = home.desk() / "url";
  const auto config = home.write("agentroom.toml",
                                 "[tunnel]\nplugin = \"exec\"\n[tunnel.exec]\ncommand = 'echo \"it is "
                                 "$AGENTROOM_LOCAL_URL\" | tee " +
                                     url.string() + "; exec sleep 1000'\nurl_pattern = 'it is (.*)'\n");
  // The handler is asked when the tunnel is up, and answers when the test has looked.
  auto doctor = home.start({"--config", config.string(), "doctor", "--room", "--json", "--on-message",
                            "cat >/dev/null; touch asked; until test -e seen; do sleep 0.02; done; echo yes"});
  ASSERT_TRUE(comes_true([&] { return fs::exists(home.desk() / "asked"); })) << doctor->errors();
  std::string line;
  std::getline(std::ifstream(url) >> std::ws, line);
  const auto port = static_cast<unsigned>(std::stoul(line.substr(line.rfind(':') + 1)));
  EXPECT_THAT(get(port, "/health"), HasSubstr(" 200 "));
  EXPECT_THAT(get(port, "/metrics"), HasSubstr(" 404 "));
  const auto published = peer_invite(port);
  EXPECT_NE(published.code, 0) << published.out;
  EXPECT_THAT(text(published.json(), "error"), HasSubstr("publish"));
  std::ofstream(home.desk() / "seen") << "";
  EXPECT_EQ(doctor->wait(), 0) << doctor->read_all() << doctor->errors();
}

TEST_F(Doctor, ListensWhereAFixedUrlLeads) {
  const std::string port = free_port();
  const auto found = examine({"--room"}, {"--config", fixed_url(port)});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(text(step(found, "listen"), "detail"), HasSubstr(":" + port + "/ws"));
  EXPECT_THAT(text(step(found, "tunnel"), "detail"), HasSubstr("ws://127.0.0.1:" + port + "/ws answers"));
  EXPECT_EQ(text(step(found, "echo"), "status"), "ok");
}

TEST_F(Doctor, TakesTheRelayOfTheHomeForTheEndOfAFixedUrl) {
  const Relay running(home);
  const auto found = examine({"--room"}, {"--config", fixed_url(std::to_string(running.port))});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(text(step(found, "tunnel"), "detail"), HasSubstr("the relay of this home, which runs"));
  EXPECT_THAT(text(step(found, "echo"), "detail"), HasSubstr("not through the tunnel"));
}

TEST_F(Doctor, NamesAFixedUrlThatLeadsToSomebodyElse) {
  Home other;
  const Relay running(other);
  const auto found = examine({"--room"}, {"--config", fixed_url(std::to_string(running.port))});
  expect_broken(found, "tunnel", "relay_identity_changed", 1);
  EXPECT_THAT(text(step(found, "tunnel"), "hint"), HasSubstr("at 127.0.0.1:" + std::to_string(running.port)));
}

TEST_F(Doctor, SaysOfAFixedUrlThatNobodyAnswersWhereItHasToLead) {
  const std::string port = free_port();
  const auto config = home.write("agentroom.toml",
                                 "[tunnel]\nplugin = \"none\"\n[tunnel.none]\npublic_url = "
                                 "\"ws://127.0.0.1:1/ws\"\n[relay]\nlisten = \"127.0.0.1:" +
                                     port + "\"\n");
  const auto found = examine({}, {"--config", config.string()});
  expect_broken(found, "tunnel", "network", 3);
  EXPECT_THAT(text(step(found, "tunnel"), "hint"), HasSubstr("has to lead to the relay of this home"));
}

TEST_F(Doctor, IsGreenBehindACertificateForThisMachine) {
  certify({.names = {"DNS:localhost"}});
  const auto found = examine({"--room", "--no-tunnel"}, {"--config", "tls.toml"});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(text(step(found, "listen"), "detail"), HasSubstr("wss://localhost:"));
}

TEST_F(Doctor, NamesACertificateForAnotherNameAtOnce) {
  certify({.names = {"DNS:relay.example"}});
  const auto found = examine({"--room", "--no-tunnel"}, {"--config", "tls.toml"});
  expect_broken(found, "listen", "network", 3);
  EXPECT_THAT(text(step(found, "listen"), "detail"), HasSubstr("relay.example"));
  EXPECT_THAT(text(step(found, "listen"), "hint"), HasSubstr("localhost"));
  EXPECT_LT(step(found, "listen").at("ms").to_number<std::int64_t>(), 10'000);
}

TEST_F(Doctor, NamesABrokenIdentity) {
  set_up();
  const auto identity = home.path() / "identity.json";
  fs::permissions(identity, fs::perms::owner_all);
  std::ofstream(identity) << "{";
  fs::permissions(identity, fs::perms::owner_read | fs::perms::owner_write);
  expect_broken(examine(), "identity", "corrupt", 1);
}

TEST_F(Doctor, NamesAnIdentityThatIsOpenToOthers) {
  set_up();
  ASSERT_EQ(::chmod((home.path() / "identity.json").c_str(), 0644), 0);
  expect_broken(examine(), "identity", "permission", 1);
}

TEST_F(Doctor, NamesAHomeThatIsOpenToOthers) {
  set_up();
  ASSERT_EQ(::chmod(home.path().c_str(), 0755), 0);
  expect_broken(examine(), "home", "permission", 1);
}

TEST_F(Doctor, NamesAPluginThatIsMissing) {
  const auto config = home.write("agentroom.toml", "[store]\nplugin = \"nosuch\"\n");
  expect_broken(examine({"--room", "--no-tunnel"}, {"--config", config.string()}), "plugins", "config", 2);
}

TEST_F(Doctor, NamesWrongConfiguration) {
  const auto config = home.write("agentroom.toml", "[relay]\nlisten = 5\n");
  expect_broken(examine({}, {"--config", config.string()}), "config", "config", 2);
}

TEST_F(Doctor, NamesADamagedStore) {
  set_up();
  Home peer;
  {
    OpenRoom room(home, "", {"--no-tunnel"});
    room.invite();
    room.child().signal(SIGTERM);
    EXPECT_EQ(room.child().wait(), 0);
  }
  fs::resize_file(home.path() / "store.db", 5000);
  expect_broken(examine(), "store", "corrupt", 1);
}

TEST_F(Doctor, NamesAServerThatDoesNotAnswer) {
  unsigned port = 0;
  {
    const Relay gone(home);
    port = gone.port;
  }
  const auto found = examine({"--no-tunnel"}, {"--server", "ws://127.0.0.1:" + std::to_string(port) + "/ws"});
  expect_broken(found, "relay", "network", 3);
}

TEST_F(Doctor, NamesAHandlerThatFails) {
  const auto found = examine({"--room", "--no-tunnel", "--on-message", "echo 'no model' >&2; exit 3"});
  expect_broken(found, "echo", "handler", 1);
  EXPECT_THAT(text(step(found, "echo"), "detail"), HasSubstr("no model"));
}

TEST_F(Doctor, NamesATunnelThatCannotOpen) {
  const auto config =
      home.write("agentroom.toml",
                 "[tunnel]\nplugin = \"exec\"\n[tunnel.exec]\ncommand = [\"/no/such/program\"]\nurl_pattern = 'x'\n");
  const auto found = examine({}, {"--config", config.string()});
  EXPECT_EQ(found.code, 1) << found.out;
  const auto broken = step(found, "tunnel");
  EXPECT_EQ(text(broken, "status"), "failed");
  EXPECT_FALSE(text(broken, "hint").empty());
  EXPECT_THAT(text(broken, "detail"), HasSubstr("/no/such/program"));
}

TEST_F(Doctor, TellsPeopleALineAStep) {
  const auto found = home.run({"doctor", "--room", "--no-tunnel"});
  EXPECT_EQ(found.code, 0) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("skipped  home"));
  EXPECT_THAT(found.out, HasSubstr("ok       echo"));
  EXPECT_THAT(found.err, HasSubstr("All of it works"));
}

}  // namespace
}  // namespace agentroom::e2e
