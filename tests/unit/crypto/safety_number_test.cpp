#include "crypto/safety_number.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "crypto/identity.hpp"
#include "seeded_random.hpp"

namespace agentroom::crypto {
namespace {

class SafetyNumber : public testing::Test {
 protected:
  AgentId agent() { return Identity::generate(random_).id(); }

 private:
  crypto::test::SeededRandom random_{60};
};

TEST_F(SafetyNumber, IsTheSameOnBothSides) {
  for (int i = 0; i < 100; ++i) {
    const AgentId alice = agent();
    const AgentId bob = agent();
    EXPECT_EQ(safety_number(alice, bob), safety_number(bob, alice));
  }
}

TEST_F(SafetyNumber, IsTwelveGroupsOfFiveDigits) {
  const std::regex shape("\\d{5}( \\d{5}){11}");
  bool zeros_lead = false;
  for (int i = 0; i < 100; ++i) {
    const std::string number = safety_number(agent(), agent());
    EXPECT_TRUE(std::regex_match(number, shape)) << number;
    zeros_lead = zeros_lead || number.find(" 0") != std::string::npos;
  }
  EXPECT_TRUE(zeros_lead) << "no group in 1,200 begins with a zero";
}

TEST_F(SafetyNumber, DiffersWhenEitherKeyDiffersInOneBit) {
  const AgentId alice = agent();
  const AgentId bob = agent();
  std::set<std::string> seen{safety_number(alice, bob)};
  for (std::size_t bit = 0; bit < 256; ++bit) {
    AgentId other = bob;
    other.mutable_view()[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_TRUE(seen.insert(safety_number(alice, other)).second) << bit;
    EXPECT_TRUE(seen.insert(safety_number(other, bob)).second) << bit;
  }
}

TEST_F(SafetyNumber, HasTheHalfOfEachAgentWhoeverItTalksTo) {
  const AgentId alice = agent();
  const std::string own = safety_number(alice, alice).substr(0, 35);
  for (int i = 0; i < 20; ++i) EXPECT_NE(safety_number(alice, agent()).find(own), std::string::npos);
}

}  // namespace
}  // namespace agentroom::crypto
