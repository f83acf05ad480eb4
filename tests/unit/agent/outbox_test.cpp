// Messages on their way out (protocol section 7.1).
#include <gmock/gmock.h>

#include <set>

#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::SendProgress;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Outgoing : testing::Test {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected(false, "bob");
  FakeRelay& relay() { return world.relay(); }
  Outgoing() { world.befriend(ann, bob); }

  std::vector<SeenSend> sends_of(const TestAgent& agent, std::size_t after = 0) {
    std::vector<SeenSend> found;
    for (std::size_t i = after; i < relay().sends.size(); ++i) {
      if (relay().sends[i].from == agent.id()) found.push_back(relay().sends[i]);
    }
    return found;
  }
};

TEST_F(Outgoing, NothingIsSentOrAnsweredBeforeItIsDurable) {
  ann.store->automatic = false;
  const std::size_t before = relay().sends.size();
  auto sent = ann.send(bob.id(), "x");
  world.run();
  EXPECT_FALSE(sent->has_value());
  EXPECT_EQ(relay().sends.size(), before);
  ASSERT_TRUE(ann.store->complete_one());
  world.run();
  EXPECT_TRUE(sent->has_value() && sent->value());
  EXPECT_EQ(relay().sends.size(), before + 1);
}

TEST_F(Outgoing, RowAndRatchetStateAreOneTransaction) {
  world.advance(seconds(1));
  ann.store->automatic = false;
  ann.send(bob.id(), "x");
  world.run();
  EXPECT_EQ(ann.store->waiting(), 1U);
  EXPECT_EQ(ann.store->count('o'), 0U);
  const auto before = ann.store->durable();
  ASSERT_TRUE(ann.store->complete_one());
  EXPECT_EQ(ann.store->count('o'), 1U);
  std::size_t changed = 0;
  for (const auto& [key, value] : ann.store->durable()) {
    if (key.front() == static_cast<std::byte>('s')) changed += before.at(key) != value ? 1 : 0;
  }
  EXPECT_EQ(changed, 1U);
}

TEST_F(Outgoing, WithoutAnAckTheSameBytesGoAgainInOrderAfterEachReconnect) {
  relay().mute_acks = true;
  // What the relay took it forgets: it dies before it stored anything.
  relay().tamper = [&](const AgentId&, AgentId&, MsgId&, Bytes&) { return false; };
  for (const char* text : {"1", "2", "3"}) ann.send(bob.id(), text);
  world.run();
  const auto first = sends_of(ann, 1);
  ASSERT_THAT(first, SizeIs(3));
  for (int round = 0; round < 3; ++round) {
    const std::size_t before = relay().sends.size();
    relay().cut(ann.id());
    world.advance(seconds(10));
    const auto again = sends_of(ann, before);
    ASSERT_THAT(again, SizeIs(3));
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(again[i].msg_id, first[i].msg_id);
      EXPECT_EQ(again[i].envelope, first[i].envelope);
    }
  }
}

TEST_F(Outgoing, ARestartResendsTheSameBytesAndTheRecipientTakesThemOnce) {
  relay().mute_acks = true;
  ann.send(bob.id(), "x");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("x"));
  relay().mute_acks = false;
  const Bytes envelope = relay().sends.back().envelope;
  ann.restart();
  world.run();
  EXPECT_EQ(relay().sends.back().envelope, envelope);
  EXPECT_THAT(bob.received(), ElementsAre("x"));
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  EXPECT_EQ(ann.all<SendProgress>().back().status, SendStatus::kDelivered);
}

TEST_F(Outgoing, AnAckThatWasNotYetWrittenIsHarmlessAfterACrash) {
  ann.send(bob.id(), "x");
  world.run();
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  EXPECT_EQ(ann.store->count('o'), 1U) << "the removal rides on the next commit";
  ann.restart();
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("x"));
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  world.advance(seconds(1));
  EXPECT_EQ(ann.store->count('o'), 0U) << "or on a commit of its own, a little later";
}

