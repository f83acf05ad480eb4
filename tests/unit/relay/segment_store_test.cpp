#include "relay/segment_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

struct Reader final : MailboxReader {
  void on_mailbox(MailboxRecord record) override { mailboxes.push_back(std::move(record)); }
  void on_invite(InviteRecord record) override { invites.push_back(std::move(record)); }
  void on_message(const KeptMessage& message) override { messages.push_back(message); }
  std::vector<MailboxRecord> mailboxes;
  std::vector<InviteRecord> invites;
  std::vector<KeptMessage> messages;
};

struct SegmentStoreTest : testing::Test {
  SegmentStoreTest() { open(); }

  static crypto::StoreKey key(char of) { return *crypto::StoreKey::from(as_bytes(std::string(32, of))); }

  /// Another process on the same disk.
  void open() {
    segments.reset();
    disk = std::make_unique<FakeStore>(records);
    segments = std::make_unique<SegmentStore>(*disk, key('k'), random);
    reader = Reader{};
    ASSERT_TRUE(segments->load(reader));
  }
  Place append(const std::string& text, UnixMs now = 1'000) {
    MsgId id;
    random.fill(id.mutable_view());
    return segments->append({.from = from, .to = to, .msg_id = id, .token = token, .envelope = as_bytes(text)}, now);
  }
  void commit() {
    segments->commit(false, [](Result<void> done) { ASSERT_TRUE(done); });
    disk->complete();
  }
  std::string take(const Place& place, std::size_t size) {
    const auto envelope = segments->take(place, static_cast<std::uint32_t>(size));
    return envelope ? std::string(as_text(*envelope)) : envelope.error().message;
  }
  std::size_t count(std::string_view prefix) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(records, [&](const auto& record) { return as_text(record.first).starts_with(prefix); }));
  }

  AgentId from = *AgentId::from(as_bytes(std::string(32, 'f')));
  AgentId to = *AgentId::from(as_bytes(std::string(32, 't')));
  TokenHash token = *TokenHash::from(as_bytes(std::string(16, 'h')));
  Sequence random{5};
  Records records;
  std::unique_ptr<FakeStore> disk;
  std::unique_ptr<SegmentStore> segments;
  Reader reader;
};

TEST_F(SegmentStoreTest, WritesOneRecordACommit) {
  for (int i = 0; i < 50; ++i) append("text");
  commit();
  EXPECT_EQ(count("rs"), 1U);
}

