// The implementation against the vectors, and the vectors against a second reading of the specification.
#include <gtest/gtest.h>

#include <set>

#include "checks.hpp"
#include "corruption.hpp"
#include "crypto/primitives.hpp"
#include "generator/files.hpp"

namespace agentroom::vectors {
namespace {

class VectorsOf : public testing::TestWithParam<const char*> {
 protected:
  json::value file = read_file(GetParam());
  json::array& vectors = file.as_object().at("vectors").as_array();
};

std::string name_of(const json::value& vector, std::size_t index) {
  return json::value_to<std::string>(vector.at("function")) + " (" + std::to_string(index) + ")";
}

TEST_P(VectorsOf, Hold) {
  ASSERT_FALSE(vectors.empty());
  for (std::size_t i = 0; i < vectors.size(); ++i) EXPECT_TRUE(holds(vectors[i].as_object())) << name_of(vectors[i], i);
}

TEST_P(VectorsOf, FailWhenAnyFieldIsCorrupted) {
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const std::string name = name_of(vectors[i], i);
    corrupt_each(vectors[i], name, Places::kFirstMiddleAndLast,
                 [&](const std::string& where) { EXPECT_FALSE(holds_quietly(vectors[i].as_object())) << where; });
    EXPECT_TRUE(holds(vectors[i].as_object())) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(EachFile, VectorsOf,
                         testing::Values("primitives.json", "invite.json", "handshake.json", "ratchet.json",
                                         "link.json", "records.json"));

TEST(RefusedKeys, OnReceipt) {
  const json::value file = read_file("primitives.json");
  for (const auto& value : file.at("refused_on_receipt").as_array()) {
    const Fields f(value.as_object());
    const bool agreement = f.text("function") == "agreement key";
    ASSERT_TRUE(agreement || f.text("function") == "signing key");
    EXPECT_FALSE(agreement ? crypto::is_valid_agreement_key(f.as<AgreementKey>("key"))
                           : crypto::is_valid_signing_key(f.bytes("key")))
        << f.text("key");
  }
}

TEST(RefusedKeys, ByAgreementOnly) {
  const json::value file = read_file("primitives.json");
  crypto::AgreementSecret secret;
  secret.data()[5] = 7;
  for (const auto& value : file.at("refused_by_dh").as_array()) {
    const auto key = Fields(value.as_object()).as<AgreementKey>("key");
    EXPECT_TRUE(crypto::is_valid_agreement_key(key));
    EXPECT_FALSE(crypto::dh(secret, key));
  }
}

TEST(LinkVectors, BoxUnderTheKeysOfTheirHandshake) {
  const json::value file = read_file("link.json");
  std::string k_ar;
  std::string k_ra;
  std::size_t boxes = 0;
  for (const auto& value : file.at("vectors").as_array()) {
    const Fields f(value.as_object());
    if (f.text("function") == "link_handshake") {
      k_ar = f.text("k_ar");
      k_ra = f.text("k_ra");
    } else if (f.text("function") == "link_box") {
      EXPECT_EQ(f.text("key"), f.text("direction") == "agent to relay" ? k_ar : k_ra);
      ++boxes;
    }
  }
  EXPECT_EQ(boxes, 4U);
}

class ConversationVector : public testing::Test {
 protected:
  json::value file = read_file("conversation.json");
  bool holds_now() {
    try {
      return conversation_holds(file.as_object());
    } catch (const std::exception&) {
      return false;
    }
  }
};

TEST_F(ConversationVector, Holds) {
  EXPECT_TRUE(conversation_holds(file.as_object()));
}

TEST_F(ConversationVector, HasTurnsSkipsAndLateArrivals) {
  std::size_t sent = 0;
  std::multiset<std::string> cases;
  for (const auto& value : file.at("steps").as_array()) {
    const Fields step(value.as_object());
    if (step.text("function") == "send") {
      ++sent;
    } else {
      cases.insert(step.text("case"));
    }
  }
  EXPECT_GE(sent, 20U);
  EXPECT_GE(cases.count("a"), 3U);
  EXPECT_GE(cases.count("b"), 6U);
  EXPECT_GE(cases.count("a, kept"), 3U);
  EXPECT_GE(cases.count("c"), 4U);
}

TEST_F(ConversationVector, FailsWhenAnyFieldIsCorrupted) {
  const auto expect_failure = [&](const std::string& where) { EXPECT_FALSE(holds_now()) << where; };
  corrupt_each(file.at("start"), "start", Places::kMiddle, expect_failure);
  auto& steps = file.at("steps").as_array();
  for (std::size_t i = 0; i < steps.size(); ++i)
    corrupt_each(steps[i], "steps " + std::to_string(i), Places::kMiddle, expect_failure);
  EXPECT_TRUE(holds_now());
}

TEST(Generator, WritesTheFilesOfTheRepository) {
  for (const auto& [name, text] : all_files()) EXPECT_TRUE(text == read_text(name)) << name;
}

}  // namespace
}  // namespace agentroom::vectors
