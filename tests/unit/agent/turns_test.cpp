// Turn-taking with the handler (protocol section 7.5).
#include <gmock/gmock.h>

#include "world.hpp"

namespace agentroom::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

HandlerOutcome reply(std::string text) {
  return std::optional<std::string>(std::move(text));
}
HandlerOutcome none() {
  return std::optional<std::string>();
}

struct Turn : testing::Test {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  Turn() { world.befriend(ann, bob); }

  void say(TestAgent& from, std::string text) {
    from.send(ann.id(), std::move(text));
    world.run();
  }
  /// With messages to the peer that the relay takes none of for a minute.
  void fill_outbox(int messages) {
    world.relay().refuse_sends.assign(1'000, {protocol::Code::kQueueFull, 60'000});
    for (int i = 0; i < messages; ++i) ann.send(bob.id(), "filler");
    world.run();
  }
};

TEST_F(Turn, OneMessageOfAPeerRunsAtATimeAndInOrder) {
  for (const char* text : {"1", "2", "3"}) say(bob, text);
  EXPECT_THAT(ann.running, SizeIs(1));
  while (!ann.running.empty()) {
    ann.finish(none());
    world.run();
  }
  EXPECT_THAT(ann.handled_texts(), ElementsAre("1", "2", "3"));
  EXPECT_EQ(ann.most_running, 1U);
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(Turn, DifferentPeersRunInParallelUpToConcurrency) {
  ann.config.concurrency = 2;
  ann.restart();
  std::vector<TestAgent*> peers{&bob};
  for (int i = 0; i < 3; ++i) {
    peers.push_back(&world.connected());
    world.befriend(ann, *peers.back());
  }
  for (TestAgent* peer : peers) say(*peer, "x");
  EXPECT_THAT(ann.running, SizeIs(2));
  ann.finish(none());
  world.run();
  EXPECT_THAT(ann.running, SizeIs(2));
  for (int i = 0; i < 3; ++i) {
    ann.finish(none());
    world.run();
  }
  EXPECT_THAT(ann.handled, SizeIs(4));
  EXPECT_EQ(ann.most_running, 2U);
}

TEST_F(Turn, StartsOnlyOnceItsMarkIsDurable) {
  ann.store->automatic = false;
  say(bob, "x");
  EXPECT_THAT(ann.handled, IsEmpty());
  ASSERT_TRUE(ann.store->complete_one());
  world.run();
  EXPECT_THAT(ann.handled, SizeIs(1));
}

TEST_F(Turn, AReplyLeavesOnlyOnceItsTransactionIsDurable) {
  say(bob, "x");
  ann.store->automatic = false;
  const std::size_t sends = world.relay().sends.size();
  ann.finish(reply("y"));
  world.run();
  EXPECT_EQ(world.relay().sends.size(), sends);
  EXPECT_THAT(ann.all<agent_events::Replied>(), IsEmpty());
  ASSERT_TRUE(ann.store->complete_one());
  world.run();
  EXPECT_EQ(world.relay().sends.size(), sends + 1);
  EXPECT_THAT(bob.received(), ElementsAre("y"));
}

TEST_F(Turn, NoReplySendsNothingAndIsTold) {
  say(bob, "x");
  ann.finish(none());
  world.run();
  EXPECT_THAT(ann.all<agent_events::NoReply>(), SizeIs(1));
  EXPECT_THAT(bob.received(), IsEmpty());
}

TEST_F(Turn, AFailureSendsNothingIsToldAndTheNextMessageRuns) {
  say(bob, "1");
  say(bob, "2");
  ann.finish(fail(ErrorCode::kHandler, "exit status 1"));
  world.run();
  ASSERT_THAT(ann.all<agent_events::HandlerFailed>(), SizeIs(1));
  EXPECT_EQ(ann.all<agent_events::HandlerFailed>()[0].error.message, "exit status 1");
  EXPECT_THAT(ann.handled_texts(), ElementsAre("1", "2"));
  EXPECT_THAT(bob.received(), IsEmpty());
}

TEST_F(Turn, ARunThatACrashCutShortIsRunAgainAndTold) {
  say(bob, "x");
  ASSERT_EQ(ann.running.at(0).attempt, 1U);
  ann.restart();
  world.run();
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 2U);
  ann.finish(reply("y"));
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("y"));
}