TEST_F(Outgoing, ALateAnswerToAnEarlierMessageLetsNothingPassTheRefusedOne) {
  relay().mute_acks = true;
  for (const char* text : {"1", "2", "3", "4"}) ann.send(bob.id(), text);
  world.run();
  const auto first = sends_of(ann, 1);
  ASSERT_THAT(first, SizeIs(4));
  const auto answer = [&](std::size_t message, protocol::AckStatus status, protocol::Code code = {}) {
    relay().ack(ann.id(), first[message].msg_id.view(), status, code, 1'000);
    world.run();
  };
  answer(1, protocol::AckStatus::kRejected, protocol::Code::kQueueFull);
  world.advance(milliseconds(1'100));
  const std::size_t before = relay().sends.size();
  answer(0, protocol::AckStatus::kQueued);
  ann.send(bob.id(), "5");
  world.run();
  EXPECT_THAT(sends_of(ann, before), IsEmpty()) << "3 and 4 are not answered yet";
  answer(2, protocol::AckStatus::kRejected, protocol::Code::kQueueFull);
  answer(3, protocol::AckStatus::kRejected, protocol::Code::kQueueFull);
  world.advance(milliseconds(1'100));
  ASSERT_THAT(sends_of(ann, before), SizeIs(1));
  EXPECT_EQ(sends_of(ann, before)[0].msg_id, first[1].msg_id);
  answer(1, protocol::AckStatus::kQueued);
  ASSERT_THAT(sends_of(ann, before), SizeIs(4));
  EXPECT_EQ(sends_of(ann, before)[1].msg_id, first[2].msg_id);
}

TEST_F(Outgoing, AFullQueueKeepsTheOrder) {
  for (std::size_t refused : {1U, 3U, 10U}) {
    bob.events.clear();
    std::vector<std::string> texts;
    relay().refuse_sends.assign(refused, {protocol::Code::kQueueFull, 1'000});
    for (int i = 0; i < 10; ++i) {
      texts.push_back(std::to_string(i));
      ann.send(bob.id(), texts.back());
    }
    world.run();
    EXPECT_THAT(bob.received(), IsEmpty());
    world.advance(seconds(12));
    EXPECT_EQ(bob.received(), texts);
  }
}

TEST_F(Outgoing, AFullQueueIsToldAndTriedAgainWhenTheRelaySays) {
  relay().refuse_sends.assign(1, {protocol::Code::kQueueFull, 5'000});
  ann.send(bob.id(), "x");
  world.run();
  ASSERT_THAT(ann.all<SendProgress>(), SizeIs(1));
  EXPECT_EQ(ann.all<SendProgress>()[0].status, SendStatus::kPending);
  EXPECT_EQ(ann.all<SendProgress>()[0].error->message, "recipient queue full");
  const std::size_t before = relay().sends.size();
  world.advance(milliseconds(4'900));
  EXPECT_EQ(relay().sends.size(), before);
  world.advance(milliseconds(200));
  EXPECT_EQ(relay().sends.size(), before + 1);
  EXPECT_THAT(bob.received(), ElementsAre("x"));
}

TEST_F(Outgoing, WhatIsSentBehindAMessageThatFindsNoRoomIsToldSoToo) {
  relay().refuse_sends.assign(1, {protocol::Code::kQueueFull, 5'000});
  ann.send(bob.id(), "x");
  world.run();
  ann.events.clear();
  ann.send(bob.id(), "y");
  world.run();
  ASSERT_THAT(ann.all<SendProgress>(), SizeIs(1));
  EXPECT_EQ(ann.all<SendProgress>()[0].status, SendStatus::kPending);
  EXPECT_EQ(ann.all<SendProgress>()[0].error->message, "recipient queue full");
  world.advance(seconds(6));
  EXPECT_THAT(bob.received(), ElementsAre("x", "y"));
  ann.events.clear();
  ann.send(bob.id(), "z");
  world.run();
  for (const SendProgress& step : ann.all<SendProgress>()) EXPECT_FALSE(step.error) << "there is room again";
}

TEST_F(Outgoing, AfterARefusalTheHeadGoesAloneUntilItIsTaken) {
  relay().refuse_sends.assign(4, {protocol::Code::kQueueFull, 1'000});
  for (int i = 0; i < 5; ++i) ann.send(bob.id(), std::to_string(i));
  world.run();
  const std::size_t before = relay().sends.size();
  world.advance(milliseconds(3'500));
  const auto later = sends_of(ann, before);
  ASSERT_GE(later.size(), 3U);
  EXPECT_EQ(later[0].msg_id, later[1].msg_id);
  EXPECT_EQ(later[1].msg_id, later[2].msg_id);
  world.advance(seconds(2));
  EXPECT_THAT(bob.received(), ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(Outgoing, OnePeerWithoutAMailboxDoesNotHoldUpAnother) {
  TestAgent& eve = world.connected();
  world.befriend(ann, eve);
  relay().refuse_sends.assign(1, {protocol::Code::kNoMailbox, 60'000});
  ann.send(bob.id(), "waits");
  world.run();
  ann.send(eve.id(), "goes");
  world.run();
  EXPECT_THAT(bob.received(), IsEmpty());
  EXPECT_THAT(eve.received(), ElementsAre("goes"));
}

TEST_F(Outgoing, ARelayThatCouldNotStoreItIsAskedAgain) {
  relay().refuse_sends.assign(1, {protocol::Code::kInternal, 0});
  ann.send(bob.id(), "x");
  world.advance(seconds(5));
  EXPECT_THAT(bob.received(), ElementsAre("x"));
}

TEST_F(Outgoing, APeerThatRemovedUsIsNamedInPlainWords) {
  bob.remove_peer(ann.id());
  world.run();
  auto sent = ann.send(bob.id(), "x");
  world.run();
  ASSERT_THAT(ann.all<SendProgress>(), SizeIs(1));
  const SendProgress progress = ann.all<SendProgress>()[0];
  EXPECT_EQ(progress.status, SendStatus::kFailed);
  EXPECT_EQ(progress.error->code, ErrorCode::kNotAllowed);
  EXPECT_EQ(progress.error->message, "bob no longer accepts messages from you");
  EXPECT_FALSE(progress.error->hint.empty());
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  EXPECT_THAT(bob.all<agent_events::Unreadable>(), IsEmpty()) << "it is refused at the relay";
}

TEST_F(Outgoing, ALaterRefusalOfAQueuedMessageIsTold) {
  bob.crash();
  auto sent = ann.send(bob.id(), "x");
  world.run();
  EXPECT_EQ(ann.all<SendProgress>().back().status, SendStatus::kQueued);
  relay().tamper = [](const AgentId&, AgentId&, MsgId&, Bytes& envelope) {
    envelope.back() ^= std::byte{1};
    return true;
  };
  bob.start();
  world.run();
  EXPECT_EQ(ann.all<SendProgress>().back().status, SendStatus::kFailed);
  EXPECT_EQ(ann.all<SendProgress>().back().msg_id, sent->value()->msg_id);
  EXPECT_EQ(ann.all<SendProgress>().back().error->code, ErrorCode::kUnreadable);
}

TEST_F(Outgoing, FiveHundredWaitForAPeerAndThenASendIsRefusedBeforeItIsEncrypted) {
  relay().mute_acks = true;
  for (int i = 0; i < 500; ++i) ann.send(bob.id(), "x");
  world.run();
  const std::size_t commits = ann.store->commits;
  auto refused = ann.send(bob.id(), "one too many");
  world.run();
  ASSERT_TRUE(refused->has_value());
  EXPECT_EQ(refused->value().error().code, ErrorCode::kQueueFull);
  EXPECT_EQ(refused->value().error().message, "recipient queue full");
  EXPECT_EQ(ann.store->commits, commits);
  EXPECT_EQ(ann.engine().outbox_size(), 500U);
}

TEST_F(Outgoing, AtMost64MessagesAreInFlightToOnePeer) {
  relay().mute_acks = true;
  const std::size_t before = relay().sends.size();
  for (int i = 0; i < 200; ++i) ann.send(bob.id(), "x");
  world.run();
  EXPECT_EQ(relay().sends.size() - before, 64U);
}

TEST_F(Outgoing, SevenDaysWithoutAnAckFailAMessage) {
  relay().online = false;
  relay().cut();
  ann.send(bob.id(), "x");
  world.jump(hours(24 * 7 - 1));
  world.advance(seconds(70));
  EXPECT_EQ(ann.engine().outbox_size(), 1U);
  world.jump(hours(2));
  world.advance(seconds(70));
  EXPECT_EQ(ann.engine().outbox_size(), 0U);
  ASSERT_THAT(ann.all<SendProgress>(), SizeIs(1));
  EXPECT_EQ(ann.all<SendProgress>()[0].status, SendStatus::kFailed);
  EXPECT_THAT(ann.all<SendProgress>()[0].error->message, testing::StartsWith("ACK timeout"));
}

TEST_F(Outgoing, OnlyTheRelayThatCarriesAMessageMayAcknowledgeIt) {
  TestAgent& carol = world.agent();  // her sessions are at two relays
  AgentConfig at_other;
  at_other.server = "ws://other.test/ws";
  TestAgent& dave = world.agent(at_other);
  carol.accept(ann.invite());
  carol.accept(dave.invite());
  world.run();
  relay().mute_acks = true;
  auto sent = carol.send(ann.id(), "x");
  world.run();
  ASSERT_EQ(carol.engine().outbox_size(), 1U);
  world.relay("ws://other.test/ws").ack(carol.id(), sent->value()->msg_id.view(), protocol::AckStatus::kDelivered);
  world.run();
  EXPECT_EQ(carol.engine().outbox_size(), 1U);
  relay().ack(carol.id(), sent->value()->msg_id.view(), protocol::AckStatus::kDelivered);
  world.run();
  EXPECT_EQ(carol.engine().outbox_size(), 0U);
}

TEST_F(Outgoing, AcksOfUnknownMessagesAreIgnored) {
  for (auto status : {protocol::AckStatus::kDelivered, protocol::AckStatus::kQueued, protocol::AckStatus::kOk,
                      protocol::AckStatus::kRejected}) {
    const bool rejected = status == protocol::AckStatus::kRejected;
    relay().ack(ann.id(), MsgId{}.view(), status, rejected ? protocol::Code::kUnreadable : protocol::Code::kNone);
  }
  world.run();
  EXPECT_THAT(ann.all<SendProgress>(), IsEmpty());
  EXPECT_TRUE(relay().connected(ann.id()));
}

TEST_F(Outgoing, NoTwoMessagesShareAnIdOrBytes) {
  std::set<MsgId> ids;
  std::set<Bytes> envelopes;
  for (int i = 0; i < 100; ++i) {
    ann.send(bob.id(), "the same text");
    bob.send(ann.id(), "the same text");
    if (i % 10 == 0) world.run();
  }
  world.run();
  for (const SeenSend& send : relay().sends) {
    ids.insert(send.msg_id);
    envelopes.insert(send.envelope);
  }
  EXPECT_EQ(ids.size(), relay().sends.size());
  EXPECT_EQ(envelopes.size(), relay().sends.size());
}

TEST_F(Outgoing, ServerOverrideCarriesEverySessionOverThatRelay) {
  TestAgent& carol = world.agent();
  carol.accept(ann.invite());
  world.run();
  // The same relay under another name.
  world.replace_relay("ws://lan.test/ws", std::string("secret of ") + kUrl);
  carol.config.server = "ws://lan.test/ws";
  carol.config.server_overrides = true;
  carol.restart();
  carol.send(ann.id(), "x");
  world.run();
  EXPECT_FALSE(world.relay().connected(carol.id()));
  EXPECT_THAT(world.relay("ws://lan.test/ws").sends, SizeIs(1));
}

}  // namespace
}  // namespace agentroom::test
