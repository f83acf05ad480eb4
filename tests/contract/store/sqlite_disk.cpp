// store-sqlite on a disk that waits, is full and fails.
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cerrno>

#include "faulty_disk.hpp"
#include "sqlite_fixture.hpp"

namespace agentroom::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SqliteDisk : public SqliteFact {
 protected:
  FaultyDisk disk_;

  ar_status last_status() { return store_->completions().back().status; }
  std::string last_message() { return store_->completions().back().message; }

  /// What a process that died now would leave, opened.
  std::vector<std::string> keys_after_a_crash() {
    const TemporaryFolder elsewhere;
    for (const char* suffix : {".db", ".db-wal"})
      write(elsewhere.file(std::string("store") + suffix), content(location() + suffix));
    return StoreUnderTest(plugin_, elsewhere.file("store"), "").scan_keys();
  }
};

TEST_F(SqliteDisk, NothingIsAcknowledgedOrSeenBeforeItIsOnTheDisk) {
  auto& store = open();
  disk_.hold_syncs();
  ASSERT_EQ(store.commit({put("a", "1")}), AR_OK);
  ASSERT_TRUE(disk_.wait_for_held_sync());
  EXPECT_EQ(store.completed(), 0U);
  EXPECT_EQ(store.get("a"), std::nullopt);
  disk_.heal();
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(store.get("a"), "1");
}

TEST_F(SqliteDisk, EveryLoneCommitIsSynced) {
  auto& store = open();
  const std::size_t before = disk_.syncs();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(store.commit_and_wait({put("a", std::to_string(i))}), AR_OK);
  EXPECT_GE(disk_.syncs() - before, 10U);
}

TEST_F(SqliteDisk, AllThatWaitsSharesOneSync) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  disk_.hold_syncs();
  ASSERT_EQ(store.commit({put("b", "1")}), AR_OK);
  ASSERT_TRUE(disk_.wait_for_held_sync());
  const std::size_t before = disk_.syncs();
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(store.commit({put("k" + std::to_string(i), "v")}), AR_OK);
  disk_.heal();
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(disk_.syncs() - before, 1U);
  EXPECT_EQ(plugin_.host().metric("store_sqlite_transactions"), 3.0);
  EXPECT_EQ(plugin_.host().metric("store_sqlite_rows"), 1'002.0);
}

TEST_F(SqliteDisk, CommitNeverWaitsAndRefusesWhatDoesNotFit) {
  auto& store = open();
  disk_.hold_syncs();
  ASSERT_EQ(store.commit({put("first", "1")}), AR_OK);
  ASSERT_TRUE(disk_.wait_for_held_sync());
  Error error;
  const std::string megabyte(1024 * 1024, 'x');
  ar_status status = AR_OK;
  for (int i = 0; i < 100 && status == AR_OK; ++i)
    status = store.commit({put("k" + std::to_string(i), megabyte)}, &error);
  EXPECT_EQ(status, AR_TOO_LARGE);
  EXPECT_STRNE(error.message, "");
  EXPECT_EQ(store.accepted(), 1U + 63U);
  EXPECT_EQ(store.commit({put("small", "1")}), AR_OK);
  disk_.heal();
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(last_status(), AR_OK);
  EXPECT_EQ(store.commit_and_wait({put("after", megabyte)}), AR_OK);
}

TEST_F(SqliteDisk, TheNumberOfWaitingBatchesIsBounded) {
  auto& store = open();
  disk_.hold_syncs();
  ASSERT_EQ(store.commit({put("first", "1")}), AR_OK);
  ASSERT_TRUE(disk_.wait_for_held_sync());
  for (int i = 0; i < 65'536; ++i) ASSERT_EQ(store.commit({put("k", "v")}), AR_OK);
  EXPECT_EQ(store.commit({put("k", "v")}), AR_TOO_LARGE);
  disk_.heal();
  ASSERT_TRUE(store.wait());
  EXPECT_EQ(store.commit_and_wait({put("k", "w")}), AR_OK);
}

TEST_F(SqliteDisk, AFullDiskIsToldInClearWordsAndHoldsUntilResume) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  disk_.fail_writes(ENOSPC);
  EXPECT_EQ(store.commit_and_wait({put("b", "1")}), AR_IO);
  EXPECT_THAT(last_message(), HasSubstr("the disk is full"));
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("the disk is full"));
  Error error;
  EXPECT_EQ(store.resume(&error), AR_IO);
  EXPECT_THAT(error.message, HasSubstr("the disk is full"));
  EXPECT_THAT(error.hint, HasSubstr("free some space"));
  disk_.heal();
  EXPECT_EQ(store.commit_and_wait({put("c", "1")}), AR_ABORTED) << "healed, but not resumed";
  EXPECT_EQ(store.resume(), AR_OK);
  EXPECT_EQ(store.commit_and_wait({put("d", "1")}), AR_OK);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "d"));
  EXPECT_THAT(keys_after_a_crash(), ElementsAre("a", "d"));
}

