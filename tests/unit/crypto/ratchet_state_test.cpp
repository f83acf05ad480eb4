// The state as it lies in a store, and what happens when an old one comes back.
#include <algorithm>

#include "pair_of_ratchets.hpp"
#include "state_layout.hpp"

namespace agentroom::crypto::test {
namespace {

/// The records of a store: a session's state and its kept keys, as the changes tell.
class Records {
 public:
  explicit Records(const Ratchet& ratchet) : state_(ratchet.serialize()) {}

  void write(const Ratchet& ratchet, const std::vector<KeptKeyChange>& changes) {
    state_ = ratchet.serialize();
    for (const auto& change : changes) {
      const auto named = [&](const KeptKey& key) { return key.n == change.key.n && key.hk.equals(change.key.hk); };
      if (change.kind == KeptKeyChange::Kind::kAdded) {
        EXPECT_EQ(std::ranges::count_if(kept_, named), 0);
        kept_.push_back(copy_of(change.key));
      } else {
        EXPECT_EQ(std::erase_if(kept_, named), 1U);
      }
    }
  }

  Ratchet read() const {
    std::vector<KeptKey> kept;
    for (const KeptKey& key : kept_) kept.push_back(copy_of(key));
    return Ratchet::restore(state_, std::move(kept)).value();
  }

