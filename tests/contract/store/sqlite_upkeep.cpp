// Checks, backups and compacting of store-sqlite, on files that are damaged and disks that fail.
#include <cerrno>

#include "faulty_disk.hpp"
#include "sqlite_fixture.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqliteUpkeep : public SqliteFact {
 protected:
  FaultyDisk disk_;

  ar_status backup(const std::string& path, Error* error) {
    return store_->interface().backup(store_->raw(), as_abi(path), nullptr, nullptr, error);
  }
  ar_status compact(Error* error = nullptr) { return store_->interface().compact(store_->raw(), error); }
  ar_status check(Error* error) { return store_->interface().check(store_->raw(), error); }

  StoreUnderTest& inspect() {
    store_.emplace(plugin_, location(), "integrity_check = \"off\"", std::uint32_t{AR_STORE_OPEN_READ_ONLY});
    return *store_;
  }

  bool folder_holds(const std::string& word) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().filename().string().find(word) != std::string::npos) return true;
    }
    return false;
  }
};

TEST_F(SqliteUpkeep, ACheckFindsTheDamageThatOpeningDidNotLookFor) {
  make_store();
  std::string damaged = content(file());
  for (std::size_t i = 0; i < 64; ++i) damaged[20 * 8192 + i] = '\xff';
  write(file(), damaged);
  inspect();
  Error error;
  EXPECT_EQ(check(&error), AR_CORRUPT);
  EXPECT_THAT(error.message, HasSubstr(file()));
  EXPECT_THAT(error.hint, HasSubstr("left as it is"));
  store_.reset();
  EXPECT_TRUE(content(file()) == damaged);
}

TEST_F(SqliteUpkeep, TheLogBeginsAnewAlthoughRecordsAreReadAllTheTime) {
  StoreUnderTest& store = open();
  for (std::size_t i = 0; i < 1'500; ++i) {
    ASSERT_EQ(store.commit({put("k" + std::to_string(i % 40), std::string(120'000, static_cast<char>('a' + i % 26)))}),
              AR_OK);
    // The snapshot from before that commit is the reader's until it reads again.
    ASSERT_EQ(store.get("absent"), std::nullopt);
    ASSERT_TRUE(store.wait_for(i));
  }
  ASSERT_TRUE(store.wait());
  EXPECT_LT(std::filesystem::file_size(log_file()), 96U << 20U) << "of 190 MB";
}

TEST_F(SqliteUpkeep, ALogThatACrashLeftIsReadAndStays) {
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({put("in the log", "1")}), AR_OK);
  const std::string left = content(file());
  const std::string log = content(log_file());
  store_.reset();
  write(file(), left);
  write(log_file(), log);
  EXPECT_EQ(inspect().get("in the log"), "1");
  Error error;
  EXPECT_EQ(check(&error), AR_OK) << error.message;
  store_.reset();
  EXPECT_TRUE(content(file()) == left);
  EXPECT_TRUE(content(log_file()) == log);
}

TEST_F(SqliteUpkeep, ABackupOfADamagedFileIsNone) {
  make_store();
  std::string damaged = content(file());
  for (std::size_t page = 20; page < 60; ++page) damaged.replace(page * 8192, 64, 64, '\xff');
  write(file(), damaged);
  inspect();
  Error error;
  EXPECT_EQ(backup(folder_.file("copy"), &error), AR_CORRUPT);
  EXPECT_THAT(error.message, HasSubstr(file()));
  EXPECT_FALSE(folder_holds("copy"));
}

TEST_F(SqliteUpkeep, ABackupThatDoesNotFitIsToldAndLeavesNothing) {
  make_store();
  auto& store = open();
  disk_.fail_writes(ENOSPC, "copy");
  Error error;
  EXPECT_EQ(backup(folder_.file("copy"), &error), AR_IO);
  EXPECT_THAT(error.message, AllOf(HasSubstr(folder_.file("copy")), HasSubstr("the disk is full")));
  EXPECT_THAT(error.hint, HasSubstr("free some space"));
  EXPECT_FALSE(folder_holds("copy"));
  EXPECT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK) << "the store is unharmed";
  disk_.heal();
  EXPECT_EQ(backup(folder_.file("copy"), &error), AR_OK);
}

TEST_F(SqliteUpkeep, ABackupThatIsNotOnTheDiskIsNone) {
  make_store();
  open();
  disk_.fail_syncs(EIO);
  Error error;
  EXPECT_EQ(backup(folder_.file("copy"), &error), AR_IO);
  EXPECT_THAT(error.message, HasSubstr(folder_.file("copy")));
  EXPECT_FALSE(folder_holds("copy"));
}

TEST_F(SqliteUpkeep, CompactingOnAFullDiskChangesNothing) {
  make_store();
  auto& store = open();
  ASSERT_EQ(store.commit_and_wait({erase("large")}), AR_OK);
  disk_.fail_writes(ENOSPC);
  Error error;
  EXPECT_EQ(compact(&error), AR_IO);
  EXPECT_THAT(error.message, HasSubstr("the disk is full"));
  EXPECT_THAT(error.hint, HasSubstr("SQLITE_TMPDIR"));
  disk_.heal();
  EXPECT_EQ(store.scan("k/").size(), 2'000U);
  EXPECT_EQ(store.commit_and_wait({put("after", "1")}), AR_OK);
  EXPECT_EQ(compact(), AR_OK);
}

TEST_F(SqliteUpkeep, CompactingThatIsNotOnTheDiskLosesNothing) {
  make_store();
  auto& store = open();
  disk_.fail_syncs(EIO);
  Error error;
  EXPECT_EQ(compact(&error), AR_IO) << error.message;
  disk_.heal();
  EXPECT_EQ(store.scan("k/").size(), 2'000U);
  store_.reset();
  EXPECT_EQ(open().scan("k/").size(), 2'000U);
}

}  // namespace
}  // namespace agentroom::conformance