TEST_F(Turn, AMessageThatKillsTheProcessIsGivenUpAfterThreeRuns) {
  say(bob, "x");
  say(bob, "harmless");
  for (int i = 0; i < 3; ++i) {
    ann.restart();
    world.run();
  }
  EXPECT_THAT(ann.handled_texts(), ElementsAre("x", "x", "x", "harmless"));
  ASSERT_THAT(ann.all<agent_events::HandlerFailed>(), SizeIs(1));
  EXPECT_THAT(ann.all<agent_events::HandlerFailed>()[0].error.message, HasSubstr("cut short 3 times"));
  ann.finish(none());
  world.run();
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(Turn, AnAgentThatInsistsHandsAMessageOnHoweverOftenItsRunsWereCutShort) {
  ann.config.insist = true;
  ann.restart();
  say(bob, "x");
  for (int i = 0; i < 5; ++i) {
    ann.restart();
    world.run();
  }
  EXPECT_THAT(ann.handled_texts(), ElementsAre("x", "x", "x", "x", "x", "x"));
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 6U);
  EXPECT_THAT(ann.all<agent_events::HandlerFailed>(), IsEmpty());
}

TEST_F(Turn, ACancelledRunStaysAndDoesNotCount) {
  say(bob, "x");
  ann.engine().shut_down(world.now);
  world.run();
  EXPECT_FALSE(ann.engine().idle());
  ann.finish(fail(ErrorCode::kCancelled, "stopping"));
  world.run();
  EXPECT_TRUE(ann.engine().idle());
  ann.restart();
  world.run();
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 1U);
}

TEST_F(Turn, ACancelledRunOfAnAgentThatGoesOnIsHandedOverAgainLater) {
  say(bob, "x");
  ann.finish(fail(ErrorCode::kCancelled, "not now"));
  world.run();
  EXPECT_THAT(ann.running, IsEmpty());
  world.advance(std::chrono::seconds(2));
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 1U);
}

TEST_F(Turn, AReplyThatCameDuringShutDownLeavesWithTheNextStart) {
  say(bob, "x");
  ann.engine().shut_down(world.now);
  ann.finish(reply("y"));
  world.run();
  EXPECT_TRUE(ann.engine().idle());
  EXPECT_THAT(bob.received(), IsEmpty());
  ann.restart();
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("y"));
  EXPECT_THAT(ann.handled, SizeIs(1));
}

/// A handler that answered the first of four messages at once, and runs on the second.
struct QuickTurn : Turn {
  QuickTurn() {
    for (const char* text : {"0", "1", "2", "3"}) bob.send(ann.id(), text);
    world.run();
    ann.finish(none());
    world.run();
  }
};

TEST_F(QuickTurn, RunsTheNextMessageWithoutWaitingForTheCommitOfTheLast) {
  ann.store->automatic = false;
  ann.finish(reply("re: 1"));
  world.run();
  EXPECT_THAT(ann.running, SizeIs(1)) << "2 was marked together with 1";
  EXPECT_THAT(ann.handled_texts(), ElementsAre("0", "1", "2"));
  EXPECT_THAT(bob.received(), IsEmpty());
  while (ann.store->complete_one()) world.run();
  EXPECT_THAT(bob.received(), ElementsAre("re: 1"));
}

TEST_F(QuickTurn, ACrashCostsWhatWasMarkedAheadOneAttemptAtMost) {
  // The crash hits while the first runs, again and again.
  for (int i = 0; i < 2; ++i) {
    ann.restart();
    world.run();
  }
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 3U);
  ann.handler = [](const HandlerMessage& message) { return reply("re: " + message.text); };
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("re: 1", "re: 2", "re: 3"));
  EXPECT_EQ(ann.handled.back().attempt, 1U) << "3 was never marked";
  EXPECT_EQ(ann.handled[ann.handled.size() - 2].attempt, 2U) << "2 may have run";
  EXPECT_THAT(ann.all<agent_events::HandlerFailed>(), IsEmpty());
}

TEST_F(QuickTurn, AShutDownTakesTheAttemptsBackOfWhatDidNotRun) {
  ann.engine().shut_down(world.now);
  ann.finish(fail(ErrorCode::kCancelled, "stopping"));
  world.run();
  EXPECT_TRUE(ann.engine().idle());
  ann.restart();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  ASSERT_THAT(ann.handled, SizeIs(5));
  for (const auto& message : ann.handled) EXPECT_EQ(message.attempt, 1U) << message.text;
}

TEST_F(QuickTurn, BehindOneThatTakesItsTimeNothingIsMarkedAhead) {
  ann.finish(none());
  world.run();
  world.advance(std::chrono::seconds(1));
  ann.finish(none());
  bob.send(ann.id(), "4");
  world.run();
  ann.restart();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_EQ(ann.handled.back().text, "4");
  EXPECT_EQ(ann.handled.back().attempt, 1U);
}

