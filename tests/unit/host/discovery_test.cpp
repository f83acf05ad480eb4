#include "host/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using test::manifest_text;
using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A manifest and a file that stands for its library.
void install(const TemporaryFolder& folder, const std::string& id, const std::string& kind) {
  folder.write(id + ".toml", manifest_text(id, kind));
  folder.write(id + ".so", "");
}

TEST(SearchPath, GoesFromTheConfiguredToTheInstalled) {
  EXPECT_THAT(search_path_from({{"/opt/a", "/opt/b/"}, "/env/c:/env/d", "/usr/bin", "/usr/lib/agentroom/plugins"}),
              ElementsAre("/opt/a", "/opt/b", "/env/c", "/env/d", "/usr/bin", "/usr/lib/agentroom/plugins"));
}

TEST(SearchPath, HasEachFolderOnceAndNoEmptyOne) {
  EXPECT_THAT(search_path_from({{"/a", "/b/../a"}, "::/a:/c:", {}, "/c"}), ElementsAre("/a", "/c"));
  EXPECT_THAT(search_path_from({{}, "", {}, {}}), ElementsAre());
}

TEST(SearchPath, OfThisProcessKnowsTheFolderOfTheBuildTree) {
  const auto path = plugin_search_path(std::vector<std::filesystem::path>{"/first"});
  ASSERT_GE(path.size(), 4U);
  EXPECT_EQ(path.front(), "/first");
  EXPECT_THAT(path, testing::Contains(std::filesystem::path(PLUGIN_FOLDER)));
}

TEST(Discovery, ListsPluginsByFolderAndMarksWhatIsShadowed) {
  const TemporaryFolder first;
  const TemporaryFolder second;
  install(first, "store-a", "store");
  install(second, "store-a", "store");
  install(second, "handler-b", "handler");
  const Discovery found = discover_plugins({first.path(), "/nowhere", second.path()});
  EXPECT_TRUE(found.problems.empty());
  ASSERT_EQ(found.plugins.size(), 3U);
  EXPECT_EQ(found.plugins[0].manifest.id, "store-a");
  EXPECT_FALSE(found.plugins[0].shadowed);
  EXPECT_EQ(found.plugins[1].manifest.id, "handler-b");
  EXPECT_EQ(found.plugins[2].manifest.id, "store-a");
  EXPECT_TRUE(found.plugins[2].shadowed);
  EXPECT_EQ(plugin_keys(found).size(), 2U);
}

TEST(Discovery, TellsEveryProblemAndGoesOn) {
  const TemporaryFolder folder;
  install(folder, "store-good", "store");
  folder.write("store-broken.toml", "id = ");
  folder.write("store-gone.toml", manifest_text("store-gone", "store"));
  folder.write("tunnel-alone.so", "");
  const Discovery found = discover_plugins({folder.path()});
  ASSERT_EQ(found.plugins.size(), 1U);
  ASSERT_EQ(found.problems.size(), 3U);
  EXPECT_THAT(found.problems[0].error.message, HasSubstr("store-broken.toml:1:"));
  EXPECT_THAT(found.problems[1].error.message, HasSubstr("store-gone.so"));
  EXPECT_THAT(found.problems[2].error.message, HasSubstr("tunnel-alone.so has no manifest"));
}

TEST(Discovery, TakesNoOtherFileForAPlugin) {
  const TemporaryFolder folder;
  folder.write("agentroom.toml", "server = \"ws://localhost\"\n");
  folder.write("libfoo.so", "");
  folder.write("README", "");
  const Discovery found = discover_plugins({folder.path()});
  EXPECT_TRUE(found.plugins.empty());
  EXPECT_TRUE(found.problems.empty());
}