 private:
  static KeptKey copy_of(const KeptKey& key) { return {key.hk.clone(), key.n, key.mk.clone(), key.kept_at}; }
  Bytes state_;
  std::vector<KeptKey> kept_;
};

TEST(RatchetState, ComesBackAsItWas) {
  PairOfRatchets pair;
  EXPECT_EQ(state_of(Ratchet::restore(pair.invitee.serialize(), {}).value()), state_of(pair.invitee));
  EXPECT_EQ(state_of(Ratchet::restore(pair.inviter.serialize(), {}).value()), state_of(pair.inviter));
  pair.greet();
  EXPECT_EQ(state_of(Ratchet::restore(pair.invitee.serialize(), {}).value()), state_of(pair.invitee));
  EXPECT_EQ(state_of(Ratchet::restore(pair.inviter.serialize(), {}).value()), state_of(pair.inviter));
}

TEST(RatchetState, AllowsARestartAfterEveryStep) {
  PairOfRatchets pair;
  Records invitee(pair.invitee);
  Records inviter(pair.inviter);
  std::vector<Mail> late;
  const auto deliver = [&](const Mail& mail) {
    auto opened = pair.to_inviter(mail);
    ASSERT_TRUE(opened) << opened.error().message;
    inviter.write(pair.inviter, opened->changes);
    pair.inviter = inviter.read();
  };
  for (int turn = 0; turn < 4; ++turn) {
    for (int i = 0; i < 3; ++i) {
      const Mail mail = pair.from_invitee(std::to_string(turn));
      invitee.write(pair.invitee, {});
      pair.invitee = invitee.read();
      if (i == 1 || (i == 2 && turn % 2 == 0)) {
        late.push_back(mail);
      } else {
        deliver(mail);
      }
    }
    auto opened = pair.to_invitee(pair.from_inviter("turn"));
    ASSERT_TRUE(opened);
    inviter.write(pair.inviter, {});
    invitee.write(pair.invitee, opened->changes);
    pair.inviter = inviter.read();
    pair.invitee = invitee.read();
  }
  deliver(pair.from_invitee("last"));
  EXPECT_EQ(pair.inviter.kept_keys(), late.size());
  std::ranges::reverse(late);
  for (const Mail& mail : late) deliver(mail);
  EXPECT_EQ(pair.inviter.kept_keys(), 0U);
}

TEST(RatchetState, KeepsTheOrderOfKeptKeysAcrossARestartWhateverTheClockSaid) {
  PairOfRatchets pair;
  pair.greet();
  Records records(pair.inviter);
  const auto skip = [&](std::size_t count, UnixMs now) {
    for (std::size_t i = 0; i < count; ++i) pair.from_invitee("lost");
    auto opened = pair.to_inviter(pair.from_invitee("seen"), now);
    EXPECT_TRUE(opened);
    records.write(pair.inviter, opened->changes);
    pair.inviter = records.read();
    return std::move(opened->changes);
  };
  skip(10, kNow);
  skip(kMaxKeptKeys - 10, kNow - 1);
  const auto changes = skip(2, kNow + 2);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[2].kind, KeptKeyChange::Kind::kRemoved);
  EXPECT_EQ(changes[2].key.n, 0U);
  EXPECT_EQ(changes[3].key.n, 1U);
}

TEST(RatchetState, HasAFixedLayout) {
  PairOfRatchets pair;
  pair.greet();
  EXPECT_EQ(pair.invitee.serialize().size(), kStateSize);
  EXPECT_EQ(read_field(pair.invitee, kVersionField), Bytes{std::byte{1}});
  EXPECT_EQ(read_field(pair.invitee, kSessionId), to_bytes(pair.invitee.session_id().view()));
  EXPECT_EQ(read_field(pair.invitee, kSendingNext), little_endian(0));
  EXPECT_EQ(read_field(pair.invitee, kPreviousCount), little_endian(1));
  EXPECT_EQ(read_field(pair.inviter, kSendingNext), little_endian(1));
  EXPECT_EQ(read_field(pair.inviter, kReceivingNext), little_endian(1));
  EXPECT_EQ(read_field(pair.invitee, kSendingHeaderKey), [&] { return read_field(pair.inviter, kNextReceiving); }());
}

TEST(RatchetState, ThatIsDamagedIsRefused) {
  PairOfRatchets pair;
  const Bytes state = pair.invitee.serialize();
  const auto refused = [](const Bytes& damaged) {
    const auto restored = Ratchet::restore(damaged, {});
    return !restored && restored.error().code == ErrorCode::kCorrupt;
  };
  for (std::size_t size = 0; size < state.size(); ++size) {
    EXPECT_TRUE(refused(Bytes(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
  Bytes damaged = state;
  damaged.push_back(std::byte{0});
  EXPECT_TRUE(refused(damaged));
  for (const auto& [field, value] : {std::pair{kVersionField, 2}, {kFlags, 8}, {kFailures, 3}}) {
    damaged = state;
    damaged[field.at] = static_cast<std::byte>(value);
    EXPECT_TRUE(refused(damaged)) << field.at;
  }
  for (const Field field : {kFailedAt, kRefusedAt}) {
    damaged = state;
    damaged[field.at + 7] = std::byte{0x7f};
    EXPECT_TRUE(refused(damaged)) << field.at;
  }
}

TEST(RatchetState, WithAKeptKeyTwiceIsRefused) {
  PairOfRatchets pair;
  const auto restore = [&](std::uint32_t second, UnixMs kept_at) {
    std::vector<KeptKey> kept;
    kept.push_back({HeaderKey{}, 1, MessageKey{}, kNow});
    kept.push_back({HeaderKey{}, second, MessageKey{}, kept_at});
    return Ratchet::restore(pair.inviter.serialize(), std::move(kept));
  };
  EXPECT_TRUE(restore(2, kNow));
  EXPECT_EQ(restore(1, kNow).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(restore(2, std::numeric_limits<UnixMs>::min()).error().code, ErrorCode::kCorrupt);
}

/// The first block of a body's key stream, from what both plaintexts are known to be.
bool same_key_stream(const RatchetMessage& a, const RatchetMessage& b, std::string_view text_a,
                     std::string_view text_b) {
  for (std::size_t i = 0; i < text_a.size(); ++i) {
    const auto stream_a = a.body[16 + i] ^ static_cast<std::byte>(text_a[i]);
    const auto stream_b = b.body[16 + i] ^ static_cast<std::byte>(text_b[i]);
    if (stream_a != stream_b) return false;
  }
  return true;
}

TEST(RolledBackState, UsesNoKeyTwice) {
  PairOfRatchets pair;
  pair.greet();
  const Ratchet backup = pair.invitee.clone();
  const Mail first = pair.from_invitee("the first text");
  pair.invitee = backup.clone();
  const Mail second = pair.from_invitee("another text..");
  EXPECT_FALSE(same_key_stream(first.message, second.message, "the first text", "another text.."));
}

TEST(RolledBackState, UsesNoKeyTwiceEvenUnderTheSameName) {
  PairOfRatchets pair;
  pair.greet();
  const MessageContext context{pair.invitee_identity.id(), pair.inviter_identity.id(), {}};
  Ratchet backup = pair.invitee.clone();
  const auto first = pair.invitee.encrypt(context, as_bytes("the same text"), pair.random).value();
  const auto second = backup.encrypt(context, as_bytes("the same text"), pair.random).value();
  EXPECT_NE(first.sealed_header, second.sealed_header);
  EXPECT_FALSE(same_key_stream(first, second, "the same text", "the same text"));
}

TEST(RolledBackState, IsReportedByThePeerAsUnreadable) {
  PairOfRatchets pair;
  pair.greet();
  const Ratchet backup = pair.invitee.clone();
  ASSERT_TRUE(pair.to_inviter(pair.from_invitee("first")));
  pair.invitee = backup.clone();
  const std::string before = state_of(pair.inviter);
  EXPECT_TRUE(unreadable(pair.to_inviter(pair.from_invitee("second")), "used before"));
  EXPECT_EQ(state_of(pair.inviter), before);
}

TEST(FailedStep, DrawsNoRandomness) {
  PairOfRatchets pair;
  Mail mail = pair.from_invitee("text");
  mail.message.body[0] ^= std::byte{1};
  const std::size_t calls = pair.random.calls();
  EXPECT_TRUE(unreadable(pair.to_inviter(mail)));
  EXPECT_EQ(pair.random.calls(), calls);
}

TEST(Encrypting, MovesTheChainAndTheRestStays) {
  PairOfRatchets pair;
  const Bytes before = pair.invitee.serialize();
  pair.from_invitee("text");
  const Bytes after = pair.invitee.serialize();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const bool chain = i >= kSendingChainKey.at && i < kSendingNext.at + kSendingNext.size;
    if (!chain) {
      EXPECT_EQ(before[i], after[i]) << i;
    }
  }
  EXPECT_NE(read_field(pair.invitee, kSendingChainKey),
            to_bytes(ByteView(before).subspan(kSendingChainKey.at, kSendingChainKey.size)));
  EXPECT_EQ(read_field(pair.invitee, kSendingNext), little_endian(1));
}

}  // namespace
}  // namespace agentroom::crypto::test
