// Opening, closing, failing and resuming.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "residue.hpp"
#include "store_under_test.hpp"

namespace agentroom::conformance {
namespace {

using testing::ElementsAre;

using StoreLife = StoreFact;
using StoreDurability = StoreFact;

/// Lets no file of the process grow beyond a size, until the end of the scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

/// A store that is full soon, so that 3 MiB do not fit and small values do: by its configuration where the suite was
/// given one (--when-full), else by a limit of the system on files.
class FullStore : public StoreFact {
 protected:
  /// Left out for a store that no limit on files makes full: one that keeps its data elsewhere.
  void SetUp() override {
    if (SuiteArguments::instance().when("full")) return;
    const TemporaryFolder elsewhere;
    std::optional<StoreUnderTest> probe(std::in_place, plugin_, elsewhere.file("store"),
                                        SuiteArguments::instance().config());
    ar_status status = AR_OK;
    {
      const FileSizeLimit limit(kSmall);
      status = probe->commit_and_wait({put("large", large())});
    }
    if (status != AR_OK) return;
    probe.emplace(plugin_, elsewhere.file("store"), SuiteArguments::instance().config());
    ASSERT_TRUE(probe->get("large") == large())
        << "3 MiB were acknowledged where no file may grow beyond 1 MiB, and are "
           "not there after reopening";
    AGENTROOM_LEAVE_OUT(SuiteArguments::needs("full"));
  }

  static std::string large() { return std::string(3 * 1024 * 1024, 'x'); }

  StoreUnderTest& open_small() {
    if (const auto config = SuiteArguments::instance().when("full")) return open(*config);
    StoreUnderTest& store = open();
    limit_.emplace(kSmall);
    return store;
  }

  void make_room() { limit_.reset(); }

  static constexpr rlim_t kSmall = 1024 * 1024;
  std::optional<FileSizeLimit> limit_;
};

using FullStoreDurability = FullStore;

TEST_F(StoreLife, TheInterfaceIsComplete) {
  const ar_store_interface& store = plugin_.store();
  EXPECT_NE(store.open, nullptr);
  EXPECT_NE(store.close, nullptr);
  EXPECT_NE(store.get, nullptr);
  EXPECT_NE(store.scan, nullptr);
  EXPECT_NE(store.commit, nullptr);
  EXPECT_NE(store.resume, nullptr);
}

TEST_F(StoreLife, OpensAndClosesAgainAndAgain) {
  for (int i = 0; i < 10; ++i) {
    open();
    store_.reset();
  }
}

TEST_F(StoreLife, AConfigurationThatIsNoTomlIsRefused) {
  if (SuiteArguments::instance().is_keyless()) AGENTROOM_LEAVE_OUT(SuiteArguments::kKeyless);
  ar_store* store = nullptr;
  Error error;
  EXPECT_EQ(StoreUnderTest::try_open(plugin_, location(), "this is no TOML", &store, &error), AR_INVALID);
  EXPECT_STRNE(error.message, "");
  EXPECT_EQ(error.status, AR_INVALID);
  EXPECT_EQ(store, nullptr);
}

TEST_F(StoreLife, AnErrorMayBeNull) {
  if (!SuiteArguments::instance().is_keyless()) {
    ar_store* store = nullptr;
    EXPECT_EQ(StoreUnderTest::try_open(plugin_, location(), "this is no TOML", &store, nullptr), AR_INVALID);
  }
  EXPECT_EQ(open().commit({put("", "empty key")}, nullptr), AR_INVALID);
}

TEST_F(StoreLife, CloseCompletesEveryAcceptedCommit) {
  StoreUnderTest& store = open();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(store.commit({put(std::to_string(i), std::string(1000, 'v'))}), AR_OK);
  store.close();
  plugin_.host().run_posted();
  ASSERT_EQ(store.completed(), 300U);
  for (const Completion& completion : store.completions()) EXPECT_EQ(completion.status, AR_OK);
}

TEST_F(StoreLife, ResumeWithoutAFailureChangesNothing) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  EXPECT_EQ(store.resume(), AR_OK);
  EXPECT_EQ(store.commit_and_wait({put("b", "2")}), AR_OK);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "b"));
}

