// The optional methods: looking at the data, copying it, giving room back.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "store_under_test.hpp"

namespace agentroom::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// What a store that lacks a method, or does not support it, is asked all the same.
class StoreOptional : public StoreFact {};

TEST_F(StoreOptional, MethodsThatAreNotSupportedSaySo) {
  StoreUnderTest& store = open();
  const ar_store_interface& methods = store.interface();
  const auto expect_told = [](ar_status status, const Error& error) {
    if (status == AR_OK) return;
    EXPECT_EQ(status, AR_UNSUPPORTED);
    EXPECT_EQ(error.status, status);
    EXPECT_STRNE(error.message, "");
  };
  Error error;
  if (AR_HAS_MEMBER(&methods, ar_store_interface, check) && methods.check != nullptr) {
    expect_told(methods.check(store.raw(), &error), error);
  }
  ar_store_size size{sizeof size, 0, 0};
  if (AR_HAS_MEMBER(&methods, ar_store_interface, size) && methods.size != nullptr) {
    expect_told(methods.size(store.raw(), &size, &error), error);
  }
  if (AR_HAS_MEMBER(&methods, ar_store_interface, compact) && methods.compact != nullptr) {
    expect_told(methods.compact(store.raw(), &error), error);
  }
  if (AR_HAS_MEMBER(&methods, ar_store_interface, backup) && methods.backup != nullptr) {
    const std::string copy = folder_.file("copy");
    expect_told(methods.backup(store.raw(), as_abi(copy), nullptr, nullptr, &error), error);
  }
  EXPECT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK) << "it goes on";
}

/// Each fact is left out for a store without a method that it takes.
class StoreUpkeep : public StoreFact {
 protected:
  StoreUpkeep() {
    const TemporaryFolder elsewhere;
    store_.emplace(plugin_, elsewhere.file("store"), SuiteArguments::instance().config());
    const ar_store_interface& methods = plugin_.store();
    ar_store_size size{sizeof size, 0, 0};
    const std::string copy = elsewhere.file("copy");
    has_check_ =
        AR_HAS_MEMBER(&methods, ar_store_interface, check) && methods.check != nullptr && check() != AR_UNSUPPORTED;
    has_size_ = AR_HAS_MEMBER(&methods, ar_store_interface, size) && methods.size != nullptr &&
                methods.size(store_->raw(), &size, nullptr) != AR_UNSUPPORTED;
    has_compact_ = AR_HAS_MEMBER(&methods, ar_store_interface, compact) && methods.compact != nullptr &&
                   compact() != AR_UNSUPPORTED;
    has_backup_ = AR_HAS_MEMBER(&methods, ar_store_interface, backup) && methods.backup != nullptr &&
                  backup(copy) != AR_UNSUPPORTED;
    store_.reset();
    ar_store* store = nullptr;
    reads_only_ = has_size_ && open_read_only(&store) != AR_UNSUPPORTED;
    if (store != nullptr) plugin_.store().close(store);
  }

  ar_status check(Error* error = nullptr) { return store_->interface().check(store_->raw(), error); }
  ar_status compact() { return store_->interface().compact(store_->raw(), nullptr); }
  ar_store_size size() {
    ar_store_size size{sizeof size, 0, 0};
    EXPECT_EQ(store_->interface().size(store_->raw(), &size, nullptr), AR_OK);
    return size;
  }
  ar_status backup(const std::string& path, Error* error = nullptr) {
    return store_->interface().backup(store_->raw(), as_abi(path), nullptr, nullptr, error);
  }

  ar_status open_read_only(ar_store** out, Error* error = nullptr) {
    return StoreUnderTest::try_open(plugin_, location(), SuiteArguments::instance().config(), AR_STORE_OPEN_READ_ONLY,
                                    out, error);
  }