TEST_F(SegmentStoreTest, StartsAnotherSegmentAt64KiB) {
  for (int i = 0; i < 100; ++i) append(std::string(2'000, 'x'));
  commit();
  EXPECT_EQ(count("rs"), 4U);
  for (const auto& [record_key, value] : records) EXPECT_LE(value.size(), 66'000U);
}

TEST_F(SegmentStoreTest, TakesAnEnvelopeLargerThanASegment) {
  const std::string large(150'000, 'x');
  append("before");
  const Place place = append(large);
  commit();
  EXPECT_EQ(take(place, large.size()), large);
}

TEST_F(SegmentStoreTest, GivesEachMessageItsOwnEnvelope) {
  const Place first = append("first");
  const Place second = append("the second");
  commit();
  EXPECT_EQ(take(second, 10), "the second");
  EXPECT_EQ(take(first, 5), "first");
}

TEST_F(SegmentStoreTest, ReadsASegmentOnceForAllOfItsMessages) {
  std::vector<Place> places;
  for (int i = 0; i < 50; ++i) places.push_back(append("text"));
  commit();
  open();
  const std::size_t before = disk->reads;
  for (const KeptMessage& message : reader.messages) EXPECT_EQ(take(message.place, message.size), "text");
  EXPECT_EQ(disk->reads - before, 1U);
}

TEST_F(SegmentStoreTest, FindsEverythingAgainInOrder) {
  append("one");
  append("two");
  commit();
  append("three");
  commit();
  open();
  ASSERT_EQ(reader.messages.size(), 3U);
  std::vector<std::string> texts;
  for (const KeptMessage& message : reader.messages) texts.push_back(take(message.place, message.size));
  EXPECT_THAT(texts, testing::ElementsAre("one", "two", "three"));
  EXPECT_EQ(reader.messages[0].from, from);
  EXPECT_EQ(reader.messages[0].to, to);
  EXPECT_EQ(reader.messages[0].token, token);
  EXPECT_EQ(segments->appended_at(reader.messages[0].place), 1'000);
}

TEST_F(SegmentStoreTest, TakesNothingOfALifeWhenTheClockIsSetForward) {
  const Place first = append("one", 1'000);
  const Place second = append("two", 500'000);
  append("three", 2'000);
  EXPECT_EQ(segments->appended_at(first), 500'000);
  EXPECT_EQ(segments->appended_at(second), 500'000);
  commit();
  open();
  EXPECT_EQ(segments->appended_at(reader.messages[1].place), 500'000);
}

TEST_F(SegmentStoreTest, DeletesASegmentWithItsReceiptsWhenAllIsDone) {
  const Place first = append("one");
  const Place second = append("two");
  commit();
  segments->remove(first);
  commit();
  EXPECT_EQ(count("rr"), 1U);
  segments->remove(second);
  commit();
  EXPECT_EQ(count("rs") + count("rr"), 0U);
  EXPECT_EQ(segments->bytes(), 0U);
}

TEST_F(SegmentStoreTest, WritesNoReceiptsForASegmentThatIsDoneAtOnce) {
  segments->remove((append("one"), commit(), Place{0, 0, 0}));
  segments->commit(false, [](Result<void>) {});
  EXPECT_EQ(disk->oldest().size(), 1U);
  EXPECT_EQ(disk->oldest().front().kind, StoreOp::Kind::kDelete);
}

TEST_F(SegmentStoreTest, DoesNotFindAgainWhatWasRemoved) {
  const Place first = append("one");
  append("two");
  commit();
  segments->remove(first);
  commit();
  open();
  ASSERT_EQ(reader.messages.size(), 1U);
  EXPECT_EQ(take(reader.messages[0].place, 3), "two");
  segments->remove(reader.messages[0].place);
  commit();
  EXPECT_EQ(count("rs") + count("rr"), 0U);
}

TEST_F(SegmentStoreTest, LetsRemovalsRideOnTheNextBatch) {
  const Place first = append("one");
  commit();
  const std::size_t before = disk->commits;
  segments->remove(first);
  append("two");
  commit();
  EXPECT_EQ(disk->commits, before + 1);
  EXPECT_EQ(count("rs"), 1U);
}

TEST_F(SegmentStoreTest, WritesAClaimAndItsMessageInOneBatch) {
  InviteRecord invite;
  invite.state = InviteRecord::State::kClaimed;
  const MsgId id{};
  segments->claim_once(
      invite, {.from = from, .to = to, .msg_id = id, .token = token, .envelope = as_bytes(std::string_view("init"))},
      1);
  EXPECT_EQ(disk->commits, 0U);
  commit();
  EXPECT_EQ(disk->commits, 1U);
  open();
  ASSERT_EQ(reader.invites.size(), 1U);
  ASSERT_EQ(reader.messages.size(), 1U);
  EXPECT_TRUE(reader.messages[0].claim);
}

TEST_F(SegmentStoreTest, TakesUpRemovalsAgainAfterAFailure) {
  const Place first = append("one");
  const Place second = append("two");
  commit();
  segments->remove(first);
  segments->commit(false, [](Result<void> done) { EXPECT_FALSE(done); });
  segments->remove(second);
  segments->commit(false, [](Result<void> done) { EXPECT_FALSE(done); });
  disk->fail();
  disk->complete();
  EXPECT_EQ(count("rs"), 1U);
  segments->forget_uncommitted();
  ASSERT_TRUE(segments->resume());
  EXPECT_TRUE(segments->has_changes());
  commit();
  EXPECT_EQ(count("rs") + count("rr"), 0U);
}

TEST_F(SegmentStoreTest, ForgetsAppendedMessagesAfterAFailure) {
  append("one");
  segments->commit(false, [](Result<void> done) { EXPECT_FALSE(done); });
  append("two");
  disk->fail();
  segments->forget_uncommitted();
  ASSERT_TRUE(segments->resume());
  EXPECT_FALSE(segments->has_changes());
  EXPECT_EQ(segments->uncommitted_bytes(), 0U);
  EXPECT_FALSE(segments->oldest());
  append("three");
  commit();
  open();
  ASSERT_EQ(reader.messages.size(), 1U);
  EXPECT_EQ(take(reader.messages[0].place, 5), "three");
}

TEST_F(SegmentStoreTest, KnowsItsOldestMessageHoweverOthersGo) {
  const Place first = append("one", 100);
  commit();
  const Place second = append("two", 200);
  commit();
  append("three", 300);
  commit();
  segments->remove(second);
  commit();
  EXPECT_EQ(segments->oldest(), 100);
  segments->remove(first);
  commit();
  EXPECT_EQ(segments->oldest(), 300);
}

TEST_F(SegmentStoreTest, SurvivesItsOwnerWhileABatchIsOutstanding) {
  append("one");
  bool called = false;
  segments->commit(false, [&](Result<void>) { called = true; });
  segments.reset();
  disk->complete();
  EXPECT_FALSE(called);
}

TEST_F(SegmentStoreTest, OfAnotherSecretIsNamed) {
  append("one");
  commit();
  SegmentStore other(*disk, key('x'), random);
  const auto loaded = other.load(reader);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(loaded.error().message.find("another relay secret"), std::string::npos);
  EXPECT_FALSE(loaded.error().hint.empty());
}

TEST_F(SegmentStoreTest, WithADamagedRecordNamesIt) {
  append("one");
  commit();
  for (auto& [record_key, value] : records) {
    if (as_text(record_key).starts_with("rs")) value.back() ^= std::byte{1};
  }
  SegmentStore other(*disk, key('k'), random);
  const auto loaded = other.load(reader);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(loaded.error().message.find("segment 1"), std::string::npos);
}

TEST_F(SegmentStoreTest, WithoutItsFormatRecordIsNotWrittenOver) {
  append("one");
  commit();
  records.erase(to_bytes(as_bytes(std::string_view("rf"))));
  SegmentStore other(*disk, key('k'), random);
  EXPECT_EQ(other.load(reader).error().code, ErrorCode::kCorrupt);
}

TEST_F(SegmentStoreTest, WithMissingSegmentsSaysSoWhenOneIsTaken) {
  const Place place = append("one");
  commit();
  std::erase_if(records, [](const auto& record) { return as_text(record.first).starts_with("rs"); });
  EXPECT_EQ(segments->take(place, 3).error().code, ErrorCode::kCorrupt);
}

TEST_F(SegmentStoreTest, ShowsNoIdAndNoTextToTheDisk) {
  InviteRecord invite;
  invite.inviter = from;
  segments->put_invite(invite);
  segments->put_mailbox({to, {token}, true, true});
  append("a very secret text");
  commit();
  for (const auto& [record_key, value] : records) {
    for (const std::string_view needle :
         {as_text(from.view()), as_text(to.view()), as_text(token.view()), std::string_view("a very secret text")}) {
      EXPECT_EQ(as_text(record_key).find(needle), std::string_view::npos);
      EXPECT_EQ(as_text(value).find(needle), std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace agentroom::relay::test
