#include "crypto/identity.hpp"

#include <gtest/gtest.h>

#include "base/base64url.hpp"
#include "crypto/primitives.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto::test {
namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

/// The value of a member in the JSON text of an identity.
std::string member(const std::string& json, std::string_view name) {
  const auto start = json.find(name) + name.size() + 3;
  return json.substr(start, json.find('"', start) - start);
}

void expect_corrupt(std::string_view json, std::string_view says) {
  const auto identity = Identity::from_json(json);
  ASSERT_FALSE(identity) << json;
  EXPECT_EQ(identity.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(identity.error().message.find(says), std::string::npos) << identity.error().message;
}

class IdentityJson : public testing::Test {
 protected:
  SeededRandom random{1};
  Identity identity = Identity::generate(random);
  std::string json = identity.to_json();
};

TEST_F(IdentityJson, ComesBackAsItWas) {
  const auto read = Identity::from_json(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id(), identity.id());
  EXPECT_EQ(read->x25519.pk, identity.x25519.pk);
  EXPECT_TRUE(read->ed25519.secret.equals(identity.ed25519.secret));
  EXPECT_TRUE(read->x25519.secret.equals(identity.x25519.secret));
}

TEST_F(IdentityJson, HoldsTheFourKeysInBase64url) {
  EXPECT_EQ(member(json, "ed25519_pk"), base64url(identity.id().view()));
  EXPECT_EQ(member(json, "ed25519_sk"), base64url(identity.ed25519.secret.view()));
  EXPECT_EQ(member(json, "x25519_pk"), base64url(identity.x25519.pk.view()));
  EXPECT_EQ(member(json, "x25519_sk"), base64url(identity.x25519.secret.view()));
}

TEST_F(IdentityJson, MayBeFormattedAndHoldMore) {
  EXPECT_TRUE(Identity::from_json(replaced(json, "{", " {\n  \"comment\": [1, {}], ") + "\n"));
}

TEST_F(IdentityJson, NamesWhatIsWrong) {
  expect_corrupt("", "empty");
  expect_corrupt("{", "not a JSON text");
  expect_corrupt(json + "x", "not a JSON text");
  expect_corrupt("[]", "not a JSON object");
  expect_corrupt("{}", "'ed25519_pk' is missing");
  expect_corrupt(replaced(json, "x25519_sk", "y"), "'x25519_sk' is missing");
  expect_corrupt(replaced(json, '"' + member(json, "x25519_pk") + '"', "7"), "'x25519_pk' is not a string");
  expect_corrupt(replaced(json, member(json, "ed25519_sk"), "AAAA"), "'ed25519_sk' is not 64 bytes");
  expect_corrupt(replaced(json, member(json, "ed25519_pk"), "?"), "'ed25519_pk' is not 32 bytes");
  expect_corrupt(std::string(5000, ' '), "longer than");
}

TEST_F(IdentityJson, MustHoldKeysThatBelongTogether) {
  const std::string other = Identity::generate(random).to_json();
  expect_corrupt(replaced(json, member(json, "ed25519_pk"), member(other, "ed25519_pk")), "'ed25519_sk'");
  expect_corrupt(replaced(json, member(json, "ed25519_sk"), member(other, "ed25519_sk")), "'ed25519_sk'");
  expect_corrupt(replaced(json, member(json, "x25519_pk"), member(other, "x25519_pk")), "'x25519_sk'");
  expect_corrupt(replaced(json, member(json, "x25519_sk"), member(other, "x25519_sk")), "'x25519_sk'");
}

TEST_F(IdentityJson, RefusesASigningKeyWhoseHalvesDiffer) {
  Identity split = identity.clone();
  split.ed25519.secret.data()[63] ^= 1;
  expect_corrupt(split.to_json(), "'ed25519_sk'");
}

TEST_F(IdentityJson, NeverShowsASecretInAnError) {
  const std::string secret = member(json, "x25519_sk");
  const auto broken = Identity::from_json(replaced(json, member(json, "x25519_pk"), secret));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message.find(secret), std::string::npos);
}

TEST(Identity, IsFreshEachTime) {
  SeededRandom random(1);
  const auto a = Identity::generate(random);
  const auto b = Identity::generate(random);
  EXPECT_NE(a.id(), b.id());
  EXPECT_NE(a.x25519.pk, b.x25519.pk);
}

TEST(Identity, NeverHasANameThatReadsAsAnOption) {
  SeededRandom random(1);
  std::size_t again = 0;
  for (int i = 0; i < 300; ++i) {
    const std::size_t before = random.calls();
    EXPECT_NE(base64url(Identity::generate(random).id().view()).front(), '-');
    again += random.calls() - before > 2;
  }
  EXPECT_GT(again, 0U);  // one in 64 is drawn again
}

TEST(Identity, ClonesWhole) {
  SeededRandom random(1);
  const auto identity = Identity::generate(random);
  EXPECT_EQ(identity.clone().to_json(), identity.to_json());
}

TEST(Identity, HasItsOwnStoreKey) {
  SeededRandom random(1);
  const auto a = Identity::generate(random);
  const auto b = Identity::generate(random);
  EXPECT_TRUE(a.store_key().equals(a.clone().store_key()));
  EXPECT_FALSE(a.store_key().equals(b.store_key()));
}

}  // namespace
}  // namespace agentroom::crypto::test
