// The store: whose it is, what lies in it, and what happens when it fails.
#include <gmock/gmock.h>

#include "agentroom/store_inspection.hpp"
#include "world.hpp"

namespace agentroom::test {
namespace {

using agent_events::StoreFailed;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Error kDiskFull{ErrorCode::kIo, "no space left on device", {}};

/// Records of every kind that a conversation makes; ann is down.
void make_records(World& world, TestAgent& ann, TestAgent& bob) {
  world.befriend(ann, bob);
  ann.invite();
  bob.send(ann.id(), "x");
  world.relay().deliver(ann.id(), bob.id(), MsgId{}, Bytes(10));
  world.run();
  world.relay().mute_acks = true;
  ann.send(bob.id(), "y");
  world.run();
  ann.crash();
}

TEST(AgentStore, OfAnotherIdentityIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  ann.crash();
  ann.identity = crypto::Identity::generate(world.random);
  auto started = ann.try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(started.error().message, HasSubstr("identity"));
  EXPECT_THAT(started.error().hint, HasSubstr("identity.json"));
}

TEST(AgentStore, OfSomethingElseIsRefusedAndNotTouched) {
  World world;
  TestAgent& ann = world.connected();
  ann.crash();
  ann.store->mutable_records()[Bytes{std::byte{'x'}}] = Bytes(10);
  auto started = ann.try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ann.store->commits, 0U);
}

TEST(AgentStore, WithADamagedRecordOfAnyKindIsRefused) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  make_records(world, ann, bob);
  const FakeStore::Records good = ann.store->durable();
  std::set<char> kinds;
  for (const auto& [key, value] : good) {
    const char kind = static_cast<char>(key.front());
    if (kind == 'd') continue;  // looked up, not read at the start
    kinds.insert(kind);
    ann.store = std::make_unique<FakeStore>(good);
    ann.store->mutable_records()[key].back() ^= std::byte{1};
    auto started = ann.try_start();
    ASSERT_FALSE(started) << kind;
    EXPECT_EQ(started.error().code, ErrorCode::kCorrupt) << kind;
    ann.crash();
  }
  EXPECT_THAT(kinds, testing::IsSupersetOf({'m', 's', 'n', 'o', 'i', 'u', 'v', 'p'}));
}

TEST(AgentStore, IsInspectedWithEachKindCounted) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  make_records(world, ann, bob);
  auto found = inspect_agent_store(*ann.store, ann.identity);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->problems, IsEmpty());
  std::map<std::string, std::uint64_t> counts;
  for (const auto& kind : found->kinds) counts[kind.name] = kind.records;
  for (const char* kind : {"peers", "sessions", "outbox", "inbox", "invites", "unreadable", "pins"}) {
    EXPECT_GE(counts[kind], 1U) << kind;
  }
  EXPECT_EQ(counts["sessions"], ann.store->count('s'));
  FakeStore empty;
  EXPECT_TRUE(inspect_agent_store(empty, ann.identity));
  const auto foreign = inspect_agent_store(*ann.store, crypto::Identity::generate(world.random));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, ErrorCode::kCorrupt);
}

TEST(AgentStore, InspectionTellsEveryRecordThatIsDamaged) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  make_records(world, ann, bob);
  const FakeStore::Records good = ann.store->durable();
  for (const auto& [key, value] : good) {
    const char kind = static_cast<char>(key.front());
    if (kind == 'm') continue;  // without it the whole store is nobody's
    FakeStore store(good);
    store.mutable_records()[key].back() ^= std::byte{1};
    const auto found = inspect_agent_store(store, ann.identity);
    ASSERT_TRUE(found) << kind;
    EXPECT_GE(found->problem_count, 1U) << kind;
  }
}

TEST(AgentStore, InspectionTellsARecordUnderNoKey) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  make_records(world, ann, bob);
  FakeStore store(ann.store->durable());
  store.mutable_records()[Bytes()] = Bytes(64, std::byte{1});
  const auto found = inspect_agent_store(store, ann.identity);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problems, testing::Contains(HasSubstr("under no key")));
}

