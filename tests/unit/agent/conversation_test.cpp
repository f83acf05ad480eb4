// Two agents and an honest relay.
#include <gmock/gmock.h>

#include "world.hpp"

namespace agentroom::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string echo(const HandlerMessage& message) {
  return "re: " + message.text;
}

TEST(Conversation, ATextReachesThePeer) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  auto sent = bob.send(ann.id(), "hello");
  world.run();
  ASSERT_TRUE(sent->has_value() && sent->value());
  EXPECT_THAT(ann.received(), ElementsAre("hello"));
  const auto progress = bob.all<agent_events::SendProgress>();
  ASSERT_THAT(progress, SizeIs(1));
  EXPECT_EQ(progress[0].status, SendStatus::kDelivered);
  EXPECT_EQ(progress[0].msg_id, sent->value()->msg_id);
}

TEST(Conversation, TextsArriveInTheOrderInWhichTheyWereSent) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(std::to_string(i));
    ann.send(bob.id(), texts.back());
    if (i % 7 == 0) world.run();
  }
  world.run();
  EXPECT_EQ(bob.received(), texts);
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
}

TEST(Conversation, TheHandlersReplyGoesBackWithItsQuestion) {
  World world;
  TestAgent& ann = world.connected(true, "ann");
  TestAgent& bob = world.connected(false, "bob");
  ann.handler = echo;
  world.befriend(ann, bob);
  auto sent = bob.send(ann.id(), "hello");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("re: hello"));
  const auto back = bob.all<agent_events::Received>().at(0);
  EXPECT_EQ(back.in_reply_to, sent->value()->msg_id);
  EXPECT_EQ(back.conversation_id, ann.handled.at(0).conversation_id);
  EXPECT_EQ(back.from_name, "ann");
  EXPECT_EQ(ann.handled.at(0).from_name, "bob");
  EXPECT_EQ(ann.handled.at(0).hops, 0U);
  EXPECT_EQ(ann.all<agent_events::Replied>().at(0).turn, 1U);
}

TEST(Conversation, BothSidesKnowEachOthersNameAndPresence) {
  World world;
  TestAgent& ann = world.connected(false, "ann");
  TestAgent& bob = world.connected(false, "bob");
  world.befriend(ann, bob);
  EXPECT_EQ(ann.all<agent_events::PeerOnline>().at(0).name, "bob");
  EXPECT_EQ(bob.all<agent_events::PeerOnline>().at(0).name, "ann");
  EXPECT_TRUE(bob.engine().peers().at(0).confirmed);
  EXPECT_EQ(bob.engine().peers().at(0).generation, 1U);
  EXPECT_EQ(ann.engine().peers().at(0).generation, 1U);
}

TEST(Conversation, GoesOnAfterEachSideWasOffline) {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  ann.handler = echo;
  world.befriend(ann, bob);
  ann.engine().shut_down(world.now);
  world.run();
  ASSERT_TRUE(ann.engine().idle());
  ann.crash();
  bob.send(ann.id(), "1");
  bob.send(ann.id(), "2");
  world.run();
  EXPECT_EQ(bob.all<agent_events::SendProgress>().at(0).status, SendStatus::kQueued);
  bob.crash();
  ann.start();
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("1", "2"));
  bob.start();
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("re: 1", "re: 2"));
}

TEST(Conversation, TextsMayBeEmptyLargeAndFullOfControlCharacters) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const std::vector<std::string> texts{"", std::string(131'072, 'x'), std::string("\0\x1b[2J\r\n\t\x7f", 9),
                                       "\u202e\u0000\U0001f600"};
  for (const auto& text : texts) ann.send(bob.id(), text);
  world.run();
  EXPECT_EQ(bob.received(), texts);
}

TEST(Conversation, ATextOverTheLimitOrNotUtf8IsRefusedBeforeAnythingIsEncrypted) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const std::size_t commits = ann.store->commits;
  auto too_long = ann.send(bob.id(), std::string(131'073, 'x'));
  auto not_text = ann.send(bob.id(), "\xff\xfe");
  world.run();
  EXPECT_EQ(too_long->value().error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(not_text->value().error().code, ErrorCode::kInvalid);
  EXPECT_EQ(ann.store->commits, commits);
}

TEST(Conversation, NobodyWithoutASessionIsWrittenTo) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  auto sent = ann.send(bob.id(), "hello");
  world.run();
  EXPECT_EQ(sent->value().error().code, ErrorCode::kNoSession);
  EXPECT_THAT(sent->value().error().message, testing::StartsWith("no session with "));
  EXPECT_THAT(sent->value().error().hint, testing::HasSubstr("agentroom invite accept"));
}

TEST(Conversation, PipelinedTurnsCostOneTransactionEachWay) {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected(true);
  world.befriend(ann, bob);
  ann.handler = echo;
  bob.handler = [](const HandlerMessage& message) -> HandlerOutcome {
    if (message.hops >= 40) return std::nullopt;
    return message.text;
  };
  const std::size_t before = ann.store->commits + bob.store->commits;
  for (int i = 0; i < 4; ++i) ann.send(bob.id(), "x");
  world.run();
  const std::size_t messages = ann.handled.size() + bob.handled.size();
  ASSERT_GE(messages, 4U * 40U);
  // A message costs its receiver at most one commit when it comes and one when it is answered.
  EXPECT_LE(ann.store->commits + bob.store->commits - before, 2 * messages + 8);
}

TEST(Conversation, ALoneTurnMarksItsStartInTheCommitThatBringsTheMessage) {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const std::size_t before = ann.store->commits;
  bob.send(ann.id(), "x");
  world.run();
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.store->commits, before + 1);
  ann.finish(std::optional<std::string>("y"));
  world.run();
  EXPECT_EQ(ann.store->commits, before + 2);
}

TEST(Conversation, TheRelaySeesNoTextNoNameAndNoKeyOfAnAgent) {
  World world;
  TestAgent& ann = world.connected(true, "name-of-ann");
  TestAgent& bob = world.connected(false, "name-of-bob");
  ann.handler = [](const HandlerMessage&) { return std::optional<std::string>("a plain reply"); };
  world.befriend(ann, bob);
  bob.send(ann.id(), "a plain question");
  world.run();
  std::string wire;
  for (const Bytes& message : world.relay().traffic) wire += as_text(message);
  ASSERT_FALSE(wire.empty());
  for (const auto* agent : {&ann, &bob}) {
    EXPECT_EQ(wire.find(as_text(agent->identity.ed25519.pk.view())), std::string::npos);
    EXPECT_EQ(wire.find(as_text(agent->identity.x25519.pk.view())), std::string::npos);
  }
  // Inside the link's box the relay still reads only envelopes.
  for (const SeenSend& send : world.relay().sends) wire += as_text(send.envelope);
  for (const SeenSend& claim : world.relay().claims) wire += as_text(claim.envelope);
  for (const char* text : {"a plain reply", "a plain question", "name-of-ann", "name-of-bob"}) {
    EXPECT_EQ(wire.find(text), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace agentroom::test
