// What the relay keeps, logs and carries, searched for what it must not hold.
#include <gtest/gtest.h>
#include <signal.h>

#include <sstream>

#include "base/base64url.hpp"
#include "base/uuid.hpp"
#include "crypto/invite_keys.hpp"
#include "crypto/primitives.hpp"
#include "room.hpp"
#include "wire_tap.hpp"

namespace agentroom::e2e {
namespace {

const std::string kPlain = "the-eagle-lands-at-midnight";

std::string all_files_below(const fs::path& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) all += contents(entry.path());
  }
  return all;
}

/// A value that must not be found, neither as raw bytes nor as base64url.
struct Forbidden {
  std::string what;
  std::string raw;
  std::string encoded;
};

Forbidden forbidden(const std::string& what, const std::string& encoded) {
  const auto raw = from_base64url(encoded);
  EXPECT_TRUE(raw) << what;
  return {what, raw ? std::string(as_text(*raw)) : std::string(), encoded};
}

void expect_absent(const std::string& haystack, const Forbidden& needle, const std::string& where) {
  EXPECT_EQ(haystack.find(needle.raw), std::string::npos) << needle.what << " (raw) is in " << where;
  EXPECT_EQ(haystack.find(needle.encoded), std::string::npos) << needle.what << " (base64url) is in " << where;
}

/// Every line is one object, and nothing that a terminal obeys is in it.
void expect_ndjson(const std::string& log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code error;
    const auto value = boost::json::parse(line, error);
    ASSERT_FALSE(error) << line;
    ASSERT_TRUE(value.is_object()) << line;
    for (const char* member : {"ts", "level", "component", "message"}) {
      EXPECT_TRUE(value.as_object().contains(member)) << line;
    }
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
  }
}

TEST(Secrets, TheRelayKeepsLogsAndCarriesNoneAndTheWireNamesNobody) {
  Home host;
  Home alice;
  Home bob;
  Relay relay(host, 0, {"--log-level", "debug", "--log-format", "json"});
  WireTap tap(relay.port);
  const std::string url = "ws://127.0.0.1:" + std::to_string(tap.port()) + "/ws";
  alice.write("a.toml", "server = \"" + url + "\"\n[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = \"cat\"\n");
  auto server = alice.start({"--config", (alice.desk() / "a.toml").string(), "serve", "--invite", "--json",
                             "--log-level", "debug", "--log-format", "json"});
  const std::string invite = text(await(*server, "invite"), "url");
  const auto accepted = bob.run({"invite", "accept", invite, "--json", "--log-level", "debug"});
  ASSERT_EQ(accepted.code, 0) << accepted.out << accepted.err;
  const std::string peer = text(accepted.json(), "peer_pk");
  const auto sent = bob.run({"send", peer, kPlain + " once", "--json", "--log-level", "debug"});
  ASSERT_EQ(sent.code, 0);
  await(*server, "replied");
  server->signal(SIGTERM);
  server->wait();
  // One message stays queued, so that the relay's store has something to hold.
  const auto queued = bob.run({"send", peer, kPlain + " twice", "--json", "--log-level", "debug"});
  ASSERT_EQ(text(queued.json(), "status"), "queued") << queued.out << queued.err;

  const auto blob =
      boost::json::parse(as_text(*from_base64url(invite.substr(std::string("agentroom://invite/").size())))).at("blob");
  std::vector<Forbidden> secrets{{"the plaintext", kPlain, base64url(as_bytes(kPlain))},
                                 forbidden("the invite's secret", std::string(blob.at("nonce").as_string()))};
  crypto::init();
  const auto nonce = from_base64url(std::string(blob.at("nonce").as_string()));
  const auto invite_id = uuid_from_text<InviteId>(std::string(blob.at("invite_id").as_string()));
  ASSERT_TRUE(nonce && invite_id);
  const auto token = crypto::derive_invite_token(*crypto::InviteNonce::from(*nonce), *invite_id);
  secrets.push_back(forbidden("the mailbox token", base64url(token.view())));
  std::vector<Forbidden> names;
  for (const Home* home : {&alice, &bob}) {
    const auto identity = boost::json::parse(contents(home->path() / "identity.json")).as_object();
    secrets.push_back(forbidden("ed25519_sk", text(identity, "ed25519_sk")));
    secrets.push_back(forbidden("x25519_sk", text(identity, "x25519_sk")));
    secrets.back().raw.resize(32);
    names.push_back(forbidden("ed25519_pk", text(identity, "ed25519_pk")));
    names.push_back(forbidden("x25519_pk", text(identity, "x25519_pk")));
  }

  const std::string kept = all_files_below(host.path());
  const std::string wire = tap.heard();
  const std::string relay_log =
      relay.child->errors() + relay.child->read_line(std::chrono::milliseconds(1)).value_or("");
  const std::string agents_log = server->errors() + accepted.err + sent.err + queued.err;
  ASSERT_GT(kept.size(), 1000U);
  ASSERT_GT(wire.size(), 1000U);
  for (const Forbidden& secret : secrets) {
    expect_absent(kept, secret, "the relay's files");
    expect_absent(wire, secret, "the wire");
    expect_absent(relay_log, secret, "the relay's log");
    expect_absent(agents_log, secret, "an agent's log");
  }
  expect_ndjson(relay_log);
  expect_ndjson(server->errors());
  for (const Forbidden& name : names) {
    expect_absent(wire, name, "the wire");
    expect_absent(kept, name, "the relay's files");
    expect_absent(relay_log, name, "the relay's log");
    expect_absent(agents_log, name, "an agent's log");
  }
  for (const char* file : {"store.db", "store.db-wal"}) {
    for (const Home* home : {&alice, &bob}) {
      const std::string store = contents(home->path() / file);
      for (const Forbidden& secret : secrets) expect_absent(store, secret, std::string("an agent's ") + file);
      for (const Forbidden& name : names) expect_absent(store, name, std::string("an agent's ") + file);
    }
  }
}

TEST(Secrets, ANewOneOfARelayIsOnStdoutOnceAndNeverOnStderr) {
  for (const bool json : {false, true}) {
    const Home host;
    for (const bool first : {true, false}) {
      std::vector<std::string> command{"relay", "--port", "0", "--log-level", "debug"};
      if (json) command.emplace_back("--json");
      auto relay = host.start(command);
      std::string out;
      for (std::string line; line.find("ws://") == std::string::npos; out += line + "\n") {
        line = relay->read_line().value_or("ws:// never came");
      }
      relay->signal(SIGTERM);
      EXPECT_EQ(relay->wait(), 0);
      out += relay->read_all();
      const std::string kept = contents(host.path() / "relay/secret");
      const std::string secret = kept.substr(0, kept.find('\n'));
      ASSERT_GE(secret.size(), 32U);
      EXPECT_EQ(out.find(secret) != std::string::npos, first) << out;
      EXPECT_EQ(relay->errors().find(secret), std::string::npos) << relay->errors();
      EXPECT_EQ(relay->errors().find("relay/secret") != std::string::npos, first && !json) << relay->errors();
    }
  }
}

}  // namespace
}  // namespace agentroom::e2e