TEST(AgentStore, InspectionTellsWhatRefersToASessionThatIsGone) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  make_records(world, ann, bob);
  FakeStore store(ann.store->durable());
  std::erase_if(store.mutable_records(), [](const auto& record) { return record.first.front() == std::byte{'s'}; });
  const auto found = inspect_agent_store(store, ann.identity);
  ASSERT_TRUE(found);
  EXPECT_THAT(found->problems, testing::Contains(HasSubstr("outbox: the session")));
}

TEST(AgentStore, TwoRecordsThatChangedPlacesAreNoticed) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  for (const char* text : {"1", "2"}) bob.send(ann.id(), text);
  world.run();
  ann.crash();
  std::vector<Bytes*> rows;
  for (auto& [key, value] : ann.store->mutable_records()) {
    if (key.front() == static_cast<std::byte>('i')) rows.push_back(&value);
  }
  ASSERT_THAT(rows, SizeIs(2));
  std::swap(*rows[0], *rows[1]);
  EXPECT_FALSE(ann.try_start());
}

TEST(AgentStore, ThatCannotBeReadIsToldAtTheStart) {
  World world;
  TestAgent& ann = world.connected();
  ann.crash();
  ann.store->read_error = Error{ErrorCode::kIo, "input/output error", {}};
  auto started = ann.try_start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kIo);
}

TEST(AgentStore, HoldsNoTextNoKeyNoNameAndNoUrlInClear) {
  World world;
  TestAgent& ann = world.connected(false, "name-of-ann");
  TestAgent& bob = world.connected(false, "name-of-bob");
  world.befriend(ann, bob);
  ann.invite();
  bob.send(ann.id(), "a plain text");
  world.run();
  world.relay().mute_acks = true;
  ann.send(bob.id(), "a waiting text");
  world.run();
  std::string all;
  for (const auto& [key, value] : ann.store->durable()) {
    all += as_text(key);
    all += as_text(value);
  }
  std::vector<std::string> secrets{"a plain text", "a waiting text", "name-of-ann", "name-of-bob", kUrl};
  for (const TestAgent* agent : {&ann, &bob}) {
    secrets.emplace_back(as_text(agent->id().view()));
    secrets.emplace_back(as_text(agent->identity.x25519.pk.view()));
    secrets.emplace_back(as_text(agent->identity.x25519.secret.view()));
    secrets.emplace_back(as_text(agent->identity.ed25519.secret.view().first(32)));
  }
  for (const SeenSend& send : world.relay().sends) {
    secrets.emplace_back(as_text(send.msg_id.view()));
    secrets.emplace_back(as_text(send.envelope));
  }
  for (const std::string& secret : secrets) EXPECT_EQ(all.find(secret), std::string::npos);
}

TEST(AgentStore, ThatFailsEndsTheEngineAndNothingThatWasNotDurableLeaves) {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  ann.store->automatic = false;
  const auto sends_of_ann = [&] { return std::ranges::count(world.relay().frames_of(ann.id()), "Send"); };
  const auto sends = sends_of_ann();
  const std::size_t receipts = world.relay().receipts.size();
  auto sent = ann.send(bob.id(), "never");
  bob.send(ann.id(), "not lost");
  world.run();
  auto later = ann.send(bob.id(), "never either");
  world.run();
  ASSERT_GE(ann.store->waiting(), 2U);
  ann.store->complete_one(kDiskFull);
  world.run();
  ASSERT_THAT(ann.all<StoreFailed>(), SizeIs(1));
  EXPECT_THAT(ann.all<StoreFailed>()[0].error.message, HasSubstr("no space left"));
  EXPECT_EQ(sent->value().error().code, ErrorCode::kIo);
  EXPECT_FALSE(later->value());
  EXPECT_EQ(sends_of_ann(), sends);
  EXPECT_EQ(world.relay().receipts.size(), receipts);
  EXPECT_FALSE(world.relay().connected(ann.id()));
  EXPECT_THAT(ann.handled, IsEmpty());
  EXPECT_TRUE(ann.engine().idle());
  // It does nothing more, whatever comes.
  const std::size_t events = ann.events.size();
  const std::size_t commits = ann.store->commits;
  while (ann.store->complete_one(Error{ErrorCode::kAborted, "not done", {}})) {
  }
  world.advance(seconds(120));
  auto refused = ann.send(bob.id(), "x");
  auto invite = ann.create_invite();
  world.run();
  EXPECT_EQ(refused->value().error().code, ErrorCode::kAborted);
  EXPECT_EQ(invite->value().error().code, ErrorCode::kAborted);
  EXPECT_EQ(ann.events.size(), events);
  EXPECT_EQ(ann.store->commits, commits);
  // Another engine on what is durable goes on.
  ann.restart();
  world.run();
  EXPECT_THAT(ann.handled_texts(), ElementsAre("not lost"));
  ann.send(bob.id(), "again");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("again"));
}

