// The Double Ratchet between two honest agents.
#include "crypto/ratchet/ratchet.hpp"

#include "pair_of_ratchets.hpp"

namespace agentroom::crypto::test {
namespace {

TEST(Ratchet, CarriesMessagesBothWays) {
  PairOfRatchets pair;
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_EQ(text_of(pair.to_inviter(pair.from_invitee("question"))), "question");
    EXPECT_EQ(text_of(pair.to_inviter(pair.from_invitee("and more"))), "and more");
    EXPECT_EQ(text_of(pair.to_invitee(pair.from_inviter("answer"))), "answer");
  }
}

TEST(Ratchet, InviterCannotSendBeforeItHasReceived) {
  PairOfRatchets pair;
  EXPECT_FALSE(pair.inviter.can_send());
  const auto sent = pair.inviter.encrypt({pair.inviter_identity.id(), pair.invitee_identity.id(), {}}, {}, pair.random);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("hello")));
  EXPECT_TRUE(pair.inviter.can_send());
}

TEST(Ratchet, InviteeSendsFirst) {
  const PairOfRatchets pair;
  EXPECT_TRUE(pair.invitee.can_send());
}

TEST(Ratchet, BothSidesNameTheSessionByItsTranscript) {
  const PairOfRatchets pair;
  EXPECT_EQ(pair.invitee.session_id(), transcript(pair.invite, pair.accepted));
  EXPECT_EQ(pair.inviter.session_id(), pair.invitee.session_id());
}

TEST(Ratchet, OpensMessagesInAnyOrder) {
  PairOfRatchets pair;
  pair.greet();
  std::vector<Mail> mail;
  for (int i = 0; i < 6; ++i) mail.push_back(pair.from_invitee(std::to_string(i)));
  for (const std::size_t i : {3U, 0U, 5U, 1U, 4U, 2U}) {
    EXPECT_EQ(text_of(pair.to_inviter(mail[i])), std::to_string(i));
  }
  EXPECT_EQ(pair.inviter.kept_keys(), 0U);
}

TEST(Ratchet, OpensMessagesOfEarlierTurnsLate) {
  PairOfRatchets pair;
  pair.greet();
  const Mail late_a = pair.from_invitee("late a");
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("in time")));
  const Mail late_b = pair.from_invitee("late b");
  ASSERT_TRUE(pair.to_invitee(pair.from_inviter("turn")));
  const Mail late_c = pair.from_invitee("late c");
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("new chain")));
  ASSERT_TRUE(pair.to_invitee(pair.from_inviter("turn")));
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("newer chain")));
  EXPECT_EQ(pair.inviter.kept_keys(), 3U);
  EXPECT_EQ(text_of(pair.to_inviter(late_c)), "late c");
  EXPECT_EQ(text_of(pair.to_inviter(late_a)), "late a");
  EXPECT_EQ(text_of(pair.to_inviter(late_b)), "late b");
}

TEST(Ratchet, InviteesMessagesBeforeAnyAnswerOpenInAnyOrder) {
  PairOfRatchets pair;
  const Mail first = pair.from_invitee("first");
  const Mail second = pair.from_invitee("second");
  EXPECT_EQ(text_of(pair.to_inviter(second)), "second");
  EXPECT_EQ(text_of(pair.to_inviter(first)), "first");
}

TEST(Ratchet, CarriesTextsOfEverySize) {
  PairOfRatchets pair;
  for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 4096U, 131'072U}) {
    const std::string text(size, 'x');
    EXPECT_EQ(text_of(pair.to_inviter(pair.from_invitee(text))), text);
  }
}

TEST(Ratchet, ShowsOnlyThePaddedSize) {
  PairOfRatchets pair;
  EXPECT_EQ(pair.from_invitee("").message.body.size(), 16U + 256U);
  EXPECT_EQ(pair.from_invitee(std::string(255, 'x')).message.body.size(), 16U + 256U);
}

TEST(Ratchet, CloneGoesItsOwnWay) {
  PairOfRatchets pair;
  pair.greet();
  const Mail skipped = pair.from_invitee("skipped");
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("seen")));
  Ratchet copy = pair.inviter.clone();
  EXPECT_EQ(copy.kept_keys(), 1U);
  EXPECT_EQ(text_of(pair.to_inviter(skipped)), "skipped");
  EXPECT_EQ(text_of(copy.decrypt(skipped.context, skipped.message, kNow, pair.random)), "skipped");
}

}  // namespace
}  // namespace agentroom::crypto::test
