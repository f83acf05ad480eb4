// Messages that come (protocol section 7.4), and what attackers make of them.
#include <gmock/gmock.h>

#include "agent/record_keys.hpp"
#include "base/uuid.hpp"
#include "protocol/content.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::SendProgress;
using agent_events::Unreadable;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Incoming : testing::Test {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  FakeRelay& relay() { return world.relay(); }
  Incoming() { world.befriend(ann, bob); }

  void say(std::string text) {
    bob.send(ann.id(), std::move(text));
    world.run();
  }
  protocol::ReceiptStatus last_receipt() { return relay().receipts.back().status; }
};

TEST_F(Incoming, IsReceiptedOnlyOnceRowStateAndDedupeKeyAreDurable) {
  ann.store->automatic = false;
  const std::size_t before = relay().receipts.size();
  say("x");
  EXPECT_EQ(ann.store->waiting(), 1U) << "one transaction";
  EXPECT_EQ(relay().receipts.size(), before);
  EXPECT_THAT(ann.received(), IsEmpty());
  ASSERT_TRUE(ann.store->complete_one());
  EXPECT_EQ(ann.store->count('i'), 1U);
  EXPECT_EQ(ann.store->count('d'), 2U) << "the session's start and this";
  world.run();
  EXPECT_EQ(relay().receipts.size(), before + 1);
  EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kStored);
  EXPECT_THAT(ann.received(), ElementsAre("x"));
}

TEST_F(Incoming, MessagesThatComeWhileCommitsAreOutstandingKeepTheirOrder) {
  ann.store->automatic = false;
  for (const char* text : {"1", "2", "3", "4"}) say(text);
  EXPECT_EQ(ann.store->waiting(), 4U);
  EXPECT_THAT(ann.received(), IsEmpty());
  while (ann.store->complete_one()) world.run();
  EXPECT_THAT(ann.received(), ElementsAre("1", "2", "3", "4"));
}

TEST_F(Incoming, ADuplicateIsReceiptedAgainAndGoesNoFurther) {
  say("x");
  const SeenSend send = relay().sends.back();
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = relay().receipts.size();
    relay().deliver(ann.id(), bob.id(), send.msg_id, send.envelope);
    world.run();
    EXPECT_EQ(relay().receipts.size(), before + 1);
    EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kStored);
  }
  EXPECT_THAT(ann.received(), ElementsAre("x"));
  EXPECT_THAT(ann.all<Unreadable>(), IsEmpty());
}

TEST_F(Incoming, ADuplicateWhileTheFirstIsStillBeingWrittenWaitsForItsCommit) {
  ann.store->automatic = false;
  const std::size_t before = relay().receipts.size();
  say("x");
  const SeenSend send = relay().sends.back();
  relay().deliver(ann.id(), bob.id(), send.msg_id, send.envelope);
  world.run();
  EXPECT_EQ(relay().receipts.size(), before);
  while (ann.store->complete_one()) world.run();
  EXPECT_EQ(relay().receipts.size(), before + 2);
  EXPECT_THAT(ann.received(), ElementsAre("x"));
}

TEST_F(Incoming, ADuplicateAfterARestartIsRecognised) {
  say("x");
  const SeenSend send = relay().sends.back();
  ann.restart();
  world.run();
  relay().deliver(ann.id(), bob.id(), send.msg_id, send.envelope);
  world.run();
  EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kStored);
  EXPECT_EQ(ann.store->count('i'), 1U);
}

TEST_F(Incoming, DedupeKeysAreKept30Days) {
  say("x");
  world.jump(hours(24 * 29));
  world.advance(seconds(70));
  say("y");
  world.advance(seconds(1));
  EXPECT_EQ(ann.store->count('d'), 3U);
  world.jump(hours(24 * 2));
  world.advance(seconds(70));
  EXPECT_EQ(ann.store->count('d'), 1U);
}

TEST_F(Incoming, AReceiptNeverGoesToAnotherConnectionThanItsDelivery) {
  ann.store->automatic = false;
  const std::size_t before = relay().receipts.size();
  say("x");
  relay().tamper = [](const AgentId&, AgentId&, MsgId&, Bytes&) { return false; };
  relay().cut(ann.id());
  world.advance(seconds(2));
  ASSERT_TRUE(relay().connected(ann.id()));
  while (ann.store->complete_one()) world.run();
  EXPECT_EQ(relay().receipts.size(), before);
  EXPECT_THAT(ann.received(), ElementsAre("x"));
}