TEST(AgentStore, AFailureInTheMiddleOfAHandlerRunsItAgain) {
  World world;
  TestAgent& ann = world.connected(true);
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  bob.send(ann.id(), "x");
  world.run();
  ann.store->automatic = false;
  ann.finish(std::optional<std::string>("y"));
  world.run();
  ann.store->complete_one(kDiskFull);
  world.run();
  EXPECT_THAT(bob.received(), IsEmpty());
  ann.restart();
  world.run();
  ASSERT_THAT(ann.running, SizeIs(1));
  EXPECT_EQ(ann.running[0].attempt, 2U);
  ann.finish(std::optional<std::string>("z"));
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("z"));
}

TEST(AgentStore, AReadThatFailsWhileItRunsEndsTheEngineToo) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  ann.store->read_error = Error{ErrorCode::kIo, "input/output error", {}};
  const std::size_t receipts = world.relay().receipts.size();
  bob.send(ann.id(), "x");
  world.run();
  EXPECT_THAT(ann.all<StoreFailed>(), SizeIs(1));
  EXPECT_EQ(world.relay().receipts.size(), receipts);
}

TEST(AgentStore, RestoredFromABackupIsReportedByBothSidesAndNeverResetSilently) {
  World world;
  TestAgent& ann = world.connected();
  TestAgent& bob = world.connected();
  world.befriend(ann, bob);
  const FakeStore::Records backup = bob.store->durable();
  for (int i = 0; i < 3; ++i) {
    ann.send(bob.id(), "a");
    bob.send(ann.id(), "b");
    world.run();
  }
  bob.crash();
  bob.store = std::make_unique<FakeStore>(backup);
  bob.events.clear();
  bob.start();
  world.run();
  auto from_old = bob.send(ann.id(), "from the old state");
  world.run();
  EXPECT_THAT(ann.received(), ElementsAre("b", "b", "b"));
  ASSERT_THAT(ann.all<agent_events::Unreadable>(), SizeIs(1));
  EXPECT_THAT(ann.all<agent_events::Unreadable>()[0].why, HasSubstr("backup"));
  const auto told = bob.all<agent_events::SendProgress>().back();
  EXPECT_EQ(told.status, SendStatus::kFailed);
  EXPECT_EQ(told.msg_id, from_old->value()->msg_id);
  EXPECT_THAT(told.error->hint, HasSubstr("agentroom invite"));
  ann.send(bob.id(), "to the old state");
  world.run();
  EXPECT_THAT(bob.received(), IsEmpty());
  EXPECT_THAT(bob.all<agent_events::Unreadable>(), SizeIs(1));
  // The cure that both hints name.
  world.befriend(ann, bob);
  ann.send(bob.id(), "cured");
  bob.send(ann.id(), "cured");
  world.run();
  EXPECT_THAT(bob.received(), ElementsAre("cured"));
  EXPECT_EQ(ann.received().back(), "cured");
}

}  // namespace
}  // namespace agentroom::test
