// Peers by name, key and prefix; and what hostile names can do.
#include <gmock/gmock.h>

#include "base/base64url.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string key(const TestAgent& agent) {
  return base64url(agent.id().view());
}

TEST(PeerNames, APeerIsFoundByNameKeyAndPrefix) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected(false, "bob");
  world.befriend(ann, bob);
  for (const std::string& text : {std::string("bob"), key(bob), key(bob).substr(0, 6)}) {
    auto found = ann.engine().find_peer(text);
    ASSERT_TRUE(found) << text;
    EXPECT_EQ(*found, bob.id());
  }
  EXPECT_EQ(ann.engine().find_peer("nobody").error().code, ErrorCode::kNoSession);
  EXPECT_EQ(ann.engine().find_peer("").error().code, ErrorCode::kNoSession);
  EXPECT_EQ(ann.engine().find_peer(key(ann)).error().code, ErrorCode::kNoSession);
}

TEST(PeerNames, TheOwnersNameGoesBeforeThePeersOwn) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected(false, "bob");
  world.befriend(ann, bob);
  auto renamed = ann.rename_peer(bob.id(), "planner");
  world.run();
  ASSERT_TRUE(renamed->value());
  EXPECT_EQ(ann.engine().peers().at(0).name, "planner");
  ann.restart();
  EXPECT_EQ(*ann.engine().find_peer("planner"), bob.id());
  EXPECT_FALSE(ann.engine().find_peer("bob"));
  ann.rename_peer(bob.id(), "");
  world.run();
  EXPECT_EQ(ann.engine().peers().at(0).name, "bob");
}

TEST(PeerNames, TwoPeersCannotHaveOneNameOfTheOwner) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  TestAgent& eve = world.connected();
  world.befriend(ann, bob);
  world.befriend(ann, eve);
  ann.rename_peer(bob.id(), "friend");
  auto second = ann.rename_peer(eve.id(), "friend");
  world.run();
  EXPECT_EQ(second->value().error().code, ErrorCode::kExists);
}

TEST(PeerNames, ANameIsPrintableShortAndNoKey) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  for (const std::string& name : {std::string("a\nb"), std::string(65, 'x'), key(ann), std::string("\x1b[1m")}) {
    auto renamed = ann.rename_peer(bob.id(), name);
    world.run();
    EXPECT_EQ(renamed->value().error().code, ErrorCode::kInvalid);
  }
}

TEST(PeerNames, APeerThatTakesAnothersNameMakesItAmbiguousAndNothingElse) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected(false, "bob");
  TestAgent& eve = world.connected(false, "bob");
  world.befriend(ann, bob);
  world.befriend(ann, eve);
  EXPECT_EQ(ann.engine().find_peer("bob").error().code, ErrorCode::kAmbiguous);
  ann.rename_peer(bob.id(), "bob");
  world.run();
  EXPECT_EQ(*ann.engine().find_peer("bob"), bob.id());
}

TEST(PeerNames, APeerCannotNameItselfLikeTheBeginningOfAnothersKey) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  TestAgent& eve = world.connected(false, key(bob).substr(0, 8));
  TestAgent& mallory = world.connected(false, key(bob));
  world.befriend(ann, bob);
  world.befriend(ann, eve);
  world.befriend(ann, mallory);
  EXPECT_EQ(ann.engine().find_peer(key(bob).substr(0, 8)).error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(*ann.engine().find_peer(key(bob)), bob.id());
}

TEST(PeerRemoval, ForgetsSessionsOutboxInboxAndTheTokenAtTheRelay) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  bob.send(ann.id(), "x");
  world.run();
  world.relay().mute_acks = true;
  ann.send(bob.id(), "y");
  world.run();
  world.relay().mute_acks = false;
  auto removed = ann.remove_peer(bob.id());
  world.advance(seconds(1));
  ASSERT_TRUE(removed->value());
  for (char kind : {'s', 'o', 'i', 'n', 'k', 'c'}) EXPECT_EQ(ann.store->count(kind), 0U) << kind;
  EXPECT_THAT(ann.engine().peers(), IsEmpty());
  bob.send(ann.id(), "z");
  world.run();
  EXPECT_EQ(bob.all<agent_events::SendProgress>().back().error->code, ErrorCode::kNotAllowed);
  EXPECT_EQ(ann.send(bob.id(), "w").use_count() > 0, true);
  auto again = ann.remove_peer(bob.id());
  world.run();
  EXPECT_EQ(again->value().error().code, ErrorCode::kNoSession);
}

TEST(PeerRemoval, IsNoObstacleToANewInvite) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  ann.remove_peer(bob.id());
  world.run();
  world.befriend(ann, bob);
  ann.send(bob.id(), "x");
  bob.send(ann.id(), "y");
  world.run();
  EXPECT_THAT(bob.received(), testing::ElementsAre("x"));
  EXPECT_THAT(ann.received(), testing::ElementsAre("y"));
}

}  // namespace
}  // namespace agentroom::test
