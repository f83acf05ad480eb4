// What get and scan of a store promise.
#include <gmock/gmock.h>

#include "store_under_test.hpp"

namespace agentroom::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using StoreReads = StoreFact;

const std::string kBinary("\x00\x01\xff\x80\x00", 5);

TEST_F(StoreReads, ANewStoreIsEmpty) {
  auto& store = open();
  EXPECT_THAT(store.scan(), IsEmpty());
  EXPECT_EQ(store.get("a"), std::nullopt);
}

TEST_F(StoreReads, GetReturnsWhatWasCommitted) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1"), put(kBinary, kBinary + kBinary)}), AR_OK);
  EXPECT_EQ(store.get("a"), "1");
  EXPECT_EQ(store.get(kBinary), kBinary + kBinary);
}

TEST_F(StoreReads, GetReturnsWhatWasCompletedSinceTheGetBefore) {
  auto& store = open();
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i);
    ASSERT_EQ(store.get(key), std::nullopt);
    ASSERT_EQ(store.commit({put(key, "1")}), AR_OK);
    store.get(key);  // either: it is under way
    ASSERT_TRUE(store.wait());
    ASSERT_EQ(store.get(key), "1");
  }
}

TEST_F(StoreReads, GetTellsAnEmptyValueFromAnAbsentKey) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("empty", "")}), AR_OK);
  EXPECT_EQ(store.get("empty"), "");
  EXPECT_EQ(store.get("absent"), std::nullopt);
}

TEST_F(StoreReads, GetDoesNotTakeAPrefixForTheKey) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("abc", "1")}), AR_OK);
  EXPECT_EQ(store.get("ab"), std::nullopt);
  EXPECT_EQ(store.get("abcd"), std::nullopt);
}

TEST_F(StoreReads, KeysThatDifferInCaseAreTwo) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1"), put("A", "2")}), AR_OK);
  EXPECT_EQ(store.get("a"), "1");
  EXPECT_EQ(store.get("A"), "2");
}

TEST_F(StoreReads, ScanFollowsTheOrderOfUnsignedBytes) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("\xff", ""), put("b", ""), put("\x7f", ""), put("\x80", ""), put("ab", ""),
                                   put("a", ""), put(std::string("a\0", 2), ""), put(std::string(1, '\0'), "")}),
            AR_OK);
  EXPECT_THAT(store.scan_keys(),
              ElementsAre(std::string(1, '\0'), "a", std::string("a\0", 2), "ab", "b", "\x7f", "\x80", "\xff"));
}

TEST_F(StoreReads, ScanHandsOverTheValues) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1"), put("b", kBinary), put("c", "")}), AR_OK);
  EXPECT_THAT(store.scan(), ElementsAre(Record("a", "1"), Record("b", kBinary), Record("c", "")));
}

TEST_F(StoreReads, ScanVisitsOnlyThePrefix) {
  auto& store = open();
  ASSERT_EQ(
      store.commit_and_wait({put("a", ""), put("b", ""), put("b/1", ""), put("b/2", ""), put("b0", ""), put("c", "")}),
      AR_OK);
  EXPECT_THAT(store.scan_keys("b/"), ElementsAre("b/1", "b/2"));
  EXPECT_THAT(store.scan_keys("b"), ElementsAre("b", "b/1", "b/2", "b0"));
  EXPECT_THAT(store.scan_keys("d"), IsEmpty());
}

TEST_F(StoreReads, ScanTakesAPrefixThatEndsInTheLastByte) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a\xff", ""), put("a\xff\xff", ""), put("b", ""), put("\xff", ""),
                                   put("\xff\xff\x01", ""), put(std::string(AR_STORE_MAX_KEY, '\xff'), "")}),
            AR_OK);
  EXPECT_THAT(store.scan_keys("a\xff"), ElementsAre("a\xff", "a\xff\xff"));
  EXPECT_THAT(store.scan_keys("\xff"), ElementsAre("\xff", "\xff\xff\x01", std::string(AR_STORE_MAX_KEY, '\xff')));
}

