// Strangers who try to use up what the relay has for all (protocol section 8).
#include "pair.hpp"

namespace agentroom::relay::test {
namespace {

RelayConfig with(auto&& change) {
  RelayConfig config;
  change(config.limits);
  return config;
}

/// An invite of `inviter` that `claimant` uses: neither is a newcomer any more. Both are connected.
void befriend(RelayWorld& world, TestAgent& inviter, TestAgent& claimant) {
  const TestInvite invite = make_invite(world);
  world.tell(inviter, invite.publish(world));
  world.settle();
  world.tell(claimant, invite.claim(claimant, world.new_msg_id(), "init"));
  world.settle();
  world.receipt_all(inviter);
  world.settle();
}

protocol::Allow some_tokens(std::size_t count, std::uint64_t seed) {
  protocol::Allow allow;
  Sequence random(seed);
  allow.hashes.resize(count);
  for (TokenHash& hash : allow.hashes) random.fill(hash.mutable_view());
  std::ranges::sort(allow.hashes);
  return allow;
}

struct Crowd {
  TestAgent& one() { return *agents.emplace_back(std::make_unique<TestAgent>(100 + agents.size())); }
  std::vector<std::unique_ptr<TestAgent>> agents;
};

// ---- tokens ----

TEST(Strangers, WithLargeAllowListsLeaveRoomForThoseOfOthers) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.mailboxes = 100;
    limits.allowed_tokens = 20'000;  // 100 for each mailbox, 10,000 for whoever comes first
  }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  befriend(world, ada, bob);

  Crowd crowd;
  std::size_t refused = 0;
  for (int i = 0; i < 20; ++i) {
    TestAgent& stranger = crowd.one();
    world.connect(stranger);
    world.tell(stranger, some_tokens(1'000, 500 + static_cast<std::uint64_t>(i)));
    world.settle();
    refused += stranger.errors.size();
    world.disconnect(stranger);
  }
  EXPECT_EQ(refused, 18U) << "two lists fit into the newcomers' 2,500";
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kAllowedTokens), 18U);

  world.tell(ada, some_tokens(7'000, 9));
  world.settle();
  EXPECT_THAT(ada.errors, IsEmpty());
  TestAgent newcomer{3};
  world.connect(newcomer);
  world.tell(newcomer, some_tokens(100, 10));
  world.settle();
  EXPECT_THAT(newcomer.errors, IsEmpty()) << "its own part is its own";
}

// ---- mailboxes ----

TEST(Strangers, WithManyIdentitiesTakeMailboxesFromEachOtherOnly) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.mailboxes = 40;
    limits.handshakes_per_minute = limits.handshake_burst = 10'000;
  }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  world.allow(ada, {&bob});
  befriend(world, ada, bob);
  world.disconnect(ada);

  Crowd crowd;
  for (int i = 0; i < 200; ++i) {
    TestAgent& stranger = crowd.one();
    world.connect(stranger);
    world.allow(stranger, {});
    EXPECT_THAT(stranger.errors, IsEmpty()) << i;
    world.disconnect(stranger);
    world.settle();
  }
  EXPECT_EQ(world.engine->status().mailboxes, 12U) << "ada, bob and a quarter of 40";
  EXPECT_THAT(world.records, SizeIs(12 + 1 + 1)) << "the forgotten ones are gone from disk, too";

  const MsgId msg_id = world.send(bob, ada, "your mailbox stands");
  world.settle();
  EXPECT_TRUE(is(bob.answer(msg_id), AckStatus::kQueued));

  // Who was forgotten begins again when it comes back.
  TestAgent& first = *crowd.agents.front();
  world.connect(first);
  EXPECT_FALSE(first.welcome.allow_digest);
  world.allow(first, {&bob});
  world.send(bob, first, "hello again");
  world.turn();
  EXPECT_THAT(first.texts(), ElementsAre("hello again"));
}

TEST(Strangers, WhoAreConnectedKeepTheirMailboxes) {
  RelayWorld world(with([](RelayLimits& limits) { limits.mailboxes = 8; }));
  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
  world.connect(ada);
  world.connect(bob);
  world.connect(cleo);
  world.allow(ada, {});
  world.allow(bob, {});
  world.allow(cleo, {});
  EXPECT_THAT(cleo.errors, SizeIs(1));
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kMailboxes), 1U);
  world.disconnect(ada);
  world.settle();
  world.allow(cleo, {});
  EXPECT_THAT(cleo.errors, SizeIs(1));
  world.connect(ada);
  EXPECT_FALSE(ada.welcome.allow_digest);
}

