#include "crypto/ratchet/kept_keys.hpp"

#include <gtest/gtest.h>

namespace agentroom::crypto::test {
namespace {

constexpr UnixMs kNow = 1'750'000'000'000;

HeaderKey header_key(unsigned char chain) {
  HeaderKey key;
  key.data()[0] = chain;
  return key;
}

KeptKey kept(unsigned char chain, std::uint32_t n, UnixMs at = kNow) {
  KeptKey key{header_key(chain), n, {}, at};
  key.mk.data()[0] = chain;
  key.mk.data()[1] = static_cast<unsigned char>(n);
  return key;
}

TEST(KeptKeys, AreFoundByChainAndNumber) {
  KeptKeys keys;
  EXPECT_TRUE(keys.add(kept(1, 5)));
  EXPECT_TRUE(keys.add(kept(2, 5)));
  ASSERT_NE(keys.find(header_key(1), 5, kNow), nullptr);
  EXPECT_TRUE(keys.find(header_key(2), 5, kNow)->mk.equals(kept(2, 5).mk));
  EXPECT_EQ(keys.find(header_key(1), 6, kNow), nullptr);
  EXPECT_EQ(keys.find(header_key(3), 5, kNow), nullptr);
}

TEST(KeptKeys, AreKeptOnce) {
  KeptKeys keys;
  EXPECT_TRUE(keys.add(kept(1, 5)));
  EXPECT_FALSE(keys.add(kept(1, 5)));
  EXPECT_EQ(keys.size(), 1U);
}

TEST(KeptKeys, AreGoneWhenRemoved) {
  KeptKeys keys;
  keys.add(kept(1, 5));
  keys.add(kept(1, 6));
  keys.remove(header_key(1), 5);
  keys.remove(header_key(1), 7);
  keys.remove(header_key(9), 6);
  EXPECT_EQ(keys.find(header_key(1), 5, kNow), nullptr);
  EXPECT_NE(keys.find(header_key(1), 6, kNow), nullptr);
  EXPECT_EQ(keys.size(), 1U);
}

TEST(KeptKeys, OfferEachHeaderKeyOnceAndOnlyWhileItHasKeys) {
  KeptKeys keys;
  for (std::uint32_t n = 0; n < 3; ++n) keys.add(kept(1, n));
  keys.add(kept(2, 0));
  const auto offered = [&] {
    int count = 0;
    keys.find_header_key([&](const HeaderKey&) {
      ++count;
      return false;
    });
    return count;
  };
  EXPECT_EQ(offered(), 2);
  keys.remove(header_key(2), 0);
  EXPECT_EQ(offered(), 1);
}

TEST(KeptKeys, EvictTheOldestBeyondTwoThousand) {
  KeptKeys keys;
  for (std::uint32_t n = 0; n < kMaxKeptKeys + 3; ++n) keys.add(kept(n % 2 == 0 ? 1 : 2, n));
  std::vector<KeptKeyChange> changes;
  keys.evict(kNow, changes);
  EXPECT_EQ(keys.size(), kMaxKeptKeys);
  ASSERT_EQ(changes.size(), 3U);
  for (std::uint32_t n = 0; n < 3; ++n) {
    EXPECT_EQ(changes[n].kind, KeptKeyChange::Kind::kRemoved);
    EXPECT_EQ(changes[n].key.n, n);
    EXPECT_TRUE(changes[n].key.hk.equals(header_key(n % 2 == 0 ? 1 : 2)));
    EXPECT_TRUE(changes[n].key.mk.equals(MessageKey{}));  // a key that goes is not told
  }
  EXPECT_EQ(keys.find(header_key(1), 2, kNow), nullptr);
  EXPECT_NE(keys.find(header_key(2), 3, kNow), nullptr);
}

TEST(KeptKeys, LiveThirtyDays) {
  KeptKeys keys;
  keys.add(kept(1, 0));
  EXPECT_NE(keys.find(header_key(1), 0, kNow + kKeptKeyLifeMs), nullptr);
  EXPECT_EQ(keys.find(header_key(1), 0, kNow + kKeptKeyLifeMs + 1), nullptr);
}

TEST(KeptKeys, ExpireWhereverTheyStand) {
  KeptKeys keys;
  keys.add(kept(1, 0, kNow + 1000));
  keys.add(kept(1, 1, kNow));
  keys.add(kept(1, 2, kNow + 1000));
  std::vector<KeptKeyChange> changes;
  keys.expire(kNow + kKeptKeyLifeMs, changes);
  EXPECT_TRUE(changes.empty());
  keys.expire(kNow + kKeptKeyLifeMs + 1, changes);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].key.n, 1U);
  EXPECT_EQ(keys.size(), 2U);
}

TEST(KeptKeys, CloneIsDeep) {
  KeptKeys keys;
  keys.add(kept(1, 0));
  KeptKeys copy = keys.clone();
  keys.remove(header_key(1), 0);
  ASSERT_NE(copy.find(header_key(1), 0, kNow), nullptr);
  EXPECT_TRUE(copy.find(header_key(1), 0, kNow)->mk.equals(kept(1, 0).mk));
}

}  // namespace
}  // namespace agentroom::crypto::test