TEST_F(Incoming, AnUnreadableMessageIsKeptApartToldAndRefusedOnceThatIsDurable) {
  relay().tamper = [](const AgentId&, AgentId&, MsgId&, Bytes& envelope) {
    envelope.back() ^= std::byte{1};
    return true;
  };
  ann.store->automatic = false;
  const std::size_t before = relay().receipts.size();
  say("x");
  EXPECT_EQ(relay().receipts.size(), before);
  ASSERT_TRUE(ann.store->complete_one());
  world.run();
  EXPECT_EQ(ann.store->count('u'), 1U);
  EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kRefused);
  ASSERT_THAT(ann.all<Unreadable>(), SizeIs(1));
  EXPECT_THAT(ann.all<Unreadable>()[0].why, HasSubstr("exchange a new invite"));
  EXPECT_EQ(bob.all<SendProgress>().back().status, SendStatus::kFailed);
  EXPECT_EQ(ann.store->count('d'), 1U) << "it is no message that was taken";
}

TEST_F(Incoming, AnUnreadableMessageDoesNotHarmTheOnesAfterIt) {
  relay().tamper = [](const AgentId&, AgentId&, MsgId&, Bytes& envelope) {
    envelope.back() ^= std::byte{1};
    return true;
  };
  say("damaged");
  relay().tamper = nullptr;
  for (const char* text : {"1", "2"}) say(text);
  ann.send(bob.id(), "back");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("1", "2"));
  EXPECT_THAT(bob.received(), ElementsAre("back"));
}

TEST_F(Incoming, AnUnreadableMessageThatComesAgainIsToldOnce) {
  for (int i = 0; i < 3; ++i) {
    relay().deliver(ann.id(), bob.id(), MsgId{}, Bytes(100, std::byte{1}));
    world.run();
    EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kRefused);
  }
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
  EXPECT_EQ(ann.store->count('u'), 1U);
}