TEST(Strangers, MailboxThatIsForgottenIsForgottenAfterAFailedCommitToo) {
  RelayWorld world(with([](RelayLimits& limits) { limits.mailboxes = 4; }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.allow(ada, {});
  world.disconnect(ada);
  world.connect(bob);
  world.tell(bob, protocol::Allow{});
  world.turn();
  world.store->fail();
  world.turn();
  world.advance(2s);
  world.settle();
  world.crash();
  world.boot();
  EXPECT_EQ(world.engine->status().mailboxes, 1U);
  world.connect(bob);
  EXPECT_TRUE(bob.welcome.allow_digest);
}

TEST(Strangers, CannotWriteByATokenOfAMailboxThatWasForgotten) {
  RelayWorld world(with([](RelayLimits& limits) { limits.mailboxes = 8; }));
  TestAgent ada{1};
  TestAgent bob{2};
  TestAgent cleo{3};
  world.connect(ada);
  world.connect(bob);
  world.allow(bob, {&ada});
  world.send(ada, bob, "listed");
  world.turn();
  world.receipt_all(bob);
  world.disconnect(bob);
  world.settle();
  world.connect(cleo);
  world.allow(cleo, {});
  world.allow(ada, {});  // the second newcomer's mailbox: bob's goes
  world.connect(bob);
  world.disconnect(cleo);
  world.settle();
  world.allow(bob, {&cleo});  // as many changes as ada has seen of the mailbox before
  const MsgId msg_id = world.send(ada, bob, "no longer listed");
  world.settle();
  EXPECT_TRUE(is(ada.answer(msg_id), AckStatus::kRejected, Code::kNotAllowed));
}

// ---- invites ----

TEST(Strangers, WhoUseInvitesOfEachOtherFillNoTable) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.open_invites = 4;
    limits.invites = 100;
    limits.invites_per_hour = 100'000;
    limits.frame_burst = 100'000;
  }));
  TestAgent eve{1};
  TestAgent mallory{2};
  world.connect(eve);
  world.connect(mallory);
  for (int i = 0; i < 300; ++i) {
    befriend(world, eve, mallory);
    world.allow(eve, {});
  }
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kOpenInvites), 0U);
  EXPECT_EQ(world.engine->status().remembered_invites, 20U) << "five for each that may be open";

  TestAgent ada{3};
  world.connect(ada);
  const TestInvite invite = make_invite(world);
  const auto publish = invite.publish(world);
  world.tell(ada, publish);
  world.settle();
  EXPECT_TRUE(is(ada.answer(publish.request_id), AckStatus::kOk));
}

TEST(Strangers, WhoAnswerNoClaimAreBoundByTheirOwnInvites) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.open_invites = 2;
    limits.invites_per_hour = 100'000;
  }));
  TestAgent eve{1};
  TestAgent mallory{2};
  world.connect(eve);
  world.connect(mallory);
  for (int i = 0; i < 20; ++i) {
    const TestInvite invite = make_invite(world);
    world.tell(eve, invite.publish(world));
    world.settle();
    world.tell(mallory, invite.claim(mallory, world.new_msg_id(), "init"));
    world.settle();
  }
  EXPECT_EQ(world.engine->status().remembered_invites, 10U);
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kOpenInvites), 10U);
}

TEST(Strangers, MakeNoRoomByAnInviteWhoseInviterDoesNotListTheClaimantYet) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.invites = 2;
    limits.newcomer_percent = 100;
  }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  const TestInvite used = make_invite(world);
  world.tell(ada, used.publish(world), make_invite(world).publish(world));
  world.settle();
  world.tell(bob, used.claim(bob, world.new_msg_id(), "init"));
  world.settle();
  world.receipt_all(ada);
  world.settle();

  const auto publish = make_invite(world).publish(world);
  world.tell(ada, protocol::InvitePublish(publish));
  world.settle();
  EXPECT_TRUE(is(ada.answer(publish.request_id), AckStatus::kRejected, Code::kInviteQuota));
  const std::string text = "by the invite's token";
  world.tell(bob, protocol::Send{world.new_msg_id(), ada.id(), used.token(), as_bytes(text)});
  world.turn();
  EXPECT_THAT(ada.texts(), ElementsAre(text));

  world.allow(ada, {&bob});
  world.tell(ada, protocol::InvitePublish(publish));
  world.settle();
  EXPECT_TRUE(is(ada.answer(publish.request_id), AckStatus::kOk));
}

