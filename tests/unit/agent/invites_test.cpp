// Invites on the inviter's side (protocol sections 2 and 3).
#include <gmock/gmock.h>

#include "base/base64url.hpp"
#include "protocol/invite.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Invite, NamesRelayAndInviterAndLivesAsLongAsAsked) {
  World world;
  TestAgent& ann = world.connected();
  auto invite = protocol::parse_invite(ann.invite(3'600'000));
  ASSERT_TRUE(invite);
  EXPECT_EQ(invite->inviter, ann.id());
  EXPECT_EQ(invite->server_url, kUrl);
  EXPECT_EQ(invite->relay_pk, world.relay().id());
  EXPECT_EQ(invite->expires_at, world.now.unix_ms + 3'600'000);
  EXPECT_THAT(ann.engine().invites(), SizeIs(1));
}

TEST(Invite, NamesAnotherUrlOfItsRelayWhereOneIsGiven) {
  World world;
  const std::string outside = "wss://name.example/ws";
  world.lead(outside, kUrl);
  TestAgent& ann = world.connected();
  EXPECT_EQ(ann.engine().set_invite_url("https://name.example").error().code, ErrorCode::kUsage);
  ASSERT_TRUE(ann.engine().set_invite_url(outside));
  const std::string url = ann.invite();
  EXPECT_EQ(protocol::parse_invite(url)->server_url, outside);
  EXPECT_EQ(protocol::parse_invite(url)->relay_pk, world.relay().id());
  ann.restart();
  ASSERT_THAT(ann.engine().invites(), SizeIs(1));
  EXPECT_EQ(ann.engine().invites()[0].named_url, outside);
  EXPECT_EQ(ann.engine().invites()[0].server_url, kUrl);
  TestAgent& bob = world.agent();
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->has_value() && accepted->value());
  EXPECT_THAT(bob.dialled, testing::Each(outside));
  EXPECT_THAT(ann.dialled, testing::Each(kUrl));
  ann.send(bob.id(), "hello");
  world.run();
  EXPECT_THAT(bob.received(), testing::ElementsAre("hello"));
}

TEST(Invite, NamesNoUrlWithMoreThanHostAndPath) {
  for (const char* url : {"wss://relay.example/ws?key=1", "wss://me@relay.example/ws", "wss://relay.example/ws#x"}) {
    World world;
    AgentConfig config;
    config.server = url;
    TestAgent& ann = world.agent(std::move(config));
    const auto answer = ann.create_invite();
    world.run();
    ASSERT_TRUE(answer->has_value()) << url;
    ASSERT_FALSE(answer->value()) << url;
    EXPECT_EQ(answer->value().error().code, ErrorCode::kUsage) << url;
    EXPECT_THAT(answer->value().error().message, HasSubstr("no user name, query or fragment"));
    EXPECT_EQ(ann.engine().set_invite_url(url).error().code, ErrorCode::kUsage) << url;
  }
}

TEST(Invite, ItsUrlLeavesOnlyWhenRelayAndStoreHaveIt) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  ann.store->automatic = false;
  auto answer = ann.create_invite();
  world.run();
  EXPECT_THAT(world.relay().frames_of(ann.id()), testing::Not(testing::Contains("InvitePublish")));
  ASSERT_TRUE(ann.store->complete_one());  // the record
  world.run();
  EXPECT_THAT(world.relay().frames_of(ann.id()), testing::Contains("InvitePublish"));
  EXPECT_FALSE(answer->has_value());
  ASSERT_TRUE(ann.store->complete_one());  // that it is published
  world.run();
  EXPECT_TRUE(answer->has_value() && answer->value());
}

TEST(Invite, OneThatWasNeverAnnouncedIsRevokedAfterACrash) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().mute_acks = true;
  ann.create_invite();
  world.run();
  world.relay().mute_acks = false;
  ann.restart();
  world.run();
  EXPECT_THAT(ann.engine().invites(), IsEmpty());
  EXPECT_EQ(ann.store->count('v'), 0U);
  EXPECT_THAT(world.relay().frames_of(ann.id()), testing::Contains("InviteRevoke"));
}