TEST_F(StoreReads, ScanContinuesBehindAKey) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", ""), put("b/1", ""), put("b/2", ""), put("b/3", ""), put("c", "")}), AR_OK);
  EXPECT_THAT(store.scan_keys("", "b/2"), ElementsAre("b/3", "c")) << "a key that is there";
  EXPECT_THAT(store.scan_keys("", "b/20"), ElementsAre("b/3", "c")) << "a key that is not there";
  EXPECT_THAT(store.scan_keys("b/", "b/1"), ElementsAre("b/2", "b/3"));
  EXPECT_THAT(store.scan_keys("b/", "a"), ElementsAre("b/1", "b/2", "b/3")) << "a key before the prefix";
  EXPECT_THAT(store.scan_keys("b/", "b/"), ElementsAre("b/1", "b/2", "b/3")) << "the prefix itself";
  EXPECT_THAT(store.scan_keys("b/", "c"), IsEmpty()) << "a key behind the prefix";
  EXPECT_THAT(store.scan_keys("", "c"), IsEmpty()) << "the last key";
}

TEST_F(StoreReads, ScanEndsAtTheLimit) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", ""), put("b", ""), put("c", "")}), AR_OK);
  EXPECT_THAT(store.scan_keys("", "", 2), ElementsAre("a", "b"));
  EXPECT_THAT(store.scan_keys("", "", 3), ElementsAre("a", "b", "c"));
  EXPECT_THAT(store.scan_keys("", "", 4), ElementsAre("a", "b", "c"));
  EXPECT_THAT(store.scan_keys("", "a", 1), ElementsAre("b"));
}

TEST_F(StoreReads, ScanEndsWhenTheVisitorHasEnough) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", ""), put("b", ""), put("c", "")}), AR_OK);
  int visits = 0;
  const auto visit = [](void* ctx, ar_bytes, ar_bytes) -> std::int32_t { return ++*static_cast<int*>(ctx) < 2; };
  EXPECT_EQ(store.interface().scan(store.raw(), {}, {}, 0, visit, &visits, nullptr), AR_OK);
  EXPECT_EQ(visits, 2);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "b", "c")) << "the next scan begins anew";
}

TEST_F(StoreReads, ScanPagesThroughManyRecords) {
  auto& store = open();
  constexpr std::size_t kRecords = 20'000;
  std::vector<std::string> expected;
  Batch batch;
  for (std::size_t i = 0; i < kRecords; ++i) {
    std::string number = std::to_string(i);
    expected.push_back("k/" + std::string(8 - number.size(), '0') + number);
    batch.push_back(put(expected.back(), "value " + number));
    if (batch.size() < 256 && i + 1 < kRecords) continue;
    ASSERT_EQ(store.commit(std::exchange(batch, {})), AR_OK);
  }
  ASSERT_TRUE(store.wait());
  std::vector<std::string> found;
  while (true) {
    const auto page = store.scan_keys("k/", found.empty() ? "" : found.back(), 777);
    if (page.empty()) break;
    found.insert(found.end(), page.begin(), page.end());
  }
  EXPECT_EQ(found, expected);
}

// Two records that every batch writes together never differ, whatever the store does meanwhile.
TEST_F(StoreReads, AScanSeesWholeBatchesOnly) {
  auto& store = open();
  for (int i = 0; i < 500; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(store.commit({put("x", value), put("y", value)}), AR_OK);
    const auto seen = store.scan();
    if (seen.empty()) continue;
    ASSERT_EQ(seen.size(), 2U);
    ASSERT_EQ(seen[0].second, seen[1].second);
  }
  ASSERT_TRUE(store.wait());
  EXPECT_THAT(store.scan(), ElementsAre(Record("x", "499"), Record("y", "499")));
}

TEST_F(StoreReads, ACompletedBatchIsSeenAtOnce) {
  auto& store = open();
  for (int i = 0; i < 50; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_EQ(store.commit_and_wait({put("x", value)}), AR_OK);
    ASSERT_EQ(store.get("x"), value);
  }
}

}  // namespace
}  // namespace agentroom::conformance