TEST(Strangers, WhoseClaimsNobodyTakesUpGiveTheirPlacesBackOnceTheClaimIsGone) {
  TestAgent eve{1};
  TestAgent mallory{2};
  TestAgent ada{3};
  RelayConfig config = with([](RelayLimits& limits) { limits.invites = 10; });
  config.publishers = std::vector{eve.id(), ada.id()};
  RelayWorld world(config);
  world.connect(eve);
  world.connect(mallory);
  for (int i = 0; i < 10; ++i) {
    const TestInvite invite = make_invite(world, 7 * 24h);
    world.tell(eve, invite.publish(world));
    world.settle();
    world.tell(mallory, invite.claim(mallory, world.new_msg_id(), "init"));
    world.settle();
  }
  world.disconnect(eve);
  world.disconnect(mallory);

  const auto publish = [&] {
    world.connect(ada);
    const auto request = make_invite(world).publish(world);
    world.tell(ada, request);
    world.settle();
    world.disconnect(ada);
    return ada.answer(request.request_id)->code;
  };
  EXPECT_EQ(publish(), Code::kInviteQuota) << "what waits for its inviter is not forgotten";
  world.advance(7 * 24h + 1min);
  world.settle();
  world.crash();
  world.boot();
  EXPECT_EQ(world.engine->status().remembered_invites, 10U);
  EXPECT_EQ(publish(), Code::kNone);
}

TEST(Strangers, WhoTakeUpAClaimAndListNobodyGiveItsPlaceBackWhenTheInviteExpires) {
  TestAgent eve{1};
  TestAgent mallory{2};
  TestAgent ada{3};
  RelayConfig config = with([](RelayLimits& limits) { limits.invites = 1; });
  config.publishers = std::vector{eve.id(), ada.id()};
  RelayWorld world(config);
  world.connect(eve);
  world.connect(mallory);
  befriend(world, eve, mallory);
  world.connect(ada);
  const auto first = make_invite(world).publish(world);
  world.tell(ada, first);
  world.settle();
  EXPECT_EQ(ada.answer(first.request_id)->code, Code::kInviteQuota);
  world.disconnect(ada);
  world.now.unix_ms += 25 * 3'600'000;
  world.connect(ada);
  const auto second = make_invite(world).publish(world);
  world.tell(ada, second);
  world.settle();
  EXPECT_EQ(ada.answer(second.request_id)->code, Code::kNone);
}

TEST(Strangers, WithManyOpenInvitesLeaveRoomForAgentsThatAreKnown) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.invites = 20;
    limits.open_invites = 2;
  }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  befriend(world, ada, bob);
  Crowd crowd;
  for (int i = 0; i < 10; ++i) {
    TestAgent& stranger = crowd.one();
    world.connect(stranger);
    world.tell(stranger, make_invite(world).publish(world), make_invite(world).publish(world));
    world.settle();
  }
  EXPECT_EQ(world.engine->status().invites, 5U);
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kInvites), 15U);
  const auto publish = make_invite(world).publish(world);
  world.tell(ada, publish);
  world.settle();
  EXPECT_TRUE(is(ada.answer(publish.request_id), AckStatus::kOk));
}

