// What a relay, or a peer, can do to a message: it becomes unreadable and the state stays.
#include "hostile_invitee.hpp"

namespace agentroom::crypto::test {
namespace {

/// How the message reaches the inviter: each way into the ratchet once.
enum class Way { kFirst, kInChain, kAfterSkip, kNextChain, kLateInChain, kLateOfOldChain };

class Tampered : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (GetParam() == Way::kFirst) {
      mail = pair.from_invitee("text");
      return;
    }
    pair.greet();
    if (GetParam() == Way::kNextChain) {
      mail = pair.from_invitee("text");
      return;
    }
    ASSERT_TRUE(pair.to_inviter(pair.from_invitee("before")));
    if (GetParam() == Way::kAfterSkip) pair.from_invitee("lost");
    mail = pair.from_invitee("text");
    if (GetParam() == Way::kLateInChain || GetParam() == Way::kLateOfOldChain) {
      ASSERT_TRUE(pair.to_inviter(pair.from_invitee("after")));
    }
    if (GetParam() == Way::kLateOfOldChain) {
      ASSERT_TRUE(pair.to_invitee(pair.from_inviter("turn")));
      ASSERT_TRUE(pair.to_inviter(pair.from_invitee("next chain")));
    }
  }

  /// Expects that `changed` is refused and leaves no trace.
  void expect_refused(const Mail& changed) {
    const std::string before = state_of(pair.inviter);
    ASSERT_TRUE(unreadable(pair.to_inviter(changed)));
    ASSERT_EQ(state_of(pair.inviter), before);
  }
  void expect_opens_still() { EXPECT_EQ(text_of(pair.to_inviter(mail)), "text"); }

  PairOfRatchets pair;
  Mail mail;
};

TEST_P(Tampered, HeaderIsRefused) {
  for (std::size_t i = 0; i < kSealedHeaderBytes; ++i) {
    Mail changed = mail;
    changed.message.sealed_header.data()[i] ^= 0x40;
    expect_refused(changed);
  }
  expect_opens_still();
}

TEST_P(Tampered, BodyIsRefused) {
  for (std::size_t i = 0; i < mail.message.body.size(); ++i) {
    Mail changed = mail;
    changed.message.body[i] ^= std::byte{1};
    expect_refused(changed);
  }
  expect_opens_still();
}

TEST_P(Tampered, BodyOfAnotherSizeIsRefused) {
  for (const std::size_t size : {0U, 15U, 16U, 271U, 273U, 288U}) {
    Mail changed = mail;
    changed.message.body.resize(size);
    expect_refused(changed);
  }
  expect_opens_still();
}

TEST_P(Tampered, ContextIsRefused) {
  for (std::size_t i = 0; i < 32; ++i) {
    Mail changed = mail;
    changed.context.from.data()[i] ^= 1;
    expect_refused(changed);
    changed = mail;
    changed.context.to.data()[i] ^= 1;
    expect_refused(changed);
    changed = mail;
    changed.message.session_id.data()[i] ^= 1;
    expect_refused(changed);
    changed = mail;
    changed.context.msg_id.data()[i / 2] ^= 1;
    expect_refused(changed);
  }
  Mail reflected = mail;
  std::swap(reflected.context.from, reflected.context.to);
  expect_refused(reflected);
  expect_opens_still();
}

TEST_P(Tampered, SpliceOfTwoMessagesIsRefused) {
  const Mail other = pair.from_invitee("other");
  Mail spliced = mail;
  spliced.message.body = other.message.body;
  expect_refused(spliced);
  spliced = mail;
  spliced.message.sealed_header = other.message.sealed_header;
  expect_refused(spliced);
  spliced = mail;
  spliced.context = other.context;
  expect_refused(spliced);
  expect_opens_still();
}

TEST_P(Tampered, ReplayIsRefused) {
  expect_opens_still();
  expect_refused(mail);
  Mail renamed = mail;
  pair.random.fill(renamed.context.msg_id.mutable_view());
  expect_refused(renamed);
}

INSTANTIATE_TEST_SUITE_P(EachWayIn, Tampered,
                         testing::Values(Way::kFirst, Way::kInChain, Way::kAfterSkip, Way::kNextChain,
                                         Way::kLateInChain, Way::kLateOfOldChain));

TEST(ForeignMessages, OfAnotherSessionAreRefused) {
  PairOfRatchets pair(1);
  PairOfRatchets other(2);
  Mail mail = other.from_invitee("text");
  EXPECT_TRUE(unreadable(pair.to_inviter(mail), "another session"));
  mail.message.session_id = pair.inviter.session_id();
  EXPECT_TRUE(unreadable(pair.to_inviter(mail), "no key opens its header"));
}