TEST_F(Incoming, OnlyAHundredUnreadableMessagesAndOneMebibyteAreKept) {
  for (int i = 0; i < 150; ++i) {
    relay().deliver(ann.id(), bob.id(), make_msg_id(world.now.unix_ms, world.random), Bytes(100, std::byte{1}));
  }
  world.run();
  EXPECT_EQ(ann.store->count('u'), 100U);
  for (int i = 0; i < 10; ++i) {
    relay().deliver(ann.id(), bob.id(), make_msg_id(world.now.unix_ms, world.random), Bytes(200'000, std::byte{1}));
  }
  world.run();
  EXPECT_EQ(ann.store->count('u'), 5U);
  ann.restart();
  world.run();
  relay().deliver(ann.id(), bob.id(), make_msg_id(world.now.unix_ms, world.random), Bytes(200'000, std::byte{1}));
  world.run();
  EXPECT_EQ(ann.store->count('u'), 5U);
}

TEST_F(Incoming, WhatTheOwnInboxHasNoRoomForIsRefusedAndItsSenderKnows) {
  // 64 MiB hold not quite 512 texts of 128 KiB with their padding.
  for (int i = 0; i < 520; ++i) {
    bob.send(ann.id(), std::string(131'072, 'x'));
    if (i % 32 == 0) world.run();
  }
  world.run();
  const std::size_t taken = ann.received().size();
  EXPECT_EQ(taken, 511U);
  EXPECT_EQ(ann.engine().peers().at(0).inbox, taken);
  const auto refused = ann.all<Unreadable>();
  ASSERT_EQ(refused.size(), 520 - taken);
  EXPECT_THAT(refused[0].why, HasSubstr("inbox is full"));
  EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kRefused);
  EXPECT_EQ(bob.all<SendProgress>().back().status, SendStatus::kFailed);
  // With a handler there is room again, and the session is unharmed.
  ann.config.handle = true;
  ann.handler = [](const HandlerMessage&) { return std::optional<std::string>(); };
  ann.restart();
  world.run();
  say("room");
  EXPECT_EQ(ann.handled.back().text, "room");
}

TEST_F(Incoming, AMessageOfAnUnknownKindIsAcknowledgedAndIgnored) {
  // A RelayUrls is known and no text: the same path.
  world.befriend(ann, bob);  // SessionAck
  EXPECT_THAT(ann.received(), IsEmpty());
  EXPECT_THAT(ann.all<Unreadable>(), IsEmpty());
  EXPECT_EQ(ann.store->count('i'), 0U);
}

// ---- attackers ----

TEST_F(Incoming, ADeliveryFromAWrongSenderIsRefused) {
  TestAgent& eve = world.connected();
  world.befriend(ann, eve);
  relay().tamper = [&](const AgentId& to, AgentId& from, MsgId&, Bytes&) {
    if (to == ann.id()) from = eve.id();
    return true;
  };
  say("from bob");
  EXPECT_THAT(ann.received(), IsEmpty());
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
  EXPECT_EQ(last_receipt(), protocol::ReceiptStatus::kRefused);
}

TEST_F(Incoming, AnEnvelopeSplicedIntoAnotherConversationIsRefused) {
  TestAgent& eve = world.connected();
  world.befriend(ann, eve);
  ann.send(bob.id(), "for bob");
  world.run();
  const SeenSend send = relay().sends.back();
  // To Eve, who has a session with Ann too; and back to Ann as if Bob had sent it.
  relay().deliver(eve.id(), ann.id(), send.msg_id, send.envelope);
  relay().deliver(ann.id(), bob.id(), send.msg_id, send.envelope);
  world.run();
  EXPECT_THAT(eve.received(), IsEmpty());
  EXPECT_THAT(ann.received(), IsEmpty());
  EXPECT_THAT(eve.all<Unreadable>(), SizeIs(1));
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
}

TEST_F(Incoming, AnEnvelopeUnderAnotherMsgIdIsRefused) {
  say("x");
  const SeenSend send = relay().sends.back();
  relay().deliver(ann.id(), bob.id(), make_msg_id(world.now.unix_ms, world.random), send.envelope);
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("x"));
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
}

TEST_F(Incoming, MessagesThatTheRelayReordersAreAllRead) {
  std::vector<SeenSend> held;
  relay().tamper = [&](const AgentId& to, AgentId& from, MsgId& msg_id, Bytes& envelope) {
    if (to == ann.id()) held.push_back({from, to, msg_id, envelope});
    return to != ann.id();
  };
  for (const char* text : {"1", "2", "3"}) say(text);
  relay().tamper = nullptr;
  ASSERT_THAT(held, SizeIs(3));
  for (std::size_t i : {2U, 0U, 1U}) relay().deliver(ann.id(), held[i].from, held[i].msg_id, held[i].envelope);
  world.run();
  EXPECT_THAT(ann.received(), testing::UnorderedElementsAre("1", "2", "3"));
  EXPECT_EQ(ann.store->count('k'), 0U) << "kept keys are gone once used";
}

TEST_F(Incoming, KeptKeysOutliveARestart) {
  std::vector<SeenSend> held;
  relay().tamper = [&](const AgentId& to, AgentId& from, MsgId& msg_id, Bytes& envelope) {
    if (to == ann.id()) held.push_back({from, to, msg_id, envelope});
    return to != ann.id();
  };
  for (const char* text : {"1", "2", "3"}) say(text);
  relay().deliver(ann.id(), held[2].from, held[2].msg_id, held[2].envelope);
  world.run();
  EXPECT_EQ(ann.store->count('k'), 2U);
  ann.restart();
  world.run();
  for (std::size_t i : {0U, 1U}) relay().deliver(ann.id(), held[i].from, held[i].msg_id, held[i].envelope);
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("3", "1", "2"));
  EXPECT_EQ(ann.store->count('k'), 0U);
}

TEST_F(Incoming, AMessageFromOneselfIsRefused) {
  say("x");
  const SeenSend send = relay().sends.back();
  relay().deliver(ann.id(), ann.id(), send.msg_id, send.envelope);
  world.run();
  EXPECT_THAT(ann.all<Unreadable>(), SizeIs(1));
  EXPECT_THAT(ann.received(), ElementsAre("x"));
}

TEST_F(Incoming, AHostileNameIsCleanedBeforeAnybodySeesIt) {
  TestAgent& eve = world.connected(false, "\x1b[31mann\x1b[0m\n\u202egnp");
  world.befriend(ann, eve);
  const std::string name = ann.all<agent_events::PeerOnline>().back().name;
  EXPECT_EQ(name.find('\x1b'), std::string::npos);
  EXPECT_EQ(name.find('\n'), std::string::npos);
  EXPECT_EQ(name.find("\u202e"), std::string::npos);
  EXPECT_LE(name.size(), 64U);
}

TEST(SeenKeys, OfOneMomentLieTogetherAndTellNoOrderWithinTheHour) {
  SeededRandom random{3};
  const crypto::Identity self = crypto::Identity::generate(random);
  const AgentId from = crypto::Identity::generate(random).id();
  const auto place = [&](const crypto::Identity& owner, UnixMs at) {
    const crypto::RecordSealer sealer(owner.store_key());
    return to_bytes(agent::seen_key(sealer, from, make_msg_id(at, random)).view().first<7>());
  };
  constexpr UnixMs kAt = 1'700'000'000'000;  // the first of 8 ms
  EXPECT_EQ(place(self, kAt), place(self, kAt + 7));
  std::vector<Bytes> later;
  for (UnixMs i = 0; i < 16; ++i) later.push_back(place(self, kAt + 8 * i));
  EXPECT_FALSE(std::ranges::is_sorted(later));
  for (const Bytes& each : later) EXPECT_TRUE(std::ranges::equal(ByteView(each).first(5), ByteView(later[0]).first(5)));
  EXPECT_NE(place(self, kAt), place(crypto::Identity::generate(random), kAt));
}

}  // namespace
}  // namespace agentroom::test