TEST_F(QuickTurn, IsHandedAllThatIsMarkedAtOnce) {
  EXPECT_EQ(ann.longest_run, 2U) << "1 and 2";
  for (int i = 4; i < 40; ++i) bob.send(ann.id(), std::to_string(i));
  world.run();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_GE(ann.longest_run, 8U);
  EXPECT_EQ(ann.most_running, 1U);
  std::vector<std::string> all;
  for (int i = 0; i < 40; ++i) all.push_back(std::to_string(i));
  EXPECT_EQ(ann.handled_texts(), all);
  for (const auto& message : ann.handled) EXPECT_EQ(message.attempt, 1U) << message.text;
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(QuickTurn, ARunIsOverBehindAMessageThatTakesItsTime) {
  world.advance(kQuickHandler + std::chrono::milliseconds(1));
  ann.finish(none());
  EXPECT_THAT(ann.running, IsEmpty()) << "2 belonged to the run";
  world.run();
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].text, "2");
  EXPECT_EQ(ann.running[0].attempt, 1U);
}

TEST_F(QuickTurn, WhatIsCancelledInARunComesAgainBeforeThoseBehindIt) {
  ann.finish(fail(ErrorCode::kCancelled, "not now"));
  world.run();
  EXPECT_THAT(ann.running, IsEmpty());
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.advance(std::chrono::seconds(2));
  EXPECT_THAT(ann.handled_texts(), ElementsAre("0", "1", "1", "2", "3"));
  for (const auto& message : ann.handled) EXPECT_EQ(message.attempt, 1U) << message.text;
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(QuickTurn, AShutDownWhileACancelledMessageRestsTakesTheAttemptsBackOfThoseBehindIt) {
  ann.finish(fail(ErrorCode::kCancelled, "not now"));
  world.run();
  ann.engine().shut_down(world.now);
  world.run();
  ann.restart();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("0", "1", "1", "2", "3"));
  for (const auto& message : ann.handled) EXPECT_EQ(message.attempt, 1U) << message.text;
}

TEST_F(QuickTurn, AReplyWithoutRoomHoldsUpThoseOfItsRunBehindIt) {
  fill_outbox(500);
  ann.finish(reply("re: 1"));
  ann.finish(none());
  world.run();
  EXPECT_THAT(ann.running, IsEmpty()) << "3 waits for room";
  EXPECT_THAT(ann.all<agent_events::NoReply>(), SizeIs(1)) << "that of 0";
  world.relay().refuse_sends.clear();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.advance(std::chrono::seconds(61));
  EXPECT_EQ(bob.received().back(), "re: 1");
  EXPECT_THAT(ann.all<agent_events::NoReply>(), SizeIs(3));
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(QuickTurn, ARunHoldsNoMoreMessagesThanThereIsRoomForReplies) {
  for (int i = 4; i < 20; ++i) bob.send(ann.id(), std::to_string(i));
  world.run();
  fill_outbox(497);
  ann.longest_run = 0;
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_THAT(ann.handled, SizeIs(20));
  EXPECT_EQ(ann.longest_run, 3U);
}

TEST_F(QuickTurn, WhatIsCancelledBehindAReplyWithoutRoomKeepsItsAttempts) {
  fill_outbox(500);
  ann.finish(reply("re: 1"));
  ann.finish(fail(ErrorCode::kCancelled, "not now"));
  world.run();
  ann.engine().shut_down(world.now);
  world.run();
  ann.restart();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("0", "1", "2", "1", "2", "3"));
  EXPECT_EQ(ann.handled[4].attempt, 1U);
}

TEST_F(QuickTurn, AShutDownInARunTakesTheAttemptsBackOfWhatItDidNotBegin) {
  ann.engine().shut_down(world.now);
  ann.finish(none());
  ann.finish(fail(ErrorCode::kCancelled, "stopping"));
  world.run();
  EXPECT_TRUE(ann.engine().idle());
  ann.restart();
  ann.handler = [](const HandlerMessage&) { return none(); };
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("0", "1", "2", "2", "3"));
  for (const auto& message : ann.handled) EXPECT_EQ(message.attempt, 1U) << message.text;
}

TEST_F(QuickTurn, AMessageOfAPeerThatIsRemovedMeanwhileEndsItsTurn) {
  bool removed = false;
  ann.engine().remove_peer(bob.id(), world.now, [&](const Result<void>& done) { removed = done.has_value(); });
  world.run();
  EXPECT_TRUE(removed);
  ann.finish(reply("too late"));
  ann.finish(reply("too late"));
  world.run();
  EXPECT_THAT(ann.running, IsEmpty());
  EXPECT_TRUE(ann.engine().idle());
  EXPECT_EQ(ann.store->count('i'), 0U);
}

