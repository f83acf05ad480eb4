// Three processes hold a conversation.
#include <gtest/gtest.h>
#include <signal.h>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

/// A relay, Alice who serves with a handler, and Bob whom she invited.
class ConversationTest : public testing::Test {
 protected:
  void serve(const std::string& handler, const std::vector<std::string>& more = {}) {
    const auto config = alice.write("a.toml", "server = \"" + relay.url() + "\"\nname = \"Alice\"\n" + handler);
    std::vector<std::string> arguments{"--config", config.string(), "serve", "--invite", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server = alice.start(arguments);
    invite = text(await(*server, "invite"), "url");
  }

  std::string accept() {
    const auto accepted = bob.run({"invite", "accept", invite, "--json"});
    EXPECT_EQ(accepted.code, 0) << accepted.out << accepted.err;
    EXPECT_TRUE(accepted.json()["ok"].as_bool());
    return text(accepted.json(), "peer_pk");
  }

  void stop(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  }

  Home host;
  Home alice;
  Home bob;
  Relay relay{host};
  std::unique_ptr<Child> server;
  std::string invite;
};

const char* const kShout = "[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = \"tr a-z A-Z\"\n";

TEST_F(ConversationTest, AMessageSentFromOneHomeIsAnsweredIntoAnother) {
  serve(kShout);
  const std::string peer = accept();

  const auto sent = bob.run({"send", peer, "hello from bob", "--json"});
  EXPECT_EQ(sent.code, 0) << sent.out << sent.err;
  EXPECT_TRUE(sent.json()["ok"].as_bool());
  EXPECT_EQ(text(sent.json(), "status"), "delivered");

  auto listener = bob.start({"listen", "--json"});
  const auto message = await(*listener, "message");
  EXPECT_EQ(text(message, "text"), "HELLO FROM BOB");
  EXPECT_EQ(text(message, "from"), peer);
  EXPECT_TRUE(message.contains("ts"));

  EXPECT_EQ(text(await(*server, "received"), "text"), "hello from bob");
  const auto replied = await(*server, "replied");
  EXPECT_EQ(text(replied, "text"), "HELLO FROM BOB");
  EXPECT_EQ(replied.at("turn").to_number<int>(), 1);
  stop(*listener);
  stop(*server);
  stop(*relay.child);
}

TEST_F(ConversationTest, AnotherHandlerIsChosenByEditingTheTomlAlone) {
  serve("[handler]\nplugin = \"echo\"\n[store]\nplugin = \"memory\"\n");
  const std::string peer = accept();
  EXPECT_EQ(bob.run({"send", peer, "same words", "--json"}).code, 0);
  auto listener = bob.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), "same words");
  EXPECT_FALSE(fs::exists(alice.path() / "store.db")) << "a memory store leaves no file";
}

