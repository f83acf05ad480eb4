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

TEST(Home, DoesNotDependOnTheWorkingDirectoryThroughHOME) {
  const auto home = Home::find({}, environment_of({{"HOME", "me"}}));
  ASSERT_FALSE(home);
  EXPECT_EQ(home.error().code, ErrorCode::kUsage);
  EXPECT_NE(home.error().message.find("HOME must be an absolute path, not \"me\""), std::string::npos);
}

TEST(Home, WithAPathTooLongForTheSystemIsRefusedWithTheLengthThatWorks) {
  const auto home = Home::find("/" + std::string(5000, 'x'), environment_of({}));
  ASSERT_FALSE(home);
  EXPECT_EQ(home.error().code, ErrorCode::kUsage);
  EXPECT_NE(home.error().message.find("5001 bytes long"), std::string::npos) << home.error().message;
  EXPECT_LT(home.error().message.size(), 200U) << "the path itself is not repeated";
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

TEST(Home, ThatHoldsAnIdentityIsClosedByCreateToo) {
  const Folder folder;
  folder.write("identity.json", "{}");
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  ASSERT_TRUE(Home(folder.path()).create());
  EXPECT_EQ(Folder::mode(folder.path()), 0700U);
}

TEST(Home, IsNotMadeOfAFolderThatOthersUse) {
  const Folder folder;
  folder.write("holiday.jpg", "");
  fs::permissions(folder.path(), static_cast<fs::perms>(0755));
  const auto created = Home(folder.path()).create();
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kPermission);
  EXPECT_EQ(created.error().hint, "use a folder of its own: --home " + (folder / "agentroom").string());
  EXPECT_EQ(Folder::mode(folder.path()), 0755U);
}

TEST(Home, ThatIsOpenToOthersIsRefusedWithTheChmod) {
  const Folder folder;
  for (const unsigned mode : {0777U, 0755U, 0750U, 0701U}) {
    fs::permissions(folder.path(), static_cast<fs::perms>(mode));
    const auto checked = Home(folder.path()).check();
    ASSERT_FALSE(checked) << mode;
    EXPECT_EQ(checked.error().code, ErrorCode::kPermission);
    EXPECT_EQ(checked.error().hint, "run: chmod 700 " + folder.path().string());
  }
}

TEST(Home, IsEnsuredByMakingItWhereThereIsNothingYetAndCheckingItElsewhere) {
  const Folder folder;
  EXPECT_TRUE(Home(folder / "new").ensure());
  fs::create_directory(folder / "empty");
  fs::permissions(folder / "empty", static_cast<fs::perms>(0755));
  EXPECT_TRUE(Home(folder / "empty").ensure());
  EXPECT_EQ(Folder::mode(folder / "empty"), 0700U);
  folder.write("used/identity.json", "{}");
  fs::permissions(folder / "used", static_cast<fs::perms>(0755));
  EXPECT_EQ(Home(folder / "used").ensure().error().code, ErrorCode::kPermission);
}

TEST(Home, BehindALinkIsTheFolderThatItNames) {
  const Folder folder;
  fs::create_directory(folder / "real");
  fs::permissions(folder / "real", static_cast<fs::perms>(0700));
  fs::create_directory_symlink("real", folder / "link");
  EXPECT_TRUE(Home(folder / "link").check());
}

TEST(Home, BehindALinkToNothingOrALoopIsToldSo) {
  const Folder folder;
  fs::create_symlink("nothing", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");
  for (const auto& [name, words] :
       {std::pair("dangling", "a symbolic link to nothing"), std::pair("loop", "a loop of")}) {
    const Home home(folder / name);
    for (const auto& result : {home.check(), home.create(), home.ensure()}) {
      ASSERT_FALSE(result) << name;
      EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
      EXPECT_FALSE(result.error().hint.empty());
    }
    EXPECT_FALSE(home.identity()) << name;
  }
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

TEST(Identity, ThatIsNoFileOrFarTooLargeIsCorruptWithAWayOut) {
  const Folder folder;
  folder.write("identity.json", std::string(100'000, ' '));
  EXPECT_EQ(Home(folder.path()).identity().error().code, ErrorCode::kCorrupt);
  fs::remove(folder / "identity.json");
  fs::create_symlink("nothing", folder / "identity.json");
  EXPECT_EQ(Home(folder.path()).identity().error().code, ErrorCode::kCorrupt);
  fs::remove(folder / "identity.json");
  fs::create_directory(folder / "identity.json");
  const auto identity = Home(folder.path()).identity();
  ASSERT_FALSE(identity);
  EXPECT_NE(identity.error().hint.find("agentroom setup --force"), std::string::npos);
}

TEST(ServerUrlFile, ThatIsNoFileOrTooLargeIsAnErrorOfTheConfiguration) {
  const Folder folder;
  folder.write("server_url", std::string(5000, 'x'));
  EXPECT_EQ(Home(folder.path()).server_url().error().code, ErrorCode::kConfig);
  fs::remove(folder / "server_url");
  fs::create_directory(folder / "server_url");
  const auto url = Home(folder.path()).server_url();
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, ErrorCode::kConfig);
  EXPECT_NE(url.error().hint.find("rm -r"), std::string::npos);
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
