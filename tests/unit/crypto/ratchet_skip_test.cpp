// Skipped messages: how many, how long their keys are kept, and what false long skips cost.
#include "hostile_invitee.hpp"

namespace agentroom::crypto::test {
namespace {

using Kind = KeptKeyChange::Kind;

class Skips : public testing::Test {
 protected:
  /// An inviter that has opened message 0 of the first chain.
  void SetUp() override { ASSERT_TRUE(pair.to_inviter(peer.write(0))); }

  void expect_refused(const Mail& mail, std::string_view because, UnixMs now = kNow) {
    const std::string before = state_of(pair.inviter);
    EXPECT_TRUE(unreadable(pair.to_inviter(mail, now), because));
    EXPECT_EQ(state_of(pair.inviter), before);
  }
  void fail_long_skips(int times, UnixMs now = kNow) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(unreadable(pair.to_inviter(peer.write_false(2'002), now), "changed"));
  }

  PairOfRatchets pair;
  HostileInvitee peer{pair};
};

TEST_F(Skips, OfTwentyThousandAreAllowed) {
  const auto opened = pair.to_inviter(peer.write(20'001));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(pair.inviter.kept_keys(), kMaxKeptKeys);
}

TEST_F(Skips, OfMoreAreRefused) {
  expect_refused(peer.write(20'002), "skips more");
}

TEST_F(Skips, OfTheLargestNumberAreRefusedAtOnce) {
  expect_refused(peer.write({peer.ratchet_pk(), 0, kChainEnd - 1}, 0), "skips more");
}

TEST_F(Skips, InBothChainsCountTogether) {
  peer.turn();
  expect_refused(peer.write(10'001, 10'001), "skips more");
  expect_refused(peer.write(0, 20'002), "skips more");
  expect_refused(peer.write({peer.ratchet_pk(), kChainEnd, kChainEnd - 1}, 0), "skips more");
  const auto opened = pair.to_inviter(peer.write(10'000, 10'001));
  ASSERT_TRUE(opened) << opened.error().message;
}

TEST_F(Skips, OfThePreviousChainAreMeasuredFromWhatWasReceived) {
  peer.turn();
  const auto opened = pair.to_inviter(peer.write(0, 0));  // fewer than were received: nothing to skip
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->changes.empty());
}

TEST(FirstMessage, HasNoPreviousChainWhateverItSays) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  const auto opened = pair.to_inviter(peer.write(0, kChainEnd));
  ASSERT_TRUE(opened);
  EXPECT_EQ(pair.inviter.kept_keys(), 0U);
}

TEST(FirstMessage, MaySkipToo) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write(20'001)), "skips more"));
  ASSERT_TRUE(pair.to_inviter(peer.write(20'000)));
  EXPECT_EQ(pair.inviter.kept_keys(), kMaxKeptKeys);
}

TEST_F(Skips, TellWhatTheyKeep) {
  const auto opened = pair.to_inviter(peer.write(4));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(opened->changes[i].kind, Kind::kAdded);
    EXPECT_EQ(opened->changes[i].key.n, i + 1);
    EXPECT_EQ(opened->changes[i].key.kept_at, kNow);
    EXPECT_EQ(to_bytes(opened->changes[i].key.hk.view()), read_field(pair.inviter, kReceivingHeaderKey));
    EXPECT_FALSE(opened->changes[i].key.mk.equals(MessageKey{}));
  }
}

TEST_F(Skips, TellWhatALateMessageSpends) {
  ASSERT_TRUE(pair.to_inviter(peer.write(2)));
  const auto opened = pair.to_inviter(peer.write(1));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), 1U);
  EXPECT_EQ(opened->changes[0].kind, Kind::kRemoved);
  EXPECT_EQ(opened->changes[0].key.n, 1U);
}

TEST_F(Skips, KeepTheNewestTwoThousand) {
  const auto opened = pair.to_inviter(peer.write(2'501));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), kMaxKeptKeys);  // none is made that could not stay
  EXPECT_EQ(opened->changes.front().key.n, 501U);
  EXPECT_EQ(opened->changes.back().key.n, 2'500U);
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write(500)), "no longer kept"));
  EXPECT_TRUE(pair.to_inviter(peer.write(501)));
}

TEST_F(Skips, OfTwoChainsKeepTheNewestOfBoth) {
  peer.turn();
  const auto opened = pair.to_inviter(peer.write(1'000, 1'501));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), kMaxKeptKeys);
  EXPECT_EQ(opened->changes.front().key.n, 501U);
  EXPECT_EQ(opened->changes[999].key.n, 1'500U);
  EXPECT_EQ(opened->changes[1'000].key.n, 0U);
  EXPECT_EQ(opened->changes.back().key.n, 999U);
}

TEST_F(Skips, DriveOutTheOldest) {
  ASSERT_TRUE(pair.to_inviter(peer.write(2'001)));
  const auto opened = pair.to_inviter(peer.write(2'004));
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), 4U);
  EXPECT_EQ(opened->changes[0].key.n, 2'002U);
  EXPECT_EQ(opened->changes[1].key.n, 2'003U);
  EXPECT_EQ(opened->changes[2].kind, Kind::kRemoved);
  EXPECT_EQ(opened->changes[2].key.n, 1U);
  EXPECT_EQ(opened->changes[3].kind, Kind::kRemoved);
  EXPECT_EQ(opened->changes[3].key.n, 2U);
  EXPECT_EQ(pair.inviter.kept_keys(), kMaxKeptKeys);
}

TEST_F(Skips, KeepNothingUnlessTheMessageIsTrue) {
  const std::string before = state_of(pair.inviter);
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write_false(1'000))));
  EXPECT_EQ(state_of(pair.inviter), before);
}

TEST_F(Skips, AreForgottenAfterThirtyDays) {
  ASSERT_TRUE(pair.to_inviter(peer.write(3)));
  EXPECT_TRUE(pair.to_inviter(peer.write(1), kNow + kKeptKeyLifeMs));
  expect_refused(peer.write(2), "no longer kept", kNow + kKeptKeyLifeMs + 1);
  EXPECT_TRUE(pair.inviter.expire(kNow + kKeptKeyLifeMs).empty());
  const auto changes = pair.inviter.expire(kNow + kKeptKeyLifeMs + 1);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].kind, Kind::kRemoved);
  EXPECT_EQ(changes[0].key.n, 2U);
  EXPECT_EQ(pair.inviter.kept_keys(), 0U);
}

TEST_F(Skips, ThatAreOldGoWithTheNextMessage) {
  ASSERT_TRUE(pair.to_inviter(peer.write(2)));
  const auto opened = pair.to_inviter(peer.write(3), kNow + kKeptKeyLifeMs + 1);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->changes.size(), 1U);
  EXPECT_EQ(opened->changes[0].kind, Kind::kRemoved);
  EXPECT_EQ(opened->changes[0].key.n, 1U);
}

TEST_F(Skips, ThatAreLongAreRefusedForAnHourAfterThreeFalseOnes) {
  fail_long_skips(3);
  expect_refused(peer.write(2'002), "the last such were false");
  expect_refused(peer.write(2'002), "the last such were false", kNow + kHour - 1);
  EXPECT_TRUE(pair.to_inviter(peer.write(2'002), kNow + kHour));
}

TEST_F(Skips, ThatAreLongAreAllowedAfterTwoFalseOnes) {
  fail_long_skips(2);
  EXPECT_TRUE(pair.to_inviter(peer.write(2'002)));
}

TEST_F(Skips, ThatAreLongInTheNextChainCountToo) {
  peer.turn();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(unreadable(pair.to_inviter(peer.write_false(1'001, 1'001)), "changed"));
  expect_refused(peer.write(1'001, 1'001), "the last such were false");
  EXPECT_TRUE(pair.to_inviter(peer.write(1'000, 1'001)));
}

TEST_F(Skips, ThatAreShortPassDuringARefusal) {
  fail_long_skips(3);
  EXPECT_TRUE(pair.to_inviter(peer.write(2'001)));
}

TEST_F(Skips, OfTwoThousandAreNotLong) {
  for (int i = 0; i < 4; ++i) expect_refused(peer.write_false(2'001), "changed");
  EXPECT_TRUE(pair.to_inviter(peer.write(2'001)));
}

TEST_F(Skips, ThatCostNothingDoNotCount) {
  for (int i = 0; i < 4; ++i) expect_refused(peer.write_false(20'002), "skips more");
  EXPECT_TRUE(pair.to_inviter(peer.write(20'001)));
}

TEST_F(Skips, ThatWereFalseAreRememberedAcrossARestart) {
  fail_long_skips(2);
  pair.inviter = Ratchet::restore(pair.inviter.serialize(), {}).value();
  fail_long_skips(1);
  pair.inviter = Ratchet::restore(pair.inviter.serialize(), {}).value();
  expect_refused(peer.write(2'002), "the last such were false");
}

TEST_F(Skips, ThatWereFalseMoveNothingElse) {
  const Bytes before = pair.inviter.serialize();
  fail_long_skips(1);
  const Bytes after = pair.inviter.serialize();
  EXPECT_EQ(Bytes(before.begin(), before.begin() + kFailures.at), Bytes(after.begin(), after.begin() + kFailures.at));
  EXPECT_NE(before, after);
}

TEST(ChainEnd, IsNeverSent) {
  PairOfRatchets pair;
  pair.invitee = with_field(pair.invitee, kSendingNext, little_endian(kChainEnd - 1));
  EXPECT_TRUE(pair.invitee.can_send());
  pair.from_invitee("the last");
  EXPECT_FALSE(pair.invitee.can_send());
  const std::string before = state_of(pair.invitee);
  const auto sent = pair.invitee.encrypt({}, as_bytes("one more"), pair.random);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(state_of(pair.invitee), before);
}

TEST(ChainEnd, IsRefused) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  ASSERT_TRUE(pair.to_inviter(peer.write(0)));
  pair.inviter = with_field(pair.inviter, kReceivingNext, little_endian(kChainEnd));
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write({peer.ratchet_pk(), 0, kChainEnd}, 1)), "never sent"));
}

TEST(ChainEnd, IsFollowedByANewChainAfterATurn) {
  PairOfRatchets pair;
  pair.greet();
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("begins the chain")));
  pair.invitee = with_field(pair.invitee, kSendingNext, little_endian(kChainEnd - 1));
  pair.inviter = with_field(pair.inviter, kReceivingNext, little_endian(kChainEnd - 1));
  EXPECT_EQ(text_of(pair.to_inviter(pair.from_invitee("the last"))), "the last");
  EXPECT_FALSE(pair.invitee.can_send());
  ASSERT_TRUE(pair.to_invitee(pair.from_inviter("turn")));
  EXPECT_EQ(text_of(pair.to_inviter(pair.from_invitee("the first"))), "the first");
}

}  // namespace
}  // namespace agentroom::crypto::test
