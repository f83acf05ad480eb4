// What commit of a store promises.
#include <gmock/gmock.h>

#include "store_under_test.hpp"

namespace agentroom::conformance {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;

using StoreCommits = StoreFact;

std::vector<ar_status> statuses(const StoreUnderTest& store) {
  std::vector<ar_status> all;
  for (const Completion& completion : store.completions()) all.push_back(completion.status);
  return all;
}

TEST_F(StoreCommits, APutReplaces) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "a longer value")}), AR_OK);
  ASSERT_EQ(store.commit_and_wait({put("a", "short")}), AR_OK);
  EXPECT_EQ(store.get("a"), "short");
  EXPECT_EQ(store.scan().size(), 1U);
}

TEST_F(StoreCommits, ADeleteRemovesAndAnAbsentKeyIsNoError) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1"), put("b", "2")}), AR_OK);
  EXPECT_EQ(store.commit_and_wait({erase("a"), erase("never there")}), AR_OK);
  EXPECT_THAT(store.scan_keys(), ElementsAre("b"));
}

TEST_F(StoreCommits, AnEmptyBatchIsCompleted) {
  auto& store = open();
  EXPECT_EQ(store.commit_and_wait({}), AR_OK);
  EXPECT_EQ(store.completed(), 1U);
}

TEST_F(StoreCommits, LaterOperationsOfABatchSeeEarlierOnes) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("old", "0")}), AR_OK);
  EXPECT_EQ(store.commit_and_wait({put("a", "1"), put("a", "2"), erase("b"), put("b", "3"), erase("b")}), AR_OK);
  EXPECT_EQ(store.get("a"), "2");
  EXPECT_EQ(store.get("b"), std::nullopt);
  EXPECT_EQ(store.commit_and_wait({erase("old"), put_if_absent("old", "new")}), AR_OK);
  EXPECT_EQ(store.get("old"), "new");
  EXPECT_EQ(store.commit_and_wait({put("c", "1"), put_if_absent("c", "2")}), AR_CONFLICT);
  EXPECT_EQ(store.commit_and_wait({put_if_absent("d", "1"), put_if_absent("d", "2")}), AR_CONFLICT);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "old"));
}

TEST_F(StoreCommits, PutIfAbsentWritesWhenTheKeyIsAbsent) {
  auto& store = open();
  EXPECT_EQ(store.commit_and_wait({put_if_absent("a", "1")}), AR_OK);
  EXPECT_EQ(store.get("a"), "1");
  EXPECT_EQ(store.commit_and_wait({put_if_absent("a", "2")}), AR_CONFLICT);
  EXPECT_EQ(store.get("a"), "1");
}

TEST_F(StoreCommits, AConflictUndoesItsWholeBatchAndNoOther) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("taken", "1"), put("kept", "1")}), AR_OK);
  ASSERT_EQ(store.commit({put("before", "1")}), AR_OK);
  ASSERT_EQ(store.commit({put("x", "1"), erase("kept"), put("taken", "2"), put_if_absent("y", "1"),
                          put_if_absent("before", "2")}),
            AR_OK);
  ASSERT_EQ(store.commit({put("after", "1"), put_if_absent("x", "mine")}), AR_OK);
  ASSERT_TRUE(store.wait());
  EXPECT_THAT(statuses(store), ElementsAre(AR_OK, AR_OK, AR_CONFLICT, AR_OK));
  EXPECT_THAT(store.scan(), ElementsAre(Record("after", "1"), Record("before", "1"), Record("kept", "1"),
                                        Record("taken", "1"), Record("x", "mine")));
}

TEST_F(StoreCommits, OneOfManyClaimsOfAKeyWins) {
  auto& store = open();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(store.commit({put_if_absent("claim", std::to_string(i))}), AR_OK);
  ASSERT_TRUE(store.wait());
  std::vector<ar_status> expected(100, AR_CONFLICT);
  expected[0] = AR_OK;
  EXPECT_EQ(statuses(store), expected);
  EXPECT_EQ(store.get("claim"), "0");
}

TEST_F(StoreCommits, CompletionsComeOnceEachInTheOrderOfTheCommits) {
  auto& store = open();
  constexpr std::size_t kCommits = 2'000;
  for (std::size_t i = 0; i < kCommits; ++i) {
    const std::string key = std::to_string(i % 10 == 3 ? 0 : i);
    ASSERT_EQ(store.commit({i % 10 == 3 ? put_if_absent(key, "x") : put(key, std::string(i % 700, 'v'))}), AR_OK);
  }
  ASSERT_TRUE(store.wait());
  const auto completions = store.completions();
  ASSERT_EQ(completions.size(), kCommits);
  for (std::size_t i = 0; i < kCommits; ++i) {
    ASSERT_EQ(completions[i].commit, i);
    ASSERT_EQ(completions[i].status, i % 10 == 3 ? AR_CONFLICT : AR_OK);
  }
}

TEST_F(StoreCommits, TheLargestKeyAndValueAreKept) {
  auto& store = open();
  const std::string key(AR_STORE_MAX_KEY, 'k');
  std::string value(AR_STORE_MAX_VALUE, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 2654435761U >> 24U);
  ASSERT_EQ(store.commit_and_wait({put(key, value), put("small", "1")}), AR_OK);
  EXPECT_TRUE(store.get(key) == value);
  EXPECT_EQ(store.get("small"), "1");
}

TEST_F(StoreCommits, WrongSizesAndKindsAreRefusedAndNeverCompleted) {
  auto& store = open();
  const auto refused = AnyOf(AR_INVALID, AR_TOO_LARGE);
  Error error;
  EXPECT_THAT(store.commit({put("a", "1"), put("", "empty key")}, &error), refused);
  EXPECT_STRNE(error.message, "");
  EXPECT_THAT(store.commit({put("a", "1"), put(std::string(AR_STORE_MAX_KEY + 1, 'k'), "")}), refused);
  EXPECT_THAT(store.commit({put("a", "1"), put("b", std::string(AR_STORE_MAX_VALUE + 1, 'v'))}), refused);
  EXPECT_THAT(store.commit({put("a", "1"), {77, "b", "unknown kind"}}), refused);
  EXPECT_EQ(store.commit_and_wait({put("c", "1")}), AR_OK) << "a refusal is no failure";
  EXPECT_EQ(store.completed(), 1U);
  EXPECT_THAT(store.scan_keys(), ElementsAre("c"));
}

TEST_F(StoreCommits, ADeleteIgnoresItsValue) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  EXPECT_EQ(store.commit_and_wait({{AR_STORE_DELETE, "a", "ignored"}}), AR_OK);
  EXPECT_THAT(store.scan(), IsEmpty());
}

TEST_F(StoreCommits, ManyValuesOfASegmentAreWrittenAndRemoved) {
  auto& store = open();
  const std::string segment(64 * 1024, 's');
  for (int i = 0; i < 64; ++i) ASSERT_EQ(store.commit({put("seg/" + std::to_string(i), segment)}), AR_OK);
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(store.scan("seg/").size(), 64U);
  for (int i = 0; i < 64; ++i) ASSERT_EQ(store.commit({erase("seg/" + std::to_string(i))}), AR_OK);
  ASSERT_TRUE(store.wait());
  EXPECT_THAT(store.scan(), IsEmpty());
}

}  // namespace
}  // namespace agentroom::conformance
