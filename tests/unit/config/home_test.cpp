#include "config/home.hpp"

#include <gtest/gtest.h>

#include "folder.hpp"

namespace agentroom::config {
namespace {

namespace fs = std::filesystem;

TEST(Home, IsTheFlagThenTheVariableThenTheUsersConfigFolder) {
  const std::map<std::string, std::string> both{{"AGENTROOM_HOME", "/var/ar"}, {"HOME", "/home/me"}};
  EXPECT_EQ(Home::find("/srv/ar", environment_of(both))->root(), "/srv/ar");
  EXPECT_EQ(Home::find({}, environment_of(both))->root(), "/var/ar");
  EXPECT_EQ(Home::find({}, environment_of({{"HOME", "/home/me"}}))->root(), "/home/me/.config/agentroom");
}

TEST(Home, IsAbsoluteAndWithoutTrailingSlash) {
  EXPECT_EQ(Home::find("a/../b/", environment_of({}))->root(), fs::current_path() / "b");
}

TEST(Home, NeedsSomethingToStartFrom) {
  EXPECT_EQ(Home::find({}, environment_of({})).error().code, ErrorCode::kUsage);
  EXPECT_EQ(Home::find("", environment_of({{"HOME", "/home/me"}})).error().code, ErrorCode::kUsage);
}

TEST(Home, IsCreatedForItsOwnerOnly) {
  const Folder folder;
  const Home home(folder / "deep/home");
  ASSERT_TRUE(home.create());
  EXPECT_EQ(Folder::mode(home.root()), 0700U);
  EXPECT_TRUE(home.create()) << "again is fine";
}

TEST(Home, ThatExistsOpenIsClosedByCreate) {
  const Folder folder;
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  ASSERT_TRUE(Home(folder.path()).create());
  EXPECT_EQ(Folder::mode(folder.path()), 0700U);
}

TEST(Home, ThatOthersMayWriteToIsRefusedWithTheChmod) {
  const Folder folder;
  fs::permissions(folder.path(), static_cast<fs::perms>(0777));
  const auto checked = Home(folder.path()).check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kPermission);
  EXPECT_EQ(checked.error().hint, "run: chmod 700 " + folder.path().string());
}

TEST(Home, ThatIsMissingNamesSetup) {
  const Folder folder;
  const auto checked = Home(folder / "none").check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(checked.error().hint, "run: agentroom setup");
}

TEST(Home, ThatIsAFileIsRefused) {
  const Folder folder;
  const Home home(folder.write("file", ""));
  EXPECT_FALSE(home.check());
  EXPECT_FALSE(home.create());
}

TEST(Identity, IsNothingBeforeItIsWritten) {
  const Folder folder;
  const auto identity = Home(folder.path()).identity();
  ASSERT_TRUE(identity);
  EXPECT_FALSE(identity->has_value());
}

TEST(Identity, ComesBackAsItWasWritten) {
  const Folder folder;
  const Home home(folder.path());
  ASSERT_TRUE(home.write_identity("{\"a\":1}", IfExists::kFail));
  EXPECT_EQ(home.identity().value()->view(), "{\"a\":1}");
  EXPECT_EQ(Folder::mode(home.identity_file()), 0600U);
}

TEST(Identity, IsNeverOverwrittenUnlessRotated) {
  const Folder folder;
  const Home home(folder.path());
  ASSERT_TRUE(home.write_identity("old", IfExists::kFail));
  EXPECT_EQ(home.write_identity("new", IfExists::kFail).error().code, ErrorCode::kExists);
  EXPECT_EQ(home.identity().value()->view(), "old");
  ASSERT_TRUE(home.write_identity("new", IfExists::kReplace));
  EXPECT_EQ(home.identity().value()->view(), "new");
}

TEST(Identity, OpenToOthersIsRefused) {
  const Folder folder;
  folder.write("identity.json", "{}", 0644);
  const auto identity = Home(folder.path()).identity();
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, ErrorCode::kPermission);
  EXPECT_EQ(identity.error().hint, "run: chmod 600 " + (folder / "identity.json").string());
}

TEST(ServerUrlFile, ComesBackAsItWasWritten) {
  const Folder folder;
  const Home home(folder.path());
  EXPECT_FALSE(home.server_url()->has_value());
  ASSERT_TRUE(home.write_server_url("wss://a/ws"));
  EXPECT_EQ(home.server_url()->value(), "wss://a/ws");
  folder.write("server_url", " \n");
  EXPECT_FALSE(home.server_url()->has_value()) << "an empty file names none";
}

}  // namespace
}  // namespace agentroom::config