TEST(Strangers, MakeOnlySoManyInvitesAnHourFromOneAddress) {
  RelayWorld world(with([](RelayLimits& limits) { limits.invites_per_hour = 2; }));
  const PeerInfo here{.address = "192.0.2.1", .forwarded_for = {}, .cf_connecting_ip = {}};
  const PeerInfo there{.address = "192.0.2.2", .forwarded_for = {}, .cf_connecting_ip = {}};
  Crowd crowd;
  const auto publish_from = [&](const PeerInfo& place) {
    TestAgent& agent = crowd.one();
    world.connect(agent, place);
    const auto publish = make_invite(world).publish(world);
    world.tell(agent, publish);
    world.tell(agent, protocol::InvitePublish(publish));  // again: no new one
    world.settle();
    world.disconnect(agent);
    return agent.answer(publish.request_id)->code;
  };
  EXPECT_EQ(publish_from(here), Code::kNone);
  EXPECT_EQ(publish_from(here), Code::kNone);
  EXPECT_EQ(publish_from(here), Code::kInviteQuota);
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kInvitesPerHour), 2U);
  EXPECT_EQ(publish_from(there), Code::kNone);
  world.advance(30min);
  EXPECT_EQ(publish_from(here), Code::kNone);
}

// ---- bytes ----