TEST_F(ConversationTest, GoesOnThoughNobodyReadsWhatServeSays) {
  serve("[handler]\nplugin = \"echo\"\n");
  const std::string peer = accept();
  auto listener = bob.start({"listen", "--json"});
  await(*listener, "listening");
  // Each is told twice, as received and as replied: far more than the pipe holds.
  constexpr int kMessages = 12;
  for (int i = 0; i < kMessages; ++i) {
    const auto sent = bob.run({"send", peer, "-", "--json"}, std::to_string(i) + std::string(16'000, 'x'));
    ASSERT_EQ(text(sent.json(), "status"), "delivered") << i << ": " << sent.out << sent.err;
  }
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_TRUE(text(await(*listener, "message"), "text").starts_with(std::to_string(i) + "x"));
  }
  // What waited comes when somebody reads.
  for (int i = 0; i < kMessages; ++i) await(*server, "replied");
  stop(*server);
}

TEST_F(ConversationTest, OutlastsARelayThatStandsInForTheirOwn) {
  serve(kShout);
  const std::string peer = accept();
  const unsigned port = relay.port;
  relay.child->signal(SIGTERM);
  relay.child->wait();
  Home elsewhere;
  {
    const Relay impostor(elsewhere, port);
    const auto refused = await(*server, "relay_refused");
    EXPECT_EQ(text(refused, "code"), "relay_identity_changed");
    const auto at_start = bob.run({"listen", "--json"});
    EXPECT_EQ(at_start.code, 1) << at_start.out;
    EXPECT_EQ(text(at_start.json(), "code"), "relay_identity_changed");
  }
  const Relay again(host, port);
  await(*server, "reconnect");
  const auto sent = bob.run({"send", peer, "hello again", "--json"});
  EXPECT_EQ(text(sent.json(), "status"), "delivered") << sent.out << sent.err;
  EXPECT_EQ(text(await(*server, "replied"), "text"), "HELLO AGAIN");
  stop(*server);
}

TEST_F(ConversationTest, AnInviteIsForOnePeer) {
  serve(kShout);
  accept();
  Home carol;
  const auto second = carol.run({"invite", "accept", invite, "--json"});
  EXPECT_EQ(second.code, 1);
  EXPECT_EQ(text(second.json(), "error"), "invite already used");
  EXPECT_FALSE(text(second.json(), "hint").empty());
  EXPECT_EQ(second.err.find(invite), std::string::npos) << "an invite is a secret";
}

TEST_F(ConversationTest, TextsThatLookLikeCommandsAndOptionsArrive) {
  serve("[handler]\nplugin = \"echo\"\n");
  const std::string peer = accept();
  const std::vector<std::string> texts{"listen", "send", "--json", "--help", "-q",  "--config=x",
                                       "-",      "--",   "$(id)",  "a\nb",   "%s%n"};
  for (const std::string& message : texts) {
    const auto sent = bob.run({"send", "--json", peer, "--", message}, "from stdin");
    EXPECT_EQ(sent.code, 0) << message << ": " << sent.out << sent.err;
    EXPECT_EQ(text(await(*server, "received"), "text"), message == "-" ? "from stdin" : message);
  }
  EXPECT_EQ(bob.run({"send", peer, "listen", "--json"}).code, 0);
  EXPECT_EQ(text(await(*server, "received"), "text"), "listen");
}

TEST_F(ConversationTest, MessagesForASleeperWaitAtTheRelayInOrder) {
  serve("[handler]\nplugin = \"echo\"\n");
  const std::string peer = accept();
  await(*server, "peer_online");
  stop(*server);
  for (int i = 0; i < 5; ++i) {
    const auto sent = bob.run({"send", peer, "number " + std::to_string(i), "--json"});
    EXPECT_EQ(text(sent.json(), "status"), "queued") << sent.out << sent.err;
  }
  server = alice.start({"--config", (alice.desk() / "a.toml").string(), "serve", "--json"});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(text(await(*server, "received"), "text"), "number " + std::to_string(i));
}

TEST_F(ConversationTest, OnceEndsAfterTheFirstReply) {
  serve(kShout, {"--once"});
  const std::string peer = accept();
  EXPECT_EQ(bob.run({"send", peer, "one", "--json"}).code, 0);
  await(*server, "done");
  EXPECT_EQ(server->wait(), 0);
}

TEST_F(ConversationTest, TheHandlerLearnsWhoSpeaks) {
  serve(
      "[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = \"echo $AGENTROOM_FROM $AGENTROOM_PK "
      "$AGENTROOM_ATTEMPT\"\n");
  const std::string peer = accept();
  const std::string self = text(bob.run({"whoami", "--json"}).json(), "pk");
  EXPECT_EQ(bob.run({"send", peer, "who am I?", "--json"}).code, 0);
  auto listener = bob.start({"listen", "--json"});
  EXPECT_EQ(text(await(*listener, "message"), "text"), self + " " + peer + " 1");
}

TEST_F(ConversationTest, SilenceAndFailureOfAHandlerAreToldAndSendNothing) {
  serve("[handler]\nplugin = \"exec\"\n[handler.exec]\ncommand = \"read t; case $t in quiet) ;; *) exit 3 ;; esac\"\n");
  const std::string peer = accept();
  EXPECT_EQ(bob.run({"send", peer, "quiet", "--json"}).code, 0);
  await(*server, "no_reply");
  EXPECT_EQ(bob.run({"send", peer, "loud", "--json"}).code, 0);
  EXPECT_NE(text(await(*server, "handler_error"), "error").find('3'), std::string::npos);
}

}  // namespace
}  // namespace agentroom::e2e