TEST(ForeignMessages, OfOneselfAreRefused) {
  PairOfRatchets pair;
  pair.greet();
  EXPECT_TRUE(unreadable(pair.to_invitee(pair.from_invitee("text"))));
  EXPECT_TRUE(unreadable(pair.to_inviter(pair.from_inviter("text"))));
}

TEST(ForeignMessages, BetweenTwoInviteesOrTwoInvitersDoNotPass) {
  PairOfRatchets pair;
  Ratchet second_invitee = Ratchet::initiate(pair.secrets(), pair.prekey.pk, pair.random).value();
  const Mail mail = pair.from_invitee("text");
  EXPECT_TRUE(unreadable(second_invitee.decrypt(mail.context, mail.message, kNow, pair.random)));
}

TEST(RatchetKeys, OfThePrekeyMustNotBeOfLowOrder) {
  PairOfRatchets pair;
  EXPECT_EQ(Ratchet::initiate(pair.secrets(), AgreementKey{}, pair.random).error().code, ErrorCode::kInvalid);
}

TEST(RatchetKeys, OfLowOrderInAHeaderAreRefused) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  const std::string before = state_of(pair.inviter);
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write({AgreementKey{}, 0, 0}, 0)), "low order"));
  EXPECT_EQ(state_of(pair.inviter), before);
  EXPECT_TRUE(pair.to_inviter(peer.write(0)));
}

TEST(RatchetKeys, MalformedInAHeaderAreRefusedOnEveryWayIn) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  const auto malformed = [&] {
    AgreementKey key = peer.ratchet_pk();
    key.data()[31] |= 0x80;
    return key;
  };
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write({malformed(), 0, 1}, 1)), "malformed"));
  ASSERT_TRUE(pair.to_inviter(peer.write(1)));
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write({malformed(), 0, 2}, 2)), "malformed"));
  EXPECT_TRUE(unreadable(pair.to_inviter(peer.write({malformed(), 0, 0}, 0)), "malformed"));
  const Mail late = peer.write({malformed(), 0, 0}, 0);
  peer.turn();
  ASSERT_TRUE(pair.to_inviter(peer.write(0, 2)));
  EXPECT_TRUE(unreadable(pair.to_inviter(late), "malformed"));
  EXPECT_EQ(pair.inviter.kept_keys(), 1U);
}

TEST(HeaderKeys, AreTriedNoFurtherOnceOneOpens) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  ASSERT_TRUE(pair.to_inviter(peer.write(0)));

  // A state whose next header key equals the one in use, and a message that is true as the start of the next chain. Its
  // header opens under HKr, where its number is spent.
  const auto hk = *HeaderKey::from(read_field(pair.inviter, kReceivingHeaderKey));
  const auto root = *RootKey::from(read_field(pair.inviter, kRoot));
  const auto own = *AgreementKey::from(read_field(pair.inviter, kOwnPublic));
  const auto fresh = AgreementPair::generate(pair.random);
  const RootStep step = advance_root(root, dh(fresh.secret, own).value());
  const Mail mail = peer.seal(hk, {fresh.pk, 0, 0}, message_key(step.chain));

  Ratchet same = with_field(pair.inviter, kNextReceiving, hk.view());
  EXPECT_TRUE(unreadable(same.decrypt(mail.context, mail.message, kNow, pair.random), "used before"));
  Ratchet apart = with_field(same, kReceivingHeaderKey, Bytes(32));
  EXPECT_TRUE(apart.decrypt(mail.context, mail.message, kNow, pair.random));
}

TEST(Padding, ThatIsFalseInsideATrueBoxMakesAMessageUnreadable) {
  PairOfRatchets pair;
  HostileInvitee peer(pair);
  Mail mail = peer.write(0);
  // The peer seals a body without padding.
  const auto step = advance_root(pair.secrets().root, dh(pair.prekey.secret, peer.ratchet_pk()).value());
  const MessageKey mk = message_key(step.chain);
  const auto ad = associated_data(mail.message.session_id, mail.context, mail.message.sealed_header);
  std::array<std::byte, 56> both{};
  bh(both, mk.view(), ad.view(), "ar3.message");
  const auto nonce = *Nonce::from(std::span(both).last<24>());
  ASSERT_EQ(unbox(std::span(both).first<32>(), nonce, mail.message.body)->size(), 256U);
  mail.message.body = box(std::span(both).first<32>(), nonce, Bytes(256));
  const std::string before = state_of(pair.inviter);
  EXPECT_TRUE(unreadable(pair.to_inviter(mail)));
  EXPECT_EQ(state_of(pair.inviter), before);
}

}  // namespace
}  // namespace agentroom::crypto::test