TEST_F(SqliteDisk, WhatCouldNotBeSyncedDoesNotComeBackOnceResumed) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  disk_.fail_syncs(EIO);
  EXPECT_EQ(store.commit_and_wait({put("b", std::string(100'000, 'b'))}), AR_IO);
  EXPECT_EQ(store.resume(), AR_IO) << "the disk still fails";
  disk_.heal();
  ASSERT_EQ(store.resume(), AR_OK);
  EXPECT_THAT(keys_after_a_crash(), ElementsAre("a")) << "right after resume";
  ASSERT_EQ(store.commit_and_wait({put("c", "1")}), AR_OK);
  EXPECT_THAT(store.scan_keys(), ElementsAre("a", "c"));
  EXPECT_THAT(keys_after_a_crash(), ElementsAre("a", "c"));
}

TEST_F(SqliteDisk, EveryOtherErrorOfTheDiskIsTold) {
  auto& store = open();
  for (const int error : {EIO, EDQUOT, EFBIG, EROFS}) {
    disk_.fail_writes(error);
    EXPECT_EQ(store.commit_and_wait({put("b", "1")}), AR_IO);
    EXPECT_THAT(last_message(), HasSubstr(file()));
    disk_.heal();
    ASSERT_EQ(store.resume(), AR_OK);
  }
}

TEST_F(SqliteDisk, AStoreThatCannotBeMadeLeavesNothing) {
  disk_.fail_writes(ENOSPC);
  const Error error = refusal();
  EXPECT_EQ(error.status, AR_IO);
  EXPECT_THAT(error.message, HasSubstr("the disk is full"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  disk_.heal();
  EXPECT_EQ(refusal().status, AR_OK);
}

TEST_F(SqliteDisk, TheLogIsFoldedIntoTheFileWhileItRuns) {
  auto& store = open();
  const std::string value(256 * 1024, 'v');
  for (int i = 0; i < 480; ++i) {
    ASSERT_EQ(store.commit({put("k" + std::to_string(i % 40), value)}), AR_OK);
    if (i % 40 != 0) continue;
    ASSERT_TRUE(store.wait());
    ASSERT_FALSE(store.scan_keys("", "", 1).empty());
  }
  ASSERT_TRUE(store.wait());
  EXPECT_LT(std::filesystem::file_size(log_file()), 64U * 1024 * 1024) << "of 120 MiB written";
}

TEST_F(SqliteDisk, AFileThatCannotGrowIsWarnedOfAndLosesNothing) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
  disk_.fail_writes(ENOSPC, "store.db");  // the log still takes what is written
  const std::string value(1024 * 1024, 'v');
  for (int i = 0; i < 40; ++i) ASSERT_EQ(store.commit_and_wait({put("k" + std::to_string(i), value)}), AR_OK);
  ASSERT_TRUE(plugin_.host().run_until([&] { return plugin_.host().metric("store_sqlite_checkpoint_failures") > 0; },
                                       std::chrono::seconds(1)) ||
              store.commit_and_wait({put("b", "1")}) == AR_OK);
  EXPECT_GT(plugin_.host().metric("store_sqlite_checkpoint_failures"), 0.0);
  EXPECT_THAT(plugin_.host().log_text(), HasSubstr("the disk is full"));
  disk_.heal();
  EXPECT_EQ(store.scan("k").size(), 40U);
  store_.reset();
  EXPECT_EQ(open().scan("k").size(), 40U);
}

// A file system of 2 MiB, in a process of its own that sees it alone.
TEST_F(SqliteDisk, ARealFullFileSystemIsToldInClearWords) {
  const pid_t process = ::fork();
  if (process == 0) {
    const std::string folder = folder_.path();
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=2m,mode=0700") != 0) {
      ::_exit(77);
    }
    auto& store = open();
    bool right = store.commit_and_wait({put("a", "1")}) == AR_OK;
    right = right && store.commit_and_wait({put("large", std::string(3 * 1024 * 1024, 'x'))}) == AR_IO;
    right = right && last_message().find("the disk is full") != std::string::npos;
    right = right && store.resume() == AR_OK && store.commit_and_wait({put("b", "1")}) == AR_OK;
    store_.reset();
    right = right && open().scan_keys() == std::vector<std::string>{"a", "b"};
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(process, &status, 0), process);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this user may not mount a file system";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace agentroom::conformance
