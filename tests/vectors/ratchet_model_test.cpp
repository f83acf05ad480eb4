// The ratchet against a plain reading of docs/protocol.md section 4: conversations at random, from a seed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "ratchet_duel.hpp"

namespace agentroom::vectors {
namespace {

constexpr std::uint64_t kConversations = CONVERSATIONS;
constexpr int kSteps = 300;

/// AGENTROOM_DUEL_SEED plays one conversation alone: the one that a failure named.
std::pair<std::uint64_t, std::uint64_t> seeds() {
  const char* only = std::getenv("AGENTROOM_DUEL_SEED");
  if (only == nullptr) return {1, kConversations};
  const std::uint64_t seed = std::strtoull(only, nullptr, 10);
  return {seed, seed};
}

TEST(RatchetModel, AgreesWithTheRatchetInConversationsAtRandom) {
  RatchetDuel::Counts all;
  const auto [first, last] = seeds();
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    std::mt19937_64 generator(seed);
    RatchetDuel duel(seed, [&](std::uint32_t bound) { return static_cast<std::uint32_t>(generator() % bound); });
    for (int step = 0; step < kSteps; ++step) {
      const std::string wrong = duel.step();
      ASSERT_EQ(wrong, "") << "in step " << step << "; again with AGENTROOM_DUEL_SEED=" << seed;
    }
    const RatchetDuel::Counts& counts = duel.counts();
    all.sent += counts.sent;
    all.read += counts.read;
    all.refused += counts.refused;
    all.forged += counts.forged;
    all.evicted += counts.evicted;
    all.most_kept = std::max(all.most_kept, counts.most_kept);
  }
  std::printf("%zu sent, %zu read, %zu refused, %zu forged, %zu kept keys driven out, at most %zu kept\n", all.sent,
              all.read, all.refused, all.forged, all.evicted, all.most_kept);
  if (first == last) return;
  // The conversations go where the bounds are.
  EXPECT_EQ(all.most_kept, 2'000U);
  EXPECT_GT(all.evicted, 2'000U);
  EXPECT_GT(all.read, 20 * kConversations);
  EXPECT_GT(all.refused, 20 * kConversations);
}

}  // namespace
}  // namespace agentroom::vectors
