// Libraries and manifests that do not belong together, and files that are neither.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

class ManifestAndLibrary : public testing::Test {
 protected:
  /// Copies a specimen under another name.
  void install(const std::string& specimen, const std::string& name) {
    fs::copy_file(fs::path(ZOO_FOLDER) / (specimen + ".so"), folder_ / (name + ".so"));
  }

  Error refusal(const std::string& name) {
    host::PluginHost host({folder_.path()}, executor_, log_.sink());
    auto store = host.open_store(name, "", folder_ / "data");
    if (store) {
      ADD_FAILURE() << name << " was not refused";
      return {};
    }
    EXPECT_EQ(store.error().code, ErrorCode::kPlugin);
    return std::move(store.error());
  }

  TemporaryFolder folder_;
  QueueExecutor executor_;
  LogRecorder log_;
};

TEST_F(ManifestAndLibrary, WithAnotherIdInTheLibraryAreRefused) {
  install("store-wrong-id", "store-wrong-id");
  folder_.write("store-wrong-id.toml", manifest_text("store-wrong-id", "store"));
  const Error error = refusal("wrong-id");
  EXPECT_THAT(error.message, AllOf(HasSubstr("calls itself \"store-someone-else\""), HasSubstr("\"store-wrong-id\""),
                                   HasSubstr("store-wrong-id.toml")));
}

TEST_F(ManifestAndLibrary, WithoutIdInTheLibraryAreRefused) {
  install("store-null-id", "store-null-id");
  folder_.write("store-null-id.toml", manifest_text("store-null-id", "store"));
  EXPECT_THAT(refusal("null-id").message, HasSubstr("calls itself \"\""));
}

TEST_F(ManifestAndLibrary, WithAnotherKindInTheLibraryAreRefused) {
  install("store-wrong-kind", "store-wrong-kind");
  folder_.write("store-wrong-kind.toml", manifest_text("store-wrong-kind", "store"));
  EXPECT_THAT(refusal("wrong-kind").message,
              AllOf(HasSubstr("says that it is a \"tunnel\""), HasSubstr("says \"store\"")));
}

TEST_F(ManifestAndLibrary, WhoseManifestClaimsMoreKindsAreRefused) {
  install("store-sound", "store-sound");
  folder_.write("store-sound.toml",
                "id = \"store-sound\"\nkind = [\"store\", \"tunnel\"]\nabi = \"1.0\"\nversion = \"1\"\n"
                "description = \"x\"\n");
  EXPECT_THAT(refusal("sound").message, AllOf(HasSubstr("\"store\""), HasSubstr("\"store tunnel\"")));
}

TEST_F(ManifestAndLibrary, WhoseFileNameIsNotTheIdAreRefused) {
  install("store-sound", "store-other");
  folder_.write("store-other.toml", manifest_text("store-sound", "store"));
  EXPECT_THAT(refusal("other").message, AllOf(HasSubstr("store-other.toml:1:"), HasSubstr("\"store-sound\"")));
}

TEST_F(ManifestAndLibrary, OfAnotherMajorVersionAreRefusedBeforeTheLibraryIsTouched) {
  folder_.write("store-far.so", "no library");
  folder_.write("store-far.toml",
                "id = \"store-far\"\nkind = \"store\"\nabi = \"9.1\"\nversion = \"1\"\ndescription = \"x\"\n");
  EXPECT_THAT(refusal("far").message,
              AllOf(HasSubstr("store-far.toml"), HasSubstr("ABI 9.1"), HasSubstr("speaks ABI 1.0")));
}

TEST_F(ManifestAndLibrary, WithoutManifestAreRefused) {
  install("store-sound", "store-sound");
  EXPECT_THAT(refusal("sound").message,
              AllOf(HasSubstr("store-sound.so has no manifest"), HasSubstr((folder_ / "store-sound.toml").string())));
}

TEST_F(ManifestAndLibrary, WithoutLibraryAreRefused) {
  folder_.write("store-gone.toml", manifest_text("store-gone", "store"));
  EXPECT_THAT(refusal("gone").message, AllOf(HasSubstr((folder_ / "store-gone.so").string()),
                                             HasSubstr("does not exist"), HasSubstr("store-gone.toml")));
}

TEST_F(ManifestAndLibrary, WhoseLibraryIsNoLibraryAreRefused) {
  folder_.write("store-text.so", std::string(1000, 't'));
  folder_.write("store-text.toml", manifest_text("store-text", "store"));
  EXPECT_THAT(refusal("text").message,
              AllOf(HasSubstr("cannot load the library"), HasSubstr((folder_ / "store-text.so").string()),
                    HasSubstr("invalid ELF header")));
  folder_.write("store-text.so", "");
  EXPECT_THAT(refusal("text").message, HasSubstr("file too short"));
}

TEST_F(ManifestAndLibrary, WithABrokenManifestAreRefusedWithThePlace) {
  install("store-sound", "store-sound");
  folder_.write("store-sound.toml", "id = \"store-sound\"\nkind = store\n");
  EXPECT_THAT(refusal("sound").message, HasSubstr((folder_ / "store-sound.toml").string() + ":2:8"));
}

TEST_F(ManifestAndLibrary, OfAnotherVersionAreUsedWithAWarning) {
  install("store-sound", "store-sound");
  folder_.write("store-sound.toml",
                "id = \"store-sound\"\nkind = \"store\"\nabi = \"1.0\"\nversion = \"2.0.0\"\ndescription = \"x\"\n");
  host::PluginHost host({folder_.path()}, executor_, log_.sink());
  EXPECT_TRUE(host.open_store("sound", "", folder_ / "data"));
  EXPECT_THAT(log_.text(), AllOf(HasSubstr("is version 1.0.0"), HasSubstr("its manifest says 2.0.0")));
}

}  // namespace
}  // namespace agentroom::test
