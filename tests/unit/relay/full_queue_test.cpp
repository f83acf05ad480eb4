// What goes on while nothing more may be queued (protocol sections 7 and 8).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

/// Strangers have filled what may be queued but for the part of each mailbox, 10,000 bytes. Ada and Bob are connected,
/// and newcomers no more than the strangers are.
struct FullQueue : Pair {
  FullQueue() : Pair(narrow()) {
    befriend(ada, bob);
    allow(bob, {&ada, &cleo});
    connect(eve);
    connect(mallory);
    befriend(mallory, eve);
    allow(mallory, {&eve});
    disconnect(mallory);
    while (engine->status().pending_bytes < 110'000) {
      const MsgId msg_id = send(eve, mallory, std::string(10'000, 'x'));
      settle();
      if (!is(eve.answer(msg_id), AckStatus::kQueued)) throw std::runtime_error("the queue took no more too early");
    }
  }

  static RelayConfig narrow() {
    RelayConfig config;
    config.limits.mailboxes = 10;
    config.limits.connections = 10;
    config.limits.queued_bytes = 200'000;  // 10,000 for each mailbox, 100,000 for whoever comes first
    return config;
  }

  void befriend(TestAgent& inviter, TestAgent& claimant) {
    const TestInvite invite = make_invite(*this);
    tell(inviter, invite.publish(*this));
    settle();
    tell(claimant, invite.claim(claimant, new_msg_id(), "init"));
    settle();
    receipt_all(inviter);
    settle();
  }

  std::uint64_t queued() const { return engine->status().pending_bytes; }

  TestAgent eve{5};
  TestAgent mallory{6};
};

bool is_full(const protocol::AckItem* item) {
  return is(item, AckStatus::kRejected, Code::kQueueFull);
}

TEST(FullQueue, HoldsUpNoMessageBetweenAgentsThatAreConnected) {
  FullQueue world;
  for (int i = 0; i < 5; ++i) {
    const MsgId msg_id = world.send(world.ada, world.bob, std::string(60'000, 'y'));
    world.turn();
    EXPECT_THAT(world.bob.deliveries, SizeIs(1));
    world.receipt_all(world.bob);
    world.turn();
    EXPECT_TRUE(is(world.ada.answer(msg_id), AckStatus::kDelivered));
  }
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kQueuedBytes), 0U);
}

TEST(FullQueue, GivesBackWhatIsNotReceiptedInTimeWithAllThatFollowedIt) {
  FullQueue world;
  const MsgId large = world.send(world.ada, world.bob, std::string(30'000, 'y'));
  world.turn();
  world.advance(3s);
  const MsgId small = world.send(world.ada, world.bob, "would fit, and would stand before the large one");
  world.turn();
  const std::uint64_t before = world.queued();
  world.advance(2s);
  world.settle();
  EXPECT_TRUE(is_full(world.ada.answer(large)));
  EXPECT_TRUE(is_full(world.ada.answer(small)));
  EXPECT_EQ(world.queued(), before);
  EXPECT_GT(world.engine->status().hits(RelayLimit::kQueuedBytes), 0U);

  // Whoever was slow says so now: nobody waits for that any more. The sender comes again, in order.
  world.receipt_all(world.bob);
  world.ada.clear();
  const MsgId late = world.send(world.ada, world.bob, "written before the refusals were read");
  world.turn();
  EXPECT_TRUE(is_full(world.ada.answer(late)));
  world.send_again(world.ada, world.bob, large, "large");
  world.send_again(world.ada, world.bob, small, "small");
  world.send_again(world.ada, world.bob, late, "late");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("large", "small", "late"));
}

TEST(FullQueue, GivesBackInOrderWhatARecipientLeftBehind) {
  FullQueue world;
  const MsgId fits = world.send(world.ada, world.bob, std::string(8'000, 'y'));
  const MsgId over = world.send(world.ada, world.bob, std::string(8'000, 'z'));
  const MsgId small = world.send(world.ada, world.bob, "small");
  world.turn();
  world.bob_leaves();
  EXPECT_TRUE(is(world.ada.answer(fits), AckStatus::kQueued));
  EXPECT_TRUE(is_full(world.ada.answer(over)));
  EXPECT_TRUE(is_full(world.ada.answer(small)));

  world.connect(world.bob);
  world.receipt_all(world.bob);
  world.settle();
  world.send_again(world.ada, world.bob, over, "over");
  world.send_again(world.ada, world.bob, small, "small");
  world.turn();
  EXPECT_THAT(world.bob.texts(), ElementsAre("over", "small"));
}

TEST(FullQueue, GivesBackToEachSenderItsOwnAlone) {
  FullQueue world;
  world.connect(world.cleo);
  const MsgId large = world.send(world.ada, world.bob, std::string(30'000, 'y'));
  const MsgId of_cleo = world.send(world.cleo, world.bob, "of another sender");
  world.turn();
  world.bob_leaves();
  EXPECT_TRUE(is_full(world.ada.answer(large)));
  EXPECT_TRUE(is(world.cleo.answer(of_cleo), AckStatus::kQueued));
}

TEST(FullQueue, RefusesWhatWouldHaveToBeStoredBehindWhatIsInFlight) {
  FullQueue world;
  const MsgId large = world.send(world.ada, world.bob, std::string(30'000, 'y'));
  world.turn();
  world.channel_of(world.bob).unsent = 2U << 20;  // it reads no more
  world.send(world.ada, world.bob, "fills what may be unsent");
  world.turn();
  const MsgId next = world.send(world.ada, world.bob, "next");
  world.turn();
  EXPECT_TRUE(is_full(world.ada.answer(next)));
  EXPECT_EQ(world.ada.answer(large), nullptr) << "it is on its way";
  world.receipt_all(world.bob);
  world.turn();
  EXPECT_TRUE(is(world.ada.answer(large), AckStatus::kDelivered));
}

TEST(FullQueue, GivesBackWhatIsInFlightWhenTheRelayEnds) {
  FullQueue world;
  const MsgId large = world.send(world.ada, world.bob, std::string(30'000, 'y'));
  const MsgId small = world.send(world.ada, world.bob, "small");
  world.turn();
  world.engine->shut_down(world.now);
  world.settle();
  EXPECT_TRUE(world.engine->drained());
  EXPECT_TRUE(is_full(world.ada.answer(large)));
  EXPECT_TRUE(is_full(world.ada.answer(small)));
}

TEST(FullQueue, BecomesNoFullerByWhatWasInFlight) {
  FullQueue world;
  const std::uint64_t before = world.queued();
  for (int i = 0; i < 3; ++i) {
    world.send(world.ada, world.bob, std::string(9'000, 'y'));
    world.turn();
    world.bob_leaves();
    world.connect(world.bob);
    world.tell(world.ada, protocol::Pong{});
  }
  EXPECT_LE(world.queued(), before + 10'000) << "no more than the part of one mailbox";
  world.receipt_all(world.bob);
  world.settle();
  EXPECT_EQ(world.queued(), before);
  EXPECT_EQ(world.engine->status().held_bytes, before);
}

TEST(InFlight, IsBoundedForTheWholeRelay) {
  FullQueue world;
  // 10,000 for each connection, 100,000 for whoever comes first.
  std::size_t answered = 0;
  for (int i = 0; i < 4; ++i) {
    const MsgId msg_id = world.send(world.ada, world.bob, std::string(30'000, 'y'));
    world.turn();
    answered += is_full(world.ada.answer(msg_id)) ? 1 : 0;
  }
  EXPECT_THAT(world.bob.deliveries, SizeIs(3));
  EXPECT_EQ(answered, 1U) << "the fourth would have to be queued";
}

TEST(InFlight, OfNewcomersLeavesRoomForThatOfAgentsThatAreKnown) {
  FullQueue world;
  TestAgent newcomer{7};
  world.connect(newcomer);
  world.allow(newcomer, {&world.eve});
  for (int i = 0; i < 4; ++i) {
    world.send(world.eve, newcomer, std::string(15'000, 'x'));
    world.turn();
  }
  EXPECT_THAT(newcomer.deliveries, SizeIs(2)) << "its own 10,000 and a quarter of 100,000";
  world.send(world.ada, world.bob, std::string(60'000, 'y'));
  world.turn();
  EXPECT_THAT(world.bob.deliveries, SizeIs(1));
}

}  // namespace
}  // namespace agentroom::relay::test