TEST(FindPlugin, KnowsShortNamesFullIdsAndPaths) {
  const TemporaryFolder folder;
  install(folder, "transport-ws", "transport");
  const std::vector<std::filesystem::path> path = {folder.path()};
  EXPECT_EQ(find_plugin(path, PluginKind::kTransport, "ws").value().id, "transport-ws");
  EXPECT_EQ(find_plugin(path, PluginKind::kTransport, "transport-ws").value().id, "transport-ws");
  EXPECT_EQ(find_plugin({}, PluginKind::kTransport, (folder / "transport-ws.so").string()).value().id, "transport-ws");
}

TEST(FindPlugin, FindsAnIdWithoutThePrefixOfItsKind) {
  const TemporaryFolder folder;
  install(folder, "acme", "store");
  EXPECT_EQ(find_plugin({folder.path()}, PluginKind::kStore, "acme").value().id, "acme");
  EXPECT_FALSE(find_plugin({folder.path()}, PluginKind::kTunnel, "acme"));
}

TEST(FindPlugin, TakesTheFirstFolderThatHasIt) {
  const TemporaryFolder first;
  const TemporaryFolder second;
  install(first, "store-a", "store");
  install(second, "store-a", "store");
  EXPECT_EQ(find_plugin({second.path(), first.path()}, PluginKind::kStore, "a").value().file, second / "store-a.toml");
}

TEST(FindPlugin, DoesNotPassOverABrokenOne) {
  const TemporaryFolder first;
  const TemporaryFolder second;
  first.write("store-a.toml", "broken");
  install(second, "store-a", "store");
  const auto found = find_plugin({first.path(), second.path()}, PluginKind::kStore, "a");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr((first / "store-a.toml").string()));
}

TEST(FindPlugin, NamesWhatItExpectedAndEveryFolder) {
  const TemporaryFolder folder;
  install(folder, "store-sqlite", "store");
  const auto found = find_plugin({folder.path(), "/nowhere"}, PluginKind::kStore, "sqlit");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kPlugin);
  EXPECT_THAT(found.error().message,
              AllOf(HasSubstr("no store plugin `sqlit`"), HasSubstr("`sqlite`"), HasSubstr("store-sqlit.toml"),
                    HasSubstr(folder.path().string()), HasSubstr("/nowhere (no such folder)")));
  EXPECT_THAT(found.error().hint, HasSubstr("agentroom plugin list"));
}

TEST(FindPlugin, SuggestsOnlyPluginsOfTheKind) {
  const TemporaryFolder folder;
  install(folder, "handler-sqlite", "handler");
  const auto found = find_plugin({folder.path()}, PluginKind::kStore, "sqlit");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, Not(HasSubstr("`sqlite`")));
}

TEST(FindPlugin, RefusesNamesThatAreNone) {
  for (const std::string name : {"", "..", "A", "a b", "\x1b[31m"}) {
    const auto found = find_plugin({"/tmp"}, PluginKind::kStore, name);
    ASSERT_FALSE(found) << name;
    EXPECT_THAT(found.error().message, AllOf(HasSubstr("cannot be named"), Not(HasSubstr("\x1b"))));
  }
}

TEST(FindPlugin, ByPathSaysWhatIsMissing) {
  const TemporaryFolder folder;
  const std::string library = (folder / "store-a.so").string();
  EXPECT_THAT(find_plugin({}, PluginKind::kStore, library).error().message, HasSubstr("does not exist"));
  folder.write("store-a.so", "");
  EXPECT_THAT(find_plugin({}, PluginKind::kStore, library).error().message, HasSubstr("has no manifest"));
  folder.write("store-a.toml", manifest_text("store-a", "store", "library = \"other.so\"\n"));
  EXPECT_THAT(find_plugin({}, PluginKind::kStore, library).error().message, HasSubstr("other.so"));
  folder.write("store-a.toml", manifest_text("store-a", "store"));
  EXPECT_THAT(find_plugin({}, PluginKind::kTunnel, library).error().message, HasSubstr("is no tunnel plugin"));
}

}  // namespace
}  // namespace agentroom::host
