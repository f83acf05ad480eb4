#include "crypto/relay_identity.hpp"

#include <gtest/gtest.h>

#include "crypto/primitives.hpp"

namespace agentroom::crypto::test {
namespace {

constexpr std::string_view kSecret = "a secret of at least thirty-two characters";
constexpr std::string_view kOther = "another secret of at least thirty-two characters";

TEST(RelayIdentity, StaysItselfUnderTheSameSecret) {
  EXPECT_EQ(RelayIdentity::from_secret(kSecret).pair.pk, RelayIdentity::from_secret(kSecret).pair.pk);
  EXPECT_NE(RelayIdentity::from_secret(kSecret).pair.pk, RelayIdentity::from_secret(kOther).pair.pk);
}

TEST(RelayIdentity, SignsWithThePairItNames) {
  const auto relay = RelayIdentity::from_secret(kSecret);
  EXPECT_TRUE(is_valid_signing_key(relay.pair.pk.view()));
  const auto sig = sign(relay.pair.secret, "challenge", {as_bytes("body")});
  EXPECT_TRUE(verify(relay.pair.pk.view(), "challenge", {as_bytes("body")}, sig));
}

TEST(RelayIdentity, SucceedsNobodyUnlessTold) {
  EXPECT_FALSE(RelayIdentity::from_secret(kSecret).succession);
}

TEST(RelayIdentity, ProvesItsSuccessionByTheSignatureOfThePrevious) {
  const auto relay = RelayIdentity::from_secret(kSecret, kOther);
  const auto previous = RelayIdentity::from_secret(kOther);
  ASSERT_TRUE(relay.succession);
  EXPECT_EQ(relay.pair.pk, RelayIdentity::from_secret(kSecret).pair.pk);
  EXPECT_EQ(relay.succession->previous_pk, previous.pair.pk);
  EXPECT_TRUE(verify(previous.pair.pk.view(), "successor", {relay.pair.pk.view()}, relay.succession->sig));
  EXPECT_FALSE(verify(relay.pair.pk.view(), "successor", {relay.pair.pk.view()}, relay.succession->sig));
  EXPECT_FALSE(verify(previous.pair.pk.view(), "successor", {previous.pair.pk.view()}, relay.succession->sig));
}

TEST(RelayIdentity, HasItsOwnStoreKey) {
  EXPECT_TRUE(
      RelayIdentity::from_secret(kSecret).store_key().equals(RelayIdentity::from_secret(kSecret, kOther).store_key()));
  EXPECT_FALSE(RelayIdentity::from_secret(kSecret).store_key().equals(RelayIdentity::from_secret(kOther).store_key()));
}

}  // namespace
}  // namespace agentroom::crypto::test
