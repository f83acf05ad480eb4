#include "config/rotation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "folder.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

class Rotation : public testing::Test {
 protected:
  Rotation() {
    folder.write("identity.json", "old");
    for (const char* file :
         {"store.db", "store.db-wal", "store.db.new", "store-extra", "server_url", "relay/store.db"}) {
      folder.write(file, file);
    }
  }

  bool store_is_there() const { return fs::exists(folder / "store.db"); }

  Folder folder;
  Home home{folder.path()};
};

TEST_F(Rotation, ReplacesTheIdentityAndRemovesAllOfItsStore) {
  ASSERT_TRUE(rotate_identity(home, "new"));
  EXPECT_EQ(home.identity().value()->view(), "new");
  EXPECT_EQ(Folder::mode(home.identity_file()), 0600U);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder.path())) left.insert(entry.path().filename().string());
  EXPECT_EQ(left, (std::set<std::string>{"identity.json", "relay", "server_url"}));
  EXPECT_TRUE(fs::exists(folder / "relay/store.db")) << "the relay's store is its own";
}

TEST_F(Rotation, RemovesKeysThatAKilledWriterLeft) {
  folder.write(".identity.json.AbCdEf", "keys");
  folder.write(".identity.json.next.AbCdEf", "keys");
  ASSERT_TRUE(rotate_identity(home, "new"));
  EXPECT_FALSE(fs::exists(folder / ".identity.json.AbCdEf"));
  EXPECT_FALSE(fs::exists(folder / ".identity.json.next.AbCdEf"));
}

TEST_F(Rotation, CutBeforeTheIdentityIsReplacedNeverHappened) {
  folder.write("identity.json.next", "new");
  ASSERT_TRUE(finish_rotation(home));
  EXPECT_EQ(home.identity().value()->view(), "old");
  EXPECT_TRUE(store_is_there());
  EXPECT_FALSE(fs::exists(next_identity_file(home)));
}

TEST_F(Rotation, CutAfterTheIdentityIsReplacedEndsWithoutTheOldStore) {
  folder.write("identity.json.next", "new");
  folder.write("identity.json", "new");
  ASSERT_TRUE(finish_rotation(home));
  EXPECT_EQ(home.identity().value()->view(), "new");
  EXPECT_FALSE(store_is_there());
  EXPECT_FALSE(fs::exists(folder / "store.db-wal"));
  EXPECT_FALSE(fs::exists(next_identity_file(home)));
}

TEST_F(Rotation, ThatNobodyBeganIsFinished) {
  ASSERT_TRUE(finish_rotation(home));
  EXPECT_EQ(home.identity().value()->view(), "old");
  EXPECT_TRUE(store_is_there());
}

TEST_F(Rotation, WorksWithoutAnIdentityThatCouldBeRead) {
  folder.write("identity.json", "", 0644);
  ASSERT_TRUE(rotate_identity(home, "new"));
  EXPECT_EQ(home.identity().value()->view(), "new");
}

TEST_F(Rotation, ThatCannotReplaceTheIdentityKeepsTheStore) {
  fs::remove(home.identity_file());
  fs::create_directory(home.identity_file());
  const auto rotated = rotate_identity(home, "new");
  ASSERT_FALSE(rotated);
  EXPECT_NE(rotated.error().message.find("identity.json"), std::string::npos);
  EXPECT_TRUE(store_is_there());
  ASSERT_TRUE(finish_rotation(home));
  EXPECT_TRUE(store_is_there());
}

}  // namespace
}  // namespace agentroom::config