TEST_F(StoreLife, NothingOutlivesTheInstance) {
  std::thread([] {}).join();  // a sanitizer's runtime has a thread of its own from the first one on
  ASSERT_EQ(open().commit_and_wait({put("a", "1")}), AR_OK);
  store_.reset();
  const Residue before;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(open().commit_and_wait({put("b", std::to_string(i))}), AR_OK);
    store_->scan();
    store_.reset();
  }
  before.expect_none();
}

TEST_F(FullStore, AFailureHoldsUntilResume) {
  StoreUnderTest& store = open_small();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  ASSERT_EQ(store.commit({put("large", large()), put("b", "1")}), AR_OK);
  ASSERT_EQ(store.commit({put("behind", "1")}), AR_OK);
  ASSERT_TRUE(store.wait());
  ASSERT_EQ(store.commit({put("later", "1")}), AR_OK) << "refused by its completion, in order";
  ASSERT_EQ(store.commit({put_if_absent("a", "2")}), AR_OK);
  ASSERT_TRUE(store.wait());

  const auto ended = store.completions();
  ASSERT_EQ(ended.size(), 5U);
  EXPECT_EQ(ended[0].status, AR_OK);
  EXPECT_EQ(ended[1].status, AR_IO) << ended[1].message;
  EXPECT_EQ(ended[2].status, AR_ABORTED);
  EXPECT_EQ(ended[3].status, AR_ABORTED);
  EXPECT_EQ(ended[4].status, AR_ABORTED) << "not a conflict: it comes behind the failure";
  EXPECT_THAT(store.scan_keys(), ElementsAre("a")) << "reads go on";

  make_room();
  Error error;
  ASSERT_EQ(store.resume(&error), AR_OK) << error.message;
  EXPECT_EQ(store.commit_and_wait({put("again", "1")}), AR_OK);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "again"));
}

TEST_F(FullStore, TheFailedBatchIsTheOneThatDidNotFit) {
  StoreUnderTest& store = open_small();
  ASSERT_EQ(store.commit_and_wait({put("taken", "1")}), AR_OK);
  ASSERT_EQ(store.commit({put_if_absent("taken", "2")}), AR_OK);
  ASSERT_EQ(store.commit({put("large", large())}), AR_OK);
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(store.completions()[1].status, AR_CONFLICT);
  EXPECT_EQ(store.completions()[2].status, AR_IO);
  make_room();
  ASSERT_EQ(store.resume(), AR_OK);
}

TEST_F(FullStore, CloseAfterAFailureCompletesWhatWaits) {
  StoreUnderTest& store = open_small();
  ASSERT_EQ(store.commit({put("large", large())}), AR_OK);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(store.commit({put(std::to_string(i), "1")}), AR_OK);
  store.close();
  plugin_.host().run_posted();
  EXPECT_EQ(store.completed(), 21U);
  const auto ended = store.completions();
  EXPECT_TRUE(std::ranges::none_of(ended, [](const Completion& each) { return each.status == AR_OK; }));
}

TEST_F(StoreDurability, EverythingIsThereAfterReopening) {
  auto& first = open();
  ASSERT_EQ(first.commit_and_wait({put("a", "1"), put("b", "2"), put("c", std::string(100'000, 'c'))}), AR_OK);
  ASSERT_EQ(first.commit_and_wait({erase("b"), put("a", "3")}), AR_OK);
  auto& second = reopen();
  EXPECT_THAT(second.scan(), ElementsAre(Record("a", "3"), Record("c", std::string(100'000, 'c'))));
  EXPECT_EQ(second.commit_and_wait({put_if_absent("a", "4")}), AR_CONFLICT);
  ASSERT_EQ(second.commit_and_wait({erase("a"), erase("c")}), AR_OK);
  EXPECT_TRUE(reopen().scan().empty());
}

TEST_F(StoreDurability, WhatCloseCompletedIsThereAfterReopening) {
  auto& first = open();
  for (int i = 0; i < 300; ++i) ASSERT_EQ(first.commit({put("k" + std::to_string(i), "v")}), AR_OK);
  EXPECT_EQ(reopen().scan("k").size(), 300U);
}

TEST_F(FullStoreDurability, WhatFailedIsNotThereAfterReopening) {
  StoreUnderTest& store = open_small();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  ASSERT_EQ(store.commit_and_wait({put("b", "1"), put("large", large())}), AR_IO);
  make_room();
  EXPECT_THAT(reopen().scan_keys(), ElementsAre("a"));
}

}  // namespace
}  // namespace agentroom::conformance