TEST(Invite, OutlivesARestart) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  ann.restart();
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->has_value());
  EXPECT_TRUE(accepted->value());
  EXPECT_THAT(ann.all<agent_events::PeerOnline>(), SizeIs(1));
}

TEST(Invite, NeedsARelayAndASensibleLife) {
  World world;
  TestAgent& ann = world.agent();
  auto homeless = ann.create_invite();
  TestAgent& bob = world.connected();
  auto endless = bob.create_invite(7LL * 24 * 3'600'000 + 1);
  auto dead = bob.create_invite(0);
  world.run();
  EXPECT_EQ(homeless->value().error().code, ErrorCode::kUsage);
  EXPECT_EQ(endless->value().error().code, ErrorCode::kUsage);
  EXPECT_EQ(dead->value().error().code, ErrorCode::kUsage);
}

TEST(Invite, SaysWhenTheRelayIsNotThere) {
  World world;
  world.relay().online = false;
  TestAgent& ann = world.connected();
  auto answer = ann.create_invite();
  world.run();
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().error().code, ErrorCode::kNetwork);
  EXPECT_FALSE(answer->value().error().hint.empty());
}

TEST(Invite, TimesOutWhenTheRelayTakesItAndSaysNothing) {
  World world;
  TestAgent& ann = world.connected();
  world.run();
  world.relay().mute_acks = true;
  auto answer = ann.create_invite();
  world.advance(seconds(16));
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ(answer->value().error().code, ErrorCode::kTimeout);
  EXPECT_THAT(answer->value().error().message, testing::StartsWith("ACK timeout"));
}

TEST(Invite, ARefusalOfTheRelayIsToldAndLeavesNothing) {
  World world;
  TestAgent& ann = world.connected();
  world.relay().refuse_publish = protocol::Code::kInviteQuota;
  auto quota = ann.create_invite();
  world.run();
  EXPECT_EQ(quota->value().error().code, ErrorCode::kQueueFull);
  world.relay().refuse_publish = protocol::Code::kNotAllowed;
  auto barred = ann.create_invite();
  world.run();
  EXPECT_EQ(barred->value().error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(ann.store->count('v'), 0U);
}

TEST(Invite, ARevokedOneCannotBeAccepted) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite();
  const InviteId id = ann.engine().invites().at(0).invite_id;
  auto revoked = ann.revoke(id);
  world.run();
  ASSERT_TRUE(revoked->has_value() && revoked->value());
  EXPECT_EQ(ann.all<agent_events::InviteClosed>().at(0).why, "revoked");
  EXPECT_EQ(ann.store->count('v'), 0U);
  auto accepted = bob.accept(url);
  world.run();
  EXPECT_EQ(accepted->value().error().code, ErrorCode::kInviteRevoked);
  EXPECT_EQ(accepted->value().error().message, "invite revoked");
  EXPECT_EQ(bob.store->count('s'), 0U);
  EXPECT_EQ(bob.store->count('c'), 0U);
}

TEST(Invite, AcceptedTwiceBeforeItsRelayIsReachedIsClaimedOnce) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.agent();
  const std::string url = ann.invite();
  auto first = bob.accept(url);
  auto second = bob.accept(url);
  world.run();
  ASSERT_TRUE(second->has_value());
  ASSERT_FALSE(second->value());
  EXPECT_EQ(second->value().error().code, ErrorCode::kExists);
  ASSERT_TRUE(first->has_value() && first->value());
  EXPECT_EQ(bob.store->count('s'), 1U);
  EXPECT_EQ(bob.store->count('c'), 0U);
  ann.send(bob.id(), "hello");
  world.run();
  EXPECT_THAT(bob.received(), testing::ElementsAre("hello"));
}

