// What goes wrong for a user: each mistake has its message, its exit code and a hint, loses nothing and shows no
// secret.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/base64url.hpp"
#include "room.hpp"

namespace agentroom::e2e {
namespace {

constexpr std::string_view kPrefix = "agentroom://invite/";

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void expect_error(const Ended& ended, int code, const std::string& name, const std::string& words) {
  EXPECT_EQ(ended.code, code) << ended.out << ended.err;
  const auto object = ended.json();
  EXPECT_EQ(object.contains("ok") && object.at("ok").is_bool() && !object.at("ok").as_bool(), true) << ended.out;
  EXPECT_EQ(text(object, "code"), name) << ended.out;
  EXPECT_NE(text(object, "error").find(words), std::string::npos) << ended.out;
  EXPECT_TRUE(object.contains("hint"));
}

/// Answers every connection with the same bytes, then closes it or stays silent.
class Impostor {
 public:
  explicit Impostor(std::string answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        char request[4096];
        if (::recv(client, request, sizeof request, 0) > 0)
          ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
        ::close(client);
      }
    });
  }
  ~Impostor() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ws"; }

 private:
  std::string answer_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::thread thread_;
};

class MistakesTest : public testing::Test {
 protected:
  /// An inviter whose invite is open while nobody serves.
  std::string make_invite(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"invite", "create", "--server", relay.url(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return text(alice.run(arguments).json(), "url");
  }

  Home host;
  Home alice;
  Home bob;
  Relay relay{host};
};

TEST_F(MistakesTest, AnInviteThatIsDamagedAnywhereIsRefused) {
  const std::string invite = make_invite();
  ASSERT_GT(invite.size(), kPrefix.size());
  const std::string json(as_text(*from_base64url(invite.substr(kPrefix.size()))));
  const auto encode = [](const std::string& text) { return std::string(kPrefix) + base64url(as_bytes(text)); };
  const auto changed = [&](const std::string& what, const std::string& with) {
    std::string other = json;
    const auto at = other.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return encode(other.replace(at, what.size(), with));
  };
  const std::vector<std::string> damaged{"",
                                         "hello",
                                         "https://example.org/",
                                         std::string(kPrefix),
                                         "AGENTROOM" + invite.substr(9),
                                         invite.substr(0, invite.size() / 2),
                                         invite.substr(0, invite.size() - 1),
                                         invite + "A",
                                         invite + "=",
                                         " " + invite,
                                         encode("{}"),
                                         encode("[]"),
                                         encode(json + " x"),
                                         encode(std::string("\xef\xbb\xbf") + json),
                                         changed("127.0.0.1", "127.0.0.2"),
                                         changed("\"v\":3", "\"v\":4"),
                                         changed("\"v\":3", "\"v\":\"3\""),
                                         changed("\"expires_at\":1", "\"expires_at\":2"),
                                         changed("\"expires_at\":", "\"expires_at\":1,\"expires_at\":")};
  for (const std::string& url : damaged) {
    const auto ended = bob.run({"invite", "accept", "--json", "--", url});
    EXPECT_NE(ended.code, 0) << url;
    EXPECT_TRUE(ended.json().contains("error")) << url;
    if (url.size() > 100) {
      EXPECT_EQ((ended.out + ended.err).find(url.substr(40, 60)), std::string::npos) << "no part of an invite is shown";
    }
  }
  EXPECT_EQ(bob.run({"invite", "accept", invite, "--wait", "0", "--json"}).code, 0) << "the true one is still good";
}

TEST_F(MistakesTest, AnInviteCanBeTooOldRevokedOrOnesOwn) {
  const std::string own = make_invite();
  expect_error(alice.run({"invite", "accept", own, "--json"}), 2, "usage", "made by this identity");

  const auto created = alice.run({"invite", "create", "--server", relay.url(), "--json"}).json();
  EXPECT_EQ(alice.run({"invite", "revoke", text(created, "invite_id"), "--server", relay.url(), "--json"}).code, 0);
  expect_error(bob.run({"invite", "accept", text(created, "url"), "--json"}), 1, "invite_revoked", "invite revoked");

  const auto brief = alice.run({"invite", "create", "--server", relay.url(), "--ttl", "300ms", "--json"}).json();
  while (unix_ms() <= brief.at("expires_at").to_number<std::int64_t>()) std::this_thread::yield();
  expect_error(bob.run({"invite", "accept", text(brief, "url"), "--json"}), 1, "invite_expired", "invite expired");
  expect_error(alice.run({"invite", "create", "--server", relay.url(), "--ttl", "8d", "--json"}), 2, "usage", "");
}

TEST_F(MistakesTest, APeerWithoutASessionIsExitFour) {
  expect_error(bob.run({"send", "nobody", "hello", "--server", relay.url(), "--json"}), 4, "no_session",
               "no session with nobody");
}

TEST_F(MistakesTest, ARelayThatIsDownLeavesTheMessagePending) {
  const auto accepted = bob.run({"invite", "accept", make_invite(), "--wait", "0", "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const std::string peer = text(accepted.json(), "peer_pk");
  relay.child->signal(SIGTERM);
  EXPECT_EQ(relay.child->wait(), 0);

  const auto sent = bob.run({"send", peer, "patience", "--json"});
  EXPECT_EQ(sent.code, 3) << sent.out << sent.err;
  EXPECT_EQ(text(sent.json(), "status"), "pending");
  EXPECT_EQ(bob.run({"invite", "create", "--server", relay.url(), "--json"}).code, 3);

  Relay again(host, relay.port);
  EXPECT_EQ(text(bob.run({"send", peer, "more", "--json"}).json(), "status"), "queued");
  auto listener = alice.start({"listen", "--server", again.url(), "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), "patience");
  EXPECT_EQ(text(await(*listener, "message"), "text"), "more");
}

TEST_F(MistakesTest, WhatIsNoRelayIsToldSo) {
  for (const char* answer : {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "",
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"}) {
    const Impostor impostor(answer);
    const auto ended = bob.run({"invite", "create", "--server", impostor.url(), "--json"});
    EXPECT_EQ(ended.code, 3) << answer << ended.out << ended.err;
    EXPECT_FALSE(text(ended.json(), "error").empty());
  }
}

TEST_F(MistakesTest, ARelayWithAnotherIdentityIsRefusedUntilItIsTrusted) {
  const auto accepted = bob.run({"invite", "accept", make_invite(), "--wait", "0", "--json"});
  ASSERT_EQ(accepted.code, 0);
  const std::string peer = text(accepted.json(), "peer_pk");
  relay.child->signal(SIGTERM);
  relay.child->wait();
  Home elsewhere;
  Relay other(elsewhere, relay.port);

  const auto refused = bob.run({"send", peer, "hello", "--json"});
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_NE(refused.out.find("relay identity changed"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("--trust-relay"), std::string::npos) << refused.out;
  expect_error(bob.run({"invite", "create", "--server", other.url(), "--json"}), 1, "relay_identity_changed",
               "relay identity changed");
  EXPECT_EQ(bob.run({"invite", "create", "--server", other.url(), "--trust-relay", "--json"}).code, 0);
  EXPECT_EQ(bob.run({"invite", "create", "--server", other.url(), "--json"}).code, 0) << "the pin has moved";
}

TEST_F(MistakesTest, TextsAtAndBeyondTheEdges) {
  const auto accepted = bob.run({"invite", "accept", make_invite(), "--wait", "0", "--json"});
  ASSERT_EQ(accepted.code, 0);
  const std::string peer = text(accepted.json(), "peer_pk");
  const std::string largest(131'072, 'x');
  const std::string hostile =
      "\x1b]0;pwned\x07 \x1b[2J \xe2\x80\xae"
      "abc\x01\r\n";
  EXPECT_EQ(bob.run({"send", peer, "", "--json"}).code, 0);
  EXPECT_EQ(bob.run({"send", peer, "-", "--json"}, largest).code, 0);
  expect_error(bob.run({"send", peer, "-", "--json"}, largest + "y"), 1, "too_large", "");
  expect_error(bob.run({"send", peer, "-", "--json"}, "caf\xe9"), 1, "invalid", "UTF-8");
  EXPECT_EQ(bob.run({"send", peer, hostile, "--json"}).code, 0);

  auto listener = alice.start({"listen", "--server", relay.url(), "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), "");
  EXPECT_EQ(text(await(*listener, "message"), "text"), largest);
  EXPECT_EQ(text(await(*listener, "message"), "text"), hostile);
  listener->signal(SIGTERM);
  listener->wait();

  EXPECT_EQ(bob.run({"send", peer, hostile, "--json"}).code, 0);
  auto human = alice.start({"listen", "--server", relay.url()});
  std::string seen;
  while (seen.find("pwned") == std::string::npos) {
    const auto line = human->read_line();
    ASSERT_TRUE(line) << human->errors();
    seen += *line + "\n";
  }
  EXPECT_EQ(seen.find('\x1b'), std::string::npos) << "no escape of a peer reaches a terminal";
  EXPECT_EQ(seen.find('\x07'), std::string::npos);
  EXPECT_EQ(seen.find("\xe2\x80\xae"), std::string::npos);
}

TEST_F(MistakesTest, APluginThatIsMissingForeignOrBrokenIsNamedWithWhereItWasSought) {
  const auto missing =
      bob.run({"--config", bob.write("m.toml", "[store]\nplugin = \"nosuch\"\n").string(), "peers", "--json"});
  EXPECT_NE(missing.code, 0);
  EXPECT_NE(text(missing.json(), "error").find("nosuch"), std::string::npos) << missing.out;

  const auto folder = bob.desk() / "plugins";
  fs::create_directory(folder);
  bob.write("plugins/store-broken.so", "this is not a library");
  bob.write("plugins/store-broken.toml",
            "id = \"store-broken\"\nkind = \"store\"\nabi = \"1.0\"\nversion = \"1\"\nlibrary = \"store-broken.so\"\n"
            "description = \"broken\"\n");
  const auto config = bob.write("b.toml", "[plugins]\npath = [\"plugins\"]\n[store]\nplugin = \"broken\"\n");
  const auto broken = bob.run({"--config", config.string(), "invite", "create", "--server", relay.url(), "--json"});
  EXPECT_NE(broken.code, 0);
  EXPECT_NE(text(broken.json(), "error").find("store-broken"), std::string::npos) << broken.out;
}

TEST_F(MistakesTest, AHomeInUseAPortInUseAndWideModesAreTold) {
  auto listener = alice.start({"listen", "--server", relay.url(), "--json"});
  await(*listener, "listening");
  expect_error(alice.run({"serve", "--on-message", "cat", "--server", relay.url(), "--json"}), 1, "home_in_use",
               "home is in use by pid " + std::to_string(listener->pid()));

  Home second;
  const auto taken = second.run({"relay", "--port", std::to_string(relay.port), "--json"});
  EXPECT_EQ(taken.code, 1) << taken.out << taken.err;
  EXPECT_NE(text(taken.json(), "error").find(std::to_string(relay.port)), std::string::npos) << taken.out;

  EXPECT_EQ(bob.run({"setup", "--no-probe", "--json"}).code, 0);
  ::chmod((bob.path() / "identity.json").c_str(), 0644);
  const auto wide = bob.run({"whoami", "--json"});
  EXPECT_EQ(wide.code, 1) << wide.out;
  EXPECT_NE(wide.out.find("chmod 600"), std::string::npos) << wide.out;
}

TEST_F(MistakesTest, ACorruptStoreIsNamedAndLeftAsItIs) {
  EXPECT_EQ(bob.run({"invite", "create", "--server", relay.url(), "--json"}).code, 0);
  fs::remove(bob.path() / "store.db-wal");
  const std::string garbage(8192, 'g');
  {
    std::ofstream(bob.path() / "store.db", std::ios::binary) << garbage;
  }
  const auto ended = bob.run({"invite", "create", "--server", relay.url(), "--json"});
  EXPECT_EQ(ended.code, 1) << ended.out << ended.err;
  EXPECT_EQ(text(ended.json(), "code"), "corrupt");
  EXPECT_NE(text(ended.json(), "error").find("store.db"), std::string::npos) << ended.out;
  std::ifstream file(bob.path() / "store.db", std::ios::binary);
  const std::string left((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(left, garbage);
}

}  // namespace
}  // namespace agentroom::e2e
