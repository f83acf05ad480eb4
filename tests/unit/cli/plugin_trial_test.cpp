#include "plugin_trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agentroom::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

host::Manifest bad(const std::string& way) {
  auto manifest = host::parse_manifest(
      "id = \"store-x\"\nkind = \"store\"\nabi = \"1.0\"\nversion = \"1\"\ndescription = \"bad\"\nlibrary = "
      "\"plugin-that-" +
          way + ".so\"\n",
      fs::path(AGENTROOM_BAD_PLUGINS) / "store-x.toml");
  EXPECT_TRUE(fs::exists(manifest->library)) << manifest->library;
  return *manifest;
}

TEST(PluginTrial, LoadsAGoodPlugin) {
  const auto manifest = host::read_manifest(fs::path(AGENTROOM_BUILT_PLUGINS) / "store-sqlite.toml");
  ASSERT_TRUE(manifest);
  const auto loaded = try_to_load(*manifest);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->version, manifest->version);
  EXPECT_EQ(loaded->abi_major, manifest->abi_major);
}

TEST(PluginTrial, SurvivesAPluginThatCrashes) {
  const auto loaded = try_to_load(bad("crashes"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kPlugin);
  EXPECT_THAT(loaded.error().message, HasSubstr("plugin-that-crashes.so crashes when it is loaded: Aborted"));
}

TEST(PluginTrial, SurvivesAPluginThatExits) {
  testing::internal::CaptureStdout();
  const auto loaded = try_to_load(bad("exits"));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "stdout is for the command";
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("ended the process"));
}

TEST(PluginTrial, SurvivesAPluginThatHangs) {
  const auto loaded = try_to_load(bad("hangs"), std::chrono::milliseconds(200));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("not loaded after 200 ms"));
}

TEST(PluginTrial, TellsWhyTheHostRefusesAPlugin) {
  auto manifest = bad("exits");
  manifest.library = AGENTROOM_EXAMPLES "/agentroom.toml";
  const auto loaded = try_to_load(manifest);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kPlugin);
  EXPECT_THAT(loaded.error().message, HasSubstr("agentroom.toml"));
}

}  // namespace
}  // namespace agentroom::cli
