#include "relay/records.hpp"

#include <gtest/gtest.h>

#include "relay_world.hpp"

namespace agentroom::relay::test {
namespace {

SegmentRecord two_messages() {
  SegmentRecord record;
  record.stored_at = 42;
  record.from = std::string(64, 'f');
  record.to = std::string(64, 't');
  record.msg_id = std::string(32, 'm');
  record.token = std::string(32, 'k');
  record.size = {3, 2};
  record.claims = {1};
  record.envelopes = "abcde";
  return record;
}

TEST(Records, OfSegmentsComeBackAsTheyWere) {
  const auto read = decode_segment(encode_segment(two_messages()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stored_at, 42);
  EXPECT_EQ(read->size, (std::vector<std::uint32_t>{3, 2}));
  EXPECT_EQ(read->claims, (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(read->envelopes, "abcde");
}

TEST(Records, OfSegmentsWhoseColumnsDisagreeAreRefused) {
  const auto refused = [](auto&& change) {
    SegmentRecord record = two_messages();
    change(record);
    const auto read = decode_segment(encode_segment(record));
    return !read && read.error().code == ErrorCode::kCorrupt;
  };
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.from.pop_back(); }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.to += "x"; }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.msg_id.clear(); }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.token.pop_back(); }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.envelopes += "x"; }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.size[0] = 0xffff'ffff; }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r.claims = {2}; }));
  EXPECT_TRUE(refused([](SegmentRecord& r) { r = {}; }));
}

TEST(Records, OfReceiptsKeepEachBit) {
  std::vector<bool> done(19);
  done[0] = done[7] = done[8] = done[18] = true;
  auto read = decode_receipts(encode_receipts(done));
  ASSERT_TRUE(read);
  read->resize(19);
  EXPECT_EQ(*read, done);
}

TEST(Records, OfClaimedInvitesComeBackAsTheyWere) {
  Sequence random(3);
  InviteRecord invite;
  random.fill(invite.invite_id.mutable_view());
  random.fill(invite.inviter.mutable_view());
  random.fill(invite.claim_pk.mutable_view());
  random.fill(invite.token.mutable_view());
  random.fill(invite.claimant.mutable_view());
  random.fill(invite.claim_msg_id.mutable_view());
  random.fill(invite.envelope_hash.mutable_view());
  invite.expires_at = 99;
  invite.state = InviteRecord::State::kClaimed;
  invite.receipted = invite.listed = true;
  const auto read = decode_invite(encode_invite(invite));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->invite_id, invite.invite_id);
  EXPECT_EQ(read->claimant, invite.claimant);
  EXPECT_EQ(read->claim_msg_id, invite.claim_msg_id);
  EXPECT_EQ(read->envelope_hash, invite.envelope_hash);
  EXPECT_EQ(read->expires_at, 99);
  EXPECT_TRUE(read->receipted && read->listed);
}

TEST(Records, OfMailboxesComeBackAsTheyWere) {
  Sequence random(3);
  MailboxRecord mailbox;
  random.fill(mailbox.agent.mutable_view());
  mailbox.allowed.resize(3);
  for (TokenHash& hash : mailbox.allowed) random.fill(hash.mutable_view());
  std::ranges::sort(mailbox.allowed);
  mailbox.claimed_here = mailbox.known = true;
  const auto read = decode_mailbox(encode_mailbox(mailbox));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->agent, mailbox.agent);
  EXPECT_EQ(read->allowed, mailbox.allowed);
  EXPECT_TRUE(read->claimed_here);
  EXPECT_TRUE(read->known);
}

TEST(Records, ThatAreSomethingElseAreRefused) {
  const Bytes garbage = to_bytes(as_bytes("\xff\xff\xff not a record"));
  EXPECT_FALSE(decode_format(garbage));
  EXPECT_FALSE(decode_segment(garbage));
  EXPECT_FALSE(decode_segment_envelopes(garbage));
  EXPECT_FALSE(decode_receipts(garbage));
  EXPECT_FALSE(decode_mailbox(garbage));
  EXPECT_FALSE(decode_invite(garbage));
  EXPECT_FALSE(decode_mailbox({}));
  EXPECT_FALSE(decode_invite({}));
  EXPECT_EQ(decode_format({}).error().code, ErrorCode::kUnsupportedVersion);
}

}  // namespace
}  // namespace agentroom::relay::test