TEST(Strangers, WhoWriteToEachOtherLeaveRoomForMessagesOfOthers) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.mailboxes = 10;
    limits.queued_bytes = 200'000;  // 10,000 for each mailbox, 100,000 for whoever comes first
    limits.newcomer_percent = 50;
  }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  world.allow(ada, {&bob});
  befriend(world, ada, bob);
  world.disconnect(ada);
  world.settle();

  TestAgent eve{3};
  TestAgent mallory{4};
  world.connect(eve);
  world.connect(mallory);
  world.allow(mallory, {&eve});
  world.disconnect(mallory);
  world.settle();
  for (int i = 0; i < 50; ++i) {
    world.send(eve, mallory, std::string(5'000, 'x'));
    world.tell(eve, protocol::Pong{});  // it knows what was refused, and sends something else
    world.settle();
  }
  EXPECT_EQ(world.engine->status().pending_bytes, 60'000U) << "its own part and half of what is for all";
  EXPECT_GT(world.engine->status().hits(RelayLimit::kQueuedBytes), 0U);

  const MsgId large = world.send(bob, ada, std::string(50'000, 'b'));
  world.settle();
  EXPECT_TRUE(is(bob.answer(large), AckStatus::kQueued));
}

TEST(Strangers, WhoBecomeKnownStillLeaveEachMailboxItsPart) {
  RelayWorld world(with([](RelayLimits& limits) {
    limits.mailboxes = 10;
    limits.queued_bytes = 200'000;
  }));
  TestAgent eve{3};
  TestAgent mallory{4};
  world.connect(eve);
  world.connect(mallory);
  world.allow(mallory, {&eve});
  befriend(world, mallory, eve);
  world.disconnect(mallory);
  world.settle();
  for (int i = 0; i < 50; ++i) {
    world.send(eve, mallory, std::string(5'000, 'x'));
    world.tell(eve, protocol::Pong{});
    world.settle();
  }
  EXPECT_EQ(world.engine->status().pending_bytes, 110'000U);

  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  world.allow(ada, {&bob});
  world.disconnect(ada);
  world.settle();
  const MsgId msg_id = world.send(bob, ada, std::string(9'000, 'b'));
  world.settle();
  EXPECT_TRUE(is(bob.answer(msg_id), AckStatus::kQueued));
}

// ---- connections ----

PeerInfo from(const std::string& address) {
  return {.address = address, .forwarded_for = {}, .cf_connecting_ip = {}};
}

TEST(Strangers, WithThrowAwayIdentitiesKeepNobodyOutWhoIsKnown) {
  RelayWorld world(with([](RelayLimits& limits) { limits.connections = 40; }));
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  befriend(world, ada, bob);
  world.disconnect(bob);

  Crowd crowd;
  std::size_t connected = 0;
  for (int i = 0; i < 60; ++i) {
    TestAgent& stranger = crowd.one();
    if (world.connect(stranger, from("2001:db8:" + std::to_string(i) + "::1"))) ++connected;
  }
  EXPECT_EQ(connected, 10U) << "a quarter of 40";
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kConnections), 50U);
  EXPECT_THAT(world.observer.refused.back(), testing::HasSubstr("that agents new to it may have"));
  EXPECT_EQ(world.engine->status().agents, 11U);
  EXPECT_TRUE(world.connect(bob));

  // One that becomes known, or goes, leaves its place to another newcomer.
  world.disconnect(*crowd.agents.front());
  TestAgent& late = crowd.one();
  EXPECT_TRUE(world.connect(late));
  befriend(world, ada, late);
  EXPECT_TRUE(world.connect(crowd.one()));
  EXPECT_FALSE(world.connect(crowd.one()));
}

TEST(Strangers, WhoAreTurnedAwayAreToldToComeAgain) {
  RelayWorld world(with([](RelayLimits& limits) { limits.connections = 4; }));
  TestAgent first{1};
  TestAgent second{2};
  EXPECT_TRUE(world.connect(first));
  EXPECT_TRUE(world.connect(first)) << "in the place of its own connection";
  EXPECT_FALSE(world.connect(second));
  EXPECT_EQ(world.channels[3].close_code, 1013);
}

TEST(Strangers, WhoSayNothingLeaveTheirPlacesToThoseWhoDo) {
  RelayWorld world(with([](RelayLimits& limits) { limits.unauthenticated = 10; }));
  std::vector<ChannelId> silent;
  for (int i = 0; i < 25; ++i) silent.push_back(world.open(from("192.0.2." + std::to_string(i))));
  TestAgent ada{1};
  EXPECT_TRUE(world.connect(ada, from("203.0.113.1")));
  EXPECT_EQ(world.channels[silent[15]].close_code, 1013) << "the oldest first";
  EXPECT_FALSE(world.channels[silent[16]].closed);
  EXPECT_EQ(world.engine->status().connections, 10U);
  EXPECT_EQ(world.engine->status().hits(RelayLimit::kUnauthenticated), 16U);
  for (const ChannelId channel : silent) world.engine->on_closed(channel, world.now);
  EXPECT_EQ(world.engine->status().connections, 1U);
}

TEST(Strangers, WhoSayNothingKeepNobodyOutOfAFullRelay) {
  RelayWorld world(with([](RelayLimits& limits) { limits.connections = limits.unauthenticated = 4; }));
  for (int i = 0; i < 4; ++i) world.open(from("192.0.2." + std::to_string(i)));
  TestAgent ada{1};
  EXPECT_TRUE(world.connect(ada, from("203.0.113.1")));
  EXPECT_EQ(world.engine->status().connections, 4U);
}

TEST(Strangers, BehindATunnelThatManyShareLockNobodyOut) {
  RelayConfig config;
  config.shared_addresses = {"127.0.0.1"};
  RelayWorld world(config);
  TestAgent bob{2};
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 100; ++i) {
      const ChannelId channel = world.open(from("127.0.0.1"));
      world.inject(channel, Bytes(200, std::byte{1}));
      world.engine->on_closed(channel, world.now);
    }
    EXPECT_TRUE(world.connect(bob, from("127.0.0.1")));
    world.disconnect(bob);
    world.advance(1min);
  }
}

// ---- who is known ----

TEST(Newcomer, IsOneNoLongerAfterAClaimAndARestart) {
  RelayConfig config = with([](RelayLimits& limits) {
    limits.mailboxes = 100;
    limits.allowed_tokens = 20'000;
  });
  RelayWorld world(config);
  TestAgent ada{1};
  TestAgent bob{2};
  world.connect(ada);
  world.connect(bob);
  befriend(world, ada, bob);
  world.advance(22 * 24h);  // the invite itself is forgotten
  world.settle();
  EXPECT_EQ(world.engine->status().remembered_invites, 0U);
  world.crash();
  world.boot();
  for (TestAgent* agent : {&ada, &bob}) {
    world.connect(*agent);
    world.tell(*agent, some_tokens(4'000, agent == &ada ? 1 : 2));
    world.settle();
    EXPECT_THAT(agent->errors, IsEmpty());
  }
}

TEST(Newcomer, IsNobodyWhoIsNamedAsAPublisher) {
  TestAgent ada{1};
  RelayConfig config = with([](RelayLimits& limits) {
    limits.mailboxes = 100;
    limits.allowed_tokens = 20'000;
  });
  config.publishers = std::vector{TestAgent(7).id(), ada.id(), TestAgent(8).id()};
  RelayWorld world(config);
  world.connect(ada);
  world.tell(ada, some_tokens(4'000, 1));
  world.settle();
  EXPECT_THAT(ada.errors, IsEmpty());
}

}  // namespace
}  // namespace agentroom::relay::test