  /// Every file of the store's folder, and what is in it.
  std::vector<Record> files() const {
    std::vector<Record> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      all.emplace_back(entry.path().filename().string(), text.str());
    }
    std::ranges::sort(all);
    return all;
  }

  /// What a copy holds, opened as the store it is.
  std::vector<Record> content_of(const std::string& copy) {
    store_.reset();
    std::string own;  // what lies beside it, a log or a lock, has its name and more
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("store") && (own.empty() || name.size() < own.size())) own = name;
    }
    const TemporaryFolder elsewhere;
    std::filesystem::copy_file(copy, elsewhere.file(own));
    return StoreUnderTest(plugin_, elsewhere.file("store"), SuiteArguments::instance().config()).scan();
  }

  bool has_check_ = false;
  bool has_size_ = false;
  bool has_compact_ = false;
  bool has_backup_ = false;
  bool reads_only_ = false;

  void fill(int records) {
    for (int i = 0; i < records; ++i) {
      ASSERT_EQ(store_->commit({put("k" + std::to_string(10'000 + i), std::string(700, 'v'))}), AR_OK);
    }
    ASSERT_TRUE(store_->wait());
  }
};

TEST_F(StoreUpkeep, AWholeStoreIsFoundWhole) {
  if (!has_check_) AGENTROOM_LEAVE_OUT("the store does not support check");
  open();
  EXPECT_EQ(check(), AR_OK) << "empty";
  fill(500);
  Error error;
  EXPECT_EQ(check(&error), AR_OK) << error.message;
  EXPECT_EQ(store_->commit_and_wait({put("after", "1")}), AR_OK);
}

TEST_F(StoreUpkeep, ItsSizeGrowsWithWhatIsKept) {
  if (!has_size_) AGENTROOM_LEAVE_OUT("the store does not support size");
  open();
  const ar_store_size empty = size();
  fill(2'000);
  EXPECT_GT(size().bytes, empty.bytes + 1'000'000);
}

TEST_F(StoreUpkeep, ABackupHoldsWhatWasCommittedAndNothingLater) {
  if (!has_backup_) AGENTROOM_LEAVE_OUT("the store does not support backup");
  StoreUnderTest& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "1"), put("gone", "x"), put("large", std::string(100'000, 'l'))}), AR_OK);
  ASSERT_EQ(store.commit_and_wait({erase("gone")}), AR_OK);
  const std::string copy = folder_.file("copy");
  Error error;
  ASSERT_EQ(backup(copy, &error), AR_OK) << error.message;
  ASSERT_EQ(store.commit_and_wait({put("later", "1")}), AR_OK);
  struct stat status{};
  ASSERT_EQ(::stat(copy.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_THAT(content_of(copy), ElementsAre(Record("a", "1"), Record("large", std::string(100'000, 'l'))));
}

TEST_F(StoreUpkeep, ABackupWhileCommitsGoOnIsOneMoment) {
  if (!has_backup_) AGENTROOM_LEAVE_OUT("the store does not support backup");
  StoreUnderTest& store = open();
  fill(3'000);
  std::atomic<bool> done = false;
  ar_status status = AR_INTERNAL;
  const std::string copy = folder_.file("copy");
  std::thread other([&] {
    status = backup(copy);
    done = true;
  });
  int number = 0;
  while (!done) {
    const std::string text = std::to_string(number++);
    ASSERT_EQ(store.commit_and_wait({put("x", text), put("y", text)}), AR_OK);
  }
  other.join();
  ASSERT_EQ(status, AR_OK);
  std::vector<Record> held = content_of(copy);
  ASSERT_GE(held.size(), 3'000U);
  std::string x;
  std::string y;
  for (const auto& [key, value] : held) {
    if (key == "x") x = value;
    if (key == "y") y = value;
  }
  EXPECT_EQ(x, y);
}

TEST_F(StoreUpkeep, ABackupReplacesNothing) {
  if (!has_backup_) AGENTROOM_LEAVE_OUT("the store does not support backup");
  open();
  fill(10);
  const std::string there = folder_.file("there");
  std::ofstream(there) << "something else";
  EXPECT_EQ(backup(there), AR_CONFLICT);
  const std::string link = folder_.file("link");
  std::filesystem::create_symlink("nothing", link);
  EXPECT_EQ(backup(link), AR_CONFLICT);
  std::string text;
  std::getline(std::ifstream(there), text);
  EXPECT_EQ(text, "something else");
  EXPECT_FALSE(std::filesystem::exists(folder_.file("nothing")));
}

TEST_F(StoreUpkeep, ABackupThatIsGivenUpLeavesNothing) {
  if (!has_backup_) AGENTROOM_LEAVE_OUT("the store does not support backup");
  StoreUnderTest& store = open();
  fill(3'000);
  int asked = 0;
  const auto third_time = [](void* ctx) -> std::int32_t { return ++*static_cast<int*>(ctx) >= 3 ? 1 : 0; };
  const std::string copy = folder_.file("copy");
  Error error;
  EXPECT_EQ(store.interface().backup(store.raw(), as_abi(copy), third_time, &asked, &error), AR_CANCELLED);
  EXPECT_STRNE(error.message, "");
  EXPECT_FALSE(std::filesystem::exists(copy));
  EXPECT_EQ(store.commit_and_wait({put("a", "1")}), AR_OK);
}

TEST_F(StoreUpkeep, ABackupInAFolderThatIsNotThereIsToldInWords) {
  if (!has_backup_) AGENTROOM_LEAVE_OUT("the store does not support backup");
  open();
  Error error;
  EXPECT_EQ(backup(folder_.file("missing/copy"), &error), AR_IO);
  EXPECT_STRNE(error.message, "");
}

TEST_F(StoreUpkeep, CompactingKeepsWhatIsThereAndGivesTheRestBack) {
  if (!has_compact_) AGENTROOM_LEAVE_OUT("the store does not support compact");
  if (!has_size_) AGENTROOM_LEAVE_OUT("the store does not support size");
  StoreUnderTest& store = open();
  fill(3'000);
  for (int i = 100; i < 3'000; ++i) ASSERT_EQ(store.commit({erase("k" + std::to_string(10'000 + i))}), AR_OK);
  ASSERT_TRUE(store.wait());
  const std::vector<Record> before = store.scan();
  const std::uint64_t bytes = size().bytes;
  ASSERT_EQ(store.get("absent"), std::nullopt) << "what was read last is in nobody's way";
  ASSERT_EQ(compact(), AR_OK);
  EXPECT_LT(size().bytes, bytes / 4);
  EXPECT_EQ(size().unused_bytes, 0U);
  EXPECT_TRUE(store.scan() == before);
  ASSERT_EQ(store.commit_and_wait({put("after", "1")}), AR_OK);
  EXPECT_EQ(reopen().scan().size(), before.size() + 1);
}

TEST_F(StoreUpkeep, WhatWasDeletedIsInNoFileOnceItIsCompacted) {
  if (!has_compact_) AGENTROOM_LEAVE_OUT("the store does not support compact");
  StoreUnderTest& store = open();
  ASSERT_EQ(store.commit_and_wait({put("a", "kept"), put("secret", "what-was-deleted")}), AR_OK);
  ASSERT_EQ(store.commit_and_wait({erase("secret")}), AR_OK);
  ASSERT_EQ(compact(), AR_OK);
  for (const auto& [name, text] : files()) EXPECT_EQ(text.find("what-was-deleted"), std::string::npos) << name;
}

TEST_F(StoreUpkeep, OpenedToBeReadNothingIsMade) {
  if (!reads_only_)
    AGENTROOM_LEAVE_OUT("the store keeps nothing beyond its process, or cannot be opened to be read alone");
  ar_store* store = nullptr;
  Error error;
  EXPECT_EQ(open_read_only(&store, &error), AR_NOT_FOUND);
  EXPECT_STRNE(error.message, "");
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(StoreUpkeep, OpenedToBeReadNothingIsChanged) {
  if (!reads_only_)
    AGENTROOM_LEAVE_OUT("the store keeps nothing beyond its process, or cannot be opened to be read alone");
  open();
  fill(200);
  store_.reset();
  const auto before = files();
  store_.emplace(plugin_, location(), SuiteArguments::instance().config(), std::uint32_t{AR_STORE_OPEN_READ_ONLY});
  EXPECT_EQ(store_->scan().size(), 200U);
  EXPECT_EQ(store_->commit({put("a", "1")}), AR_UNSUPPORTED);
  const TemporaryFolder elsewhere;
  EXPECT_TRUE(!has_check_ || check() == AR_OK);
  EXPECT_TRUE(!has_size_ || size().bytes > 0);
  EXPECT_TRUE(!has_compact_ || compact() == AR_UNSUPPORTED);
  EXPECT_TRUE(!has_backup_ || backup(elsewhere.file("copy")) == AR_OK);
  store_.reset();
  EXPECT_TRUE(files() == before);
}

}  // namespace
}  // namespace agentroom::conformance
