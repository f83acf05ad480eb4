// The primitives of protocol section 1, against published values.
#include "crypto/primitives.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "hex.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

std::string bh_hex(std::size_t size, ByteView key, ByteView msg, std::string_view label) {
  Bytes out(size);
  bh(out, key, msg, label);
  return hex(out);
}

TEST(Bh, WithoutKeyAndLabelIsBlake2b) {
  // RFC 7693, appendix A.
  EXPECT_EQ(bh_hex(64, {}, as_bytes("abc"), ""),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Bh, DependsOnKeyMessageLabelAndSize) {
  const Bytes key = from_hex("0102");
  const std::string base = bh_hex(32, key, as_bytes("message"), "ar3.test");
  EXPECT_NE(base, bh_hex(32, from_hex("0103"), as_bytes("message"), "ar3.test"));
  EXPECT_NE(base, bh_hex(32, {}, as_bytes("message"), "ar3.test"));
  EXPECT_NE(base, bh_hex(32, key, as_bytes("massage"), "ar3.test"));
  EXPECT_NE(base, bh_hex(32, key, as_bytes("message"), "ar3.tesu"));
  EXPECT_NE(base, bh_hex(33, key, as_bytes("message"), "ar3.test").substr(0, 64));
}

TEST(Bh, OfPiecesIsThatOfTheirConcatenation) {
  Bytes pieces(48);
  bh(pieces, as_bytes("key"), {as_bytes("one"), as_bytes(""), as_bytes("two")}, "ar3.test");
  EXPECT_EQ(hex(pieces), bh_hex(48, as_bytes("key"), as_bytes("onetwo"), "ar3.test"));
}

TEST(Bh, RefusesSizesThatItDoesNotHave) {
  Bytes out(65);
  EXPECT_THROW(bh(out, {}, ByteView{}, "label"), std::logic_error);
  EXPECT_THROW(bh(MutableByteView(out).first(0), {}, ByteView{}, "label"), std::logic_error);
  EXPECT_THROW(bh(MutableByteView(out).first(32), {}, ByteView{}, "seventeen letters"), std::logic_error);
  EXPECT_THROW(bh(MutableByteView(out).first(32), out, ByteView{}, "label"), std::logic_error);
}

TEST(Dh, IsX25519) {
  // RFC 7748, section 5.2.
  const auto secret = from_hex_as<AgreementSecret>("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
  const auto pk = from_hex_as<AgreementKey>("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
  EXPECT_EQ(hex(dh(secret, pk).value().view()), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

TEST(Dh, GivesBothSidesTheSame) {
  SeededRandom random(1);
  const auto a = AgreementPair::generate(random);
  const auto b = AgreementPair::generate(random);
  EXPECT_TRUE(dh(a.secret, b.pk).value().equals(dh(b.secret, a.pk).value()));
}

class DhRefuses : public testing::TestWithParam<const char*> {};

TEST_P(DhRefuses, TheKey) {
  SeededRandom random(1);
  const auto pair = AgreementPair::generate(random);
  const auto shared = dh(pair.secret, from_hex_as<AgreementKey>(GetParam()));
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, ErrorCode::kInvalid);
}

INSTANTIATE_TEST_SUITE_P(LowOrder, DhRefuses,
                         testing::Values("0000000000000000000000000000000000000000000000000000000000000000",
                                         "0100000000000000000000000000000000000000000000000000000000000000",
                                         "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                         "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));
INSTANTIATE_TEST_SUITE_P(NotCanonical, DhRefuses,
                         testing::Values("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "0900000000000000000000000000000000000000000000000000000000000080"));

class Signing : public testing::Test {
 protected:
  SeededRandom random{1};
  SigningKey key;
  AgentId pk;

  void SetUp() override {
    std::array<unsigned char, 32> seed{};
    random.fill(std::as_writable_bytes(std::span(seed)));
    crypto_sign_ed25519_seed_keypair(pk.data(), key.data(), seed.data());
  }
};

TEST_F(Signing, CoversPrefixContextAndData) {
  const Signature sig = sign(key, "test", {as_bytes("one"), as_bytes("two")});
  const std::string_view text("agentroom/3 test\0onetwo", 23);
  EXPECT_EQ(crypto_sign_ed25519_verify_detached(sig.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                                text.size(), pk.data()),
            0);
}

TEST_F(Signing, VerifiesOnlyWhatWasSigned) {
  const Signature sig = sign(key, "test", {as_bytes("data")});
  EXPECT_TRUE(verify(pk.view(), "test", {as_bytes("data")}, sig));
  EXPECT_TRUE(verify(pk.view(), "test", {as_bytes("da"), as_bytes("ta")}, sig));
  EXPECT_FALSE(verify(pk.view(), "tset", {as_bytes("data")}, sig));
  EXPECT_FALSE(verify(pk.view(), "test", {as_bytes("Data")}, sig));
  EXPECT_FALSE(verify(pk.view(), "test", {as_bytes("data"), as_bytes("x")}, sig));
  EXPECT_FALSE(verify(pk.view().first(31), "test", {as_bytes("data")}, sig));
  for (std::size_t i = 0; i < Signature::kSize; ++i) {
    Signature changed = sig;
    changed.data()[i] ^= 1;
    EXPECT_FALSE(verify(pk.view(), "test", {as_bytes("data")}, changed)) << i;
  }
}

TEST_F(Signing, RefusesAScalarAboveTheOrder) {
  Signature sig = sign(key, "test", {as_bytes("data")});
  // S + L verifies where S < L is not checked.
  const Bytes order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += sig.data()[32 + i] + std::to_integer<unsigned>(order[i]);
    sig.data()[32 + i] = static_cast<unsigned char>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(verify(pk.view(), "test", {as_bytes("data")}, sig));
}

TEST_F(Signing, RefusesAKeyOfSmallOrder) {
  // Under the neutral element a signature with R = S·B holds for every text.
  const auto neutral = from_hex_as<AgentId>("0100000000000000000000000000000000000000000000000000000000000000");
  Signature sig;
  sig.data()[32] = 1;
  crypto_scalarmult_ed25519_base_noclamp(sig.data(), sig.data() + 32);
  EXPECT_FALSE(verify(neutral.view(), "test", {as_bytes("data")}, sig));
}

class Boxing : public testing::Test {
 protected:
  Bytes key = Bytes(32, std::byte{7});
  Nonce nonce = *Nonce::from(Bytes(24, std::byte{9}));
};

TEST_F(Boxing, IsSecretbox) {
  const std::string_view text = "a message";
  const Bytes boxed = box(key, nonce, as_bytes(text));
  Bytes expected(16 + text.size());
  crypto_secretbox_easy(reinterpret_cast<unsigned char*>(expected.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), text.size(), nonce.data(),
                        reinterpret_cast<const unsigned char*>(key.data()));
  EXPECT_EQ(hex(boxed), hex(expected));
}

TEST_F(Boxing, InPlaceIsTheSame) {
  for (const std::size_t size : {0U, 1U, 64U, 1000U}) {
    const Bytes text(size, std::byte{3});
    Bytes buffer(16);
    append(buffer, text);
    box_in_place(key, nonce, buffer);
    EXPECT_EQ(buffer, box(key, nonce, text));
    EXPECT_EQ(unbox(key, nonce, buffer), text);
    const auto opened = unbox_in_place(key, nonce, buffer);
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_bytes(*opened), text);
    EXPECT_EQ(opened->data(), buffer.data() + 16);
  }
}

TEST_F(Boxing, OpensOnlyWhole) {
  const Bytes boxed = box(key, nonce, as_bytes("a message"));
  for (std::size_t i = 0; i < boxed.size(); ++i) {
    Bytes changed = boxed;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(unbox(key, nonce, changed)) << i;
    EXPECT_FALSE(unbox_in_place(key, nonce, changed)) << i;
  }
  for (std::size_t size = 0; size < boxed.size(); ++size) {
    EXPECT_FALSE(unbox(key, nonce, ByteView(boxed).first(size))) << size;
    Bytes shorter(boxed.begin(), boxed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(unbox_in_place(key, nonce, shorter)) << size;
  }
}

TEST_F(Boxing, OpensOnlyWithItsKeyAndNonce) {
  const Bytes boxed = box(key, nonce, as_bytes("a message"));
  EXPECT_FALSE(unbox(Bytes(32, std::byte{8}), nonce, boxed));
  EXPECT_FALSE(unbox(key, Nonce{}, boxed));
}

TEST_F(Boxing, RefusesAKeyOfAnotherSize) {
  EXPECT_THROW(box(ByteView(key).first(31), nonce, {}), std::logic_error);
  EXPECT_THROW(unbox(ByteView(key).first(31), nonce, Bytes(16)), std::logic_error);
  Bytes small(15);
  EXPECT_THROW(box_in_place(key, nonce, small), std::logic_error);
}

}  // namespace
}  // namespace agentroom::crypto::test
