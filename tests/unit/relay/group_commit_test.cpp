#include "relay/group_commit.hpp"

#include <gtest/gtest.h>

#include "relay/segment_store.hpp"
#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

struct GroupCommitTest : testing::Test, CommitSink {
  GroupCommitTest() { EXPECT_TRUE(segments.load(reader)); }

  void on_durable(Effects effects) override {
    for (const RowId row : effects.rows) durable.push_back(row);
    replies += effects.replies.size();
  }
  void on_lost(std::vector<Effects> effects, const Error& why) override {
    for (const Effects& batch : effects) {
      for (const RowId row : batch.rows) lost.push_back(row);
    }
    error = why;
  }
  void append(RowId row) {
    segments.append({.from = agent, .to = agent, .msg_id = msg_id, .token = token, .envelope = as_bytes(text)}, 1);
    commits.open().rows.push_back(row);
  }

  struct NoReader final : MailboxReader {
    void on_mailbox(MailboxRecord) override {}
    void on_invite(InviteRecord) override {}
    void on_message(const KeptMessage&) override {}
  } reader;
  AgentId agent;
  MsgId msg_id;
  TokenHash token;
  std::string text = "text";
  Records records;
  FakeStore disk{records};
  Sequence random{5};
  SegmentStore segments{disk, crypto::StoreKey{}, random};
  RelayStatus counters;
  GroupCommit commits{segments, *this, counters};
  std::vector<RowId> durable;
  std::vector<RowId> lost;
  std::size_t replies = 0;
  Error error;
};

TEST_F(GroupCommitTest, CommitsNothingWhenNothingChanged) {
  commits.flush(0s);
  EXPECT_EQ(disk.waiting(), 0U);
}

TEST_F(GroupCommitTest, GathersWhatComesWhileTheDiskWorks) {
  append(1);
  commits.flush(0s);
  append(2);
  commits.flush(0s);
  append(3);
  commits.flush(0s);
  append(4);
  commits.flush(0s);
  EXPECT_EQ(disk.waiting(), 2U);
  disk.complete();
  EXPECT_EQ(durable, (std::vector<RowId>{1}));
  commits.flush(0s);
  disk.complete();
  disk.complete();
  EXPECT_EQ(durable, (std::vector<RowId>{1, 2, 3, 4}));
}

TEST_F(GroupCommitTest, GivesRepliesWithTheBatchTheyWaitFor) {
  append(1);
  commits.flush(0s);
  commits.reply_when_durable(agent, {});
  commits.flush(0s);
  EXPECT_EQ(replies, 0U);
  disk.complete();
  EXPECT_EQ(replies, 1U);
}

TEST_F(GroupCommitTest, GivesRepliesAtOnceWhenNothingIsWritten) {
  commits.reply_when_durable(agent, {});
  commits.flush(0s);
  EXPECT_EQ(replies, 1U);
  EXPECT_EQ(disk.waiting(), 0U);
}

TEST_F(GroupCommitTest, LosesAllThatIsNotDurableOldestFirst) {
  append(1);
  commits.flush(0s);
  append(2);
  commits.flush(0s);
  append(3);
  disk.fail();
  EXPECT_TRUE(lost.empty());  // one more is on its way back
  EXPECT_FALSE(commits.usable());
  disk.complete();
  EXPECT_EQ(lost, (std::vector<RowId>{1, 2, 3}));
  EXPECT_EQ(error.code, ErrorCode::kIo);
  EXPECT_TRUE(durable.empty());
}

TEST_F(GroupCommitTest, IsUsableAgainOnceAProbeIsDurable) {
  append(1);
  commits.flush(0s);
  disk.fail();
  commits.flush(1s);
  EXPECT_FALSE(commits.usable());
  disk.complete();
  EXPECT_TRUE(commits.usable());
}

TEST_F(GroupCommitTest, TriesAFullDiskOnceASecond) {
  append(1);
  commits.flush(0s);
  disk.fail();
  commits.flush(1s);
  disk.fail();
  commits.flush(1500ms);
  EXPECT_EQ(disk.waiting(), 0U);
  EXPECT_EQ(commits.next_deadline(), Duration(2s));
  commits.flush(2s);
  EXPECT_EQ(disk.waiting(), 1U);
}

TEST_F(GroupCommitTest, WaitsForAStoreThatDoesNotResume) {
  append(1);
  commits.flush(0s);
  disk.fail();
  disk.resume_fails = true;
  commits.flush(1s);
  EXPECT_EQ(disk.waiting(), 0U);
  disk.resume_fails = false;
  commits.flush(2s);
  disk.complete();
  EXPECT_TRUE(commits.usable());
}

TEST_F(GroupCommitTest, MeasuresFromHandOverToTheFlushAfterCompletion) {
  append(1);
  append(2);
  commits.flush(1s);
  disk.complete();
  commits.flush(1s + 3ms);
  std::array<std::uint64_t, kCommitTimeBoundsUs.size() + 1> times{};
  times[3] = 1;  // above 2.5 ms, not above 5 ms
  EXPECT_EQ(counters.commit_us.counts, times);
  EXPECT_EQ(counters.commit_us.sum, 3'000U);
  EXPECT_EQ(counters.commit_messages.sum, 2U);
  EXPECT_EQ(counters.commit_messages.counts[2], 1U);
  EXPECT_EQ(counters.failed_commits, 0U);
}

TEST_F(GroupCommitTest, CountsBatchesThatFail) {
  append(1);
  commits.flush(0s);
  disk.fail();
  commits.flush(0s);
  EXPECT_EQ(counters.failed_commits, 1U);
  EXPECT_EQ(counters.commit_us.sum, 0U);
}

}  // namespace
}  // namespace agentroom::relay::test