TEST_F(Turn, EachAutomaticAnswerCountsOneHopAndAtTheLimitNoHandlerRuns) {
  World other;
  TestAgent& a = other.connected(true);
  TestAgent& b = other.connected(true);
  a.config.max_hops = b.config.max_hops = 5;
  a.restart();
  b.restart();
  a.handler = b.handler = [](const HandlerMessage& message) { return reply(message.text); };
  other.befriend(a, b);
  a.send(b.id(), "ping");
  other.run();
  std::vector<std::uint32_t> hops;
  for (const auto& message : b.handled) hops.push_back(message.hops);
  EXPECT_THAT(hops, ElementsAre(0, 2, 4));
  EXPECT_THAT(a.handled, SizeIs(2));
  ASSERT_THAT(a.all<agent_events::HandlerFailed>(), SizeIs(1));
  EXPECT_THAT(a.all<agent_events::HandlerFailed>()[0].error.message, HasSubstr("5 automatic answers"));
  EXPECT_THAT(a.received(), SizeIs(3)) << "the last text is told although no handler runs";
  EXPECT_EQ(a.store->count('i'), 0U);
}

TEST_F(Turn, WithoutAHandlerMessagesStayAndAreHandedOverByTheNextAgentThatHasOne) {
  ann.config.handle = false;
  ann.restart();
  say(bob, "1");
  say(bob, "2");
  EXPECT_THAT(ann.handled, IsEmpty());
  EXPECT_EQ(ann.engine().peers().at(0).inbox, 2U);
  ann.events.clear();
  ann.config.handle = true;
  ann.handler = [](const HandlerMessage& message) { return reply("re: " + message.text); };
  ann.restart();
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("1", "2"));
  EXPECT_THAT(ann.received(), ElementsAre("1", "2")) << "told again by the agent that hands them on";
  EXPECT_THAT(bob.received(), ElementsAre("re: 1", "re: 2"));
}

TEST_F(Turn, AReplyThatIsNoTextIsAHandlerError) {
  say(bob, "1");
  ann.finish(reply("\xc3\x28"));
  world.run();
  say(bob, "2");
  ann.finish(reply(std::string(131'073, 'x')));
  world.run();
  EXPECT_THAT(ann.all<agent_events::HandlerFailed>(), SizeIs(2));
  EXPECT_THAT(bob.received(), IsEmpty());
}

TEST_F(Turn, AReplyWithoutRoomInTheOutboxWaitsAndIsNotLost) {
  say(bob, "question");
  ASSERT_THAT(ann.running, SizeIs(1));
  fill_outbox(500);
  ann.finish(reply("answer"));
  world.run();
  EXPECT_EQ(ann.store->count('i'), 1U);
  world.relay().refuse_sends.clear();
  world.advance(std::chrono::seconds(61));
  EXPECT_EQ(ann.store->count('i'), 0U);
  ASSERT_THAT(bob.received(), SizeIs(501));
  EXPECT_EQ(bob.received().back(), "answer");
  EXPECT_THAT(ann.handled, SizeIs(1));
}

TEST_F(Turn, OutcomesThatNobodyAskedForAreIgnored) {
  say(bob, "x");
  ann.engine().on_handled(bob.id(), MsgId{}, reply("forged"), true, world.now);
  ann.engine().on_handled(ann.id(), ann.running[0].msg_id, reply("forged"), true, world.now);
  world.run();
  EXPECT_THAT(bob.received(), IsEmpty());
  const HandlerMessage message = ann.running[0];
  ann.finish(reply("y"));
  ann.engine().on_handled(message.from, message.msg_id, reply("twice"), true, world.now);
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("y"));
}

TEST_F(Turn, TheHandlerOfARemovedPeerIsForgottenAndItsPlaceIsFree) {
  ann.config.concurrency = 1;
  ann.restart();
  TestAgent& eve = world.connected();
  world.befriend(ann, eve);
  say(bob, "x");
  say(eve, "y");
  ann.remove_peer(bob.id());
  world.run();
  EXPECT_THAT(ann.running, SizeIs(1));
  ann.finish(reply("late"));
  world.run();
  EXPECT_THAT(bob.received(), IsEmpty());
  EXPECT_THAT(ann.handled_texts(), ElementsAre("x", "y"));
}

}  // namespace
}  // namespace agentroom::test