TEST(Invite, RevokingWhatIsNotOpenSaysSo) {
  World world;
  TestAgent& ann = world.connected();
  auto answer = ann.revoke(InviteId{});
  world.run();
  EXPECT_EQ(answer->value().error().code, ErrorCode::kNotFound);
}

TEST(Invite, AnExpiredOneIsRevokedByItselfAndItsKeysAreDeleted) {
  World world;
  TestAgent& ann = world.connected();
  ann.invite(60'000);
  EXPECT_EQ(ann.store->count('v'), 1U);
  world.jump(hours(1));
  world.advance(seconds(120));
  EXPECT_EQ(ann.store->count('v'), 0U);
  EXPECT_EQ(ann.all<agent_events::InviteClosed>().at(0).why, "expired");
}

TEST(Invite, ARelayThatFailsToRevokeItIsAskedAgain) {
  World world;
  TestAgent& ann = world.connected();
  ann.invite(60'000);
  world.relay().refuse_revokes = protocol::Code::kInternal;
  world.advance(std::chrono::minutes(4));
  EXPECT_THAT(world.relay().frames_of(ann.id()),
              testing::Contains("InviteRevoke").Times(testing::AllOf(testing::Ge(2), testing::Le(10))));
  EXPECT_EQ(ann.store->count('v'), 1U);
  world.relay().refuse_revokes.reset();
  world.advance(std::chrono::minutes(1));
  EXPECT_EQ(ann.store->count('v'), 0U);
  ASSERT_THAT(ann.all<agent_events::InviteClosed>(), SizeIs(1));
  EXPECT_EQ(ann.all<agent_events::InviteClosed>()[0].why, "expired");
  EXPECT_THAT(ann.all<agent_events::Connected>(), SizeIs(1)) << "on the same connection";
}

TEST(Invite, AnExpiredOneSaysSoThoughTheAgentStoppedBeforeItWasRevoked) {
  World world;
  TestAgent& ann = world.connected();
  ann.invite(60'000);
  world.relay().mute_acks = true;
  world.advance(std::chrono::minutes(4));
  EXPECT_THAT(world.relay().frames_of(ann.id()), testing::Contains("InviteRevoke"));
  world.relay().mute_acks = false;
  ann.restart();
  world.run();
  ASSERT_THAT(ann.all<agent_events::InviteClosed>(), SizeIs(1));
  EXPECT_EQ(ann.all<agent_events::InviteClosed>()[0].why, "expired");
}

TEST(Invite, ClaimedInTimeItIsKeptThoughItExpiredBeforeTheInviterCameBack) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  const std::string url = ann.invite(60'000);
  ann.crash();
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->value());
  // The mailbox is slow: the revocation is answered before the SessionInit comes.
  world.jump(hours(2));
  world.relay().tamper = [](const AgentId&, AgentId&, MsgId&, Bytes&) { return false; };
  ann.start();
  world.advance(seconds(120));
  EXPECT_EQ(ann.store->count('v'), 1U);
  world.relay().tamper = nullptr;
  world.relay().cut(ann.id());
  world.advance(seconds(60));
  EXPECT_THAT(ann.all<agent_events::PeerOnline>(), SizeIs(1));
  EXPECT_EQ(ann.store->count('v'), 0U);
}

TEST(Invite, ItsUrlIsInNoEventAndNoError) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  std::string url = ann.invite();
  url[url.size() - 20] = url[url.size() - 20] == 'A' ? 'B' : 'A';
  auto accepted = bob.accept(url);
  world.run();
  ASSERT_TRUE(accepted->has_value());
  ASSERT_FALSE(accepted->value());
  const Error& error = accepted->value().error();
  EXPECT_EQ((error.message + error.hint).find(url.substr(30, 20)), std::string::npos);
}

}  // namespace
}  // namespace agentroom::test
