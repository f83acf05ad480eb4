// Validity of received keys, tokens and their digest.
#include "crypto/keys.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "crypto/primitives.hpp"
#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

bool valid_agreement(std::string_view hex) {
  return is_valid_agreement_key(from_hex_as<AgreementKey>(hex));
}

TEST(AgreementKeys, BelowThePrimeAreValid) {
  EXPECT_TRUE(valid_agreement("0900000000000000000000000000000000000000000000000000000000000000"));
  EXPECT_TRUE(valid_agreement("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  EXPECT_TRUE(valid_agreement("fffeffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  EXPECT_TRUE(valid_agreement("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7e"));
}

TEST(AgreementKeys, FromThePrimeOnAreNot) {
  EXPECT_FALSE(valid_agreement("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  EXPECT_FALSE(valid_agreement("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
  EXPECT_FALSE(valid_agreement("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
}

TEST(AgreementKeys, WithTheHighBitAreNot) {
  EXPECT_FALSE(valid_agreement("0900000000000000000000000000000000000000000000000000000000000080"));
  EXPECT_FALSE(valid_agreement("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
}

TEST(AgreementKeys, OfLowOrderPassOnReceipt) {
  EXPECT_TRUE(valid_agreement("0000000000000000000000000000000000000000000000000000000000000000"));
}

TEST(SigningKeys, MustBePointsOfTheMainSubgroup) {
  SeededRandom random(1);
  AgentId pk;
  std::array<unsigned char, 64> secret{};
  std::array<unsigned char, 32> seed{};
  random.fill(std::as_writable_bytes(std::span(seed)));
  crypto_sign_ed25519_seed_keypair(pk.data(), secret.data(), seed.data());
  EXPECT_TRUE(is_valid_signing_key(pk.view()));
  EXPECT_FALSE(is_valid_signing_key(pk.view().first(31)));
  // The neutral element; order 2; not canonical; not on the curve; of mixed order (a sum with the point of order 2).
  EXPECT_FALSE(is_valid_signing_key(from_hex("0100000000000000000000000000000000000000000000000000000000000000")));
  EXPECT_FALSE(is_valid_signing_key(from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
  EXPECT_FALSE(is_valid_signing_key(from_hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
  EXPECT_FALSE(is_valid_signing_key(from_hex("0200000000000000000000000000000000000000000000000000000000000000")));
  const Bytes order_two = from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  AgentId mixed;
  ASSERT_EQ(crypto_core_ed25519_add(mixed.data(), pk.data(), reinterpret_cast<const unsigned char*>(order_two.data())),
            0);
  EXPECT_FALSE(is_valid_signing_key(mixed.view()));
}

TEST(AgreementPairs, AreFreshEachTime) {
  SeededRandom random(1);
  const auto a = AgreementPair::generate(random);
  const auto b = AgreementPair::generate(random);
  EXPECT_NE(a.pk, b.pk);
  EXPECT_EQ(AgreementPair::from_secret(a.secret.clone()).pk, a.pk);
  EXPECT_EQ(a.clone().pk, a.pk);
}

template <class Key>
concept Comparable = requires(const Key& a, const Key& b) { a == b; };
template <class Key>
concept Printable = requires(std::ostream& out, const Key& key) { out << key; };

TEST(Secrets, AreNeitherComparedNorPrintedNorCopied) {
  static_assert(!Comparable<MessageKey> && !Comparable<SigningKey>);
  static_assert(!Printable<MessageKey> && !Printable<SigningKey>);
  static_assert(!std::is_copy_constructible_v<MessageKey> && !std::is_copy_assignable_v<ChainKey>);
  static_assert(!std::is_convertible_v<RootKey, ChainKey> && !std::is_constructible_v<ChainKey, RootKey>);
}

TEST(Secrets, LeaveNothingBehindWhenMoved) {
  auto key = from_hex_as<MessageKey>("77076d0a7318a57d3c16c17251b2664577076d0a7318a57d3c16c17251b26645");
  const MessageKey moved = std::move(key);
  EXPECT_TRUE(key.equals(MessageKey{}));  // NOLINT(bugprone-use-after-move): that it is wiped is the fact
  EXPECT_FALSE(moved.equals(MessageKey{}));
}

TEST(TokenHashes, DependOnTheToken) {
  const auto a = from_hex_as<MailboxToken>("00112233445566778899aabbccddeeff");
  const auto b = from_hex_as<MailboxToken>("00112233445566778899aabbccddeefe");
  EXPECT_EQ(hash_token(a), hash_token(a.clone()));
  EXPECT_NE(hash_token(a), hash_token(b));
}

TEST(AllowDigests, CoverEveryHash) {
  std::vector<TokenHash> hashes(3);
  hashes[1].data()[0] = 1;
  hashes[2].data()[0] = 2;
  const auto all = digest_allowed(hashes);
  EXPECT_EQ(all, digest_allowed(hashes));
  EXPECT_NE(all, digest_allowed(std::span(hashes).first(2)));
  hashes[2].data()[15] = 1;
  EXPECT_NE(all, digest_allowed(hashes));
}

TEST(AllowDigests, OfNoneIsTheHashOfNothing) {
  AllowDigest expected;
  bh(expected.mutable_view(), {}, ByteView{}, "ar3.allow");
  EXPECT_EQ(digest_allowed({}), expected);
  EXPECT_FALSE(expected.is_zero());
}

}  // namespace
}  // namespace agentroom::crypto::test
