#include "host/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host_fixture.hpp"

namespace agentroom::host {
namespace {

using config::KeyType;
using test::manifest_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFile = "/plugins/store-x.toml";

Manifest parsed(const std::string& text) {
  auto manifest = parse_manifest(text, kFile);
  if (!manifest) {
    ADD_FAILURE() << manifest.error().message;
    return {};
  }
  return std::move(*manifest);
}

/// What is said about a manifest that holds `more`, which begins in line 6.
std::string complaint(const std::string& more) {
  auto manifest = parse_manifest(manifest_text("store-x", "store", more), kFile);
  if (manifest) return "no complaint";
  EXPECT_EQ(manifest.error().code, ErrorCode::kPlugin);
  EXPECT_THAT(manifest.error().hint, HasSubstr("docs/plugin-abi.md"));
  return manifest.error().message;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  return text.replace(text.find(what), what.size(), with);
}

std::string complaint_with(std::string_view what, std::string_view with) {
  auto manifest = parse_manifest(replaced(manifest_text("store-x", "store"), what, with), kFile);
  return manifest ? "no complaint" : manifest.error().message;
}

TEST(Manifest, TellsWhatAPluginIs) {
  const Manifest manifest = parsed(
      "id = \"store-x\"\nkind = [\"store\", \"tunnel\"]\nabi = \"1.4\"\nversion = \"2.0.1\"\n"
      "library = \"libx.so.2\"\ndescription = \"Keeps things.\"\n");
  EXPECT_EQ(manifest.id, "store-x");
  EXPECT_THAT(manifest.kinds, ElementsAre(PluginKind::kStore, PluginKind::kTunnel));
  EXPECT_EQ(manifest.abi_major, 1);
  EXPECT_EQ(manifest.abi_minor, 4);
  EXPECT_EQ(manifest.version, "2.0.1");
  EXPECT_EQ(manifest.description, "Keeps things.");
  EXPECT_EQ(manifest.library, "/plugins/libx.so.2");
  EXPECT_EQ(manifest.short_name(PluginKind::kStore), "x");
  EXPECT_EQ(manifest.short_name(PluginKind::kTunnel), "store-x");
}

TEST(Manifest, NamesTheLibraryAfterTheIdUnlessToldOtherwise) {
  EXPECT_EQ(parsed(manifest_text("store-x", "store")).library, "/plugins/store-x.so");
}

TEST(Manifest, DescribesTheKeysOfTheConfiguration) {
  const Manifest manifest = parsed(manifest_text("store-x", "store", R"(
[config.wait]
type = "duration"
default = "2m"
min = "1s"
max = "1h"
description = "How long."
[config.depth]
type = "integer"
min = 1
required = true
description = "How deep."
[config.mode]
type = "string"
choices = ["fast", "safe"]
default = "safe"
description = "How."
[config.size]
type = "size"
max = "1GiB"
description = "How much."
[config.run]
type = "command"
default = ["a", "b"]
description = "What."
)"));
  ASSERT_EQ(manifest.config.size(), 5U);  // by name
  const auto key = [&](std::size_t i) { return manifest.config[i].key; };
  EXPECT_EQ(key(0).name, "depth");
  EXPECT_TRUE(key(0).required);
  EXPECT_EQ(key(0).min, 1);
  EXPECT_EQ(key(1).name, "mode");
  EXPECT_THAT(key(1).choices, ElementsAre("fast", "safe"));
  EXPECT_EQ(key(1).default_text, "\"safe\"");
  EXPECT_EQ(key(2).type, KeyType::kCommand);
  EXPECT_THAT(key(2).default_text, AllOf(HasSubstr("a"), HasSubstr("b")));
  EXPECT_EQ(key(3).max, 1 << 30);
  EXPECT_EQ(key(4).min, 1000);
  EXPECT_EQ(key(4).max, 3'600'000);
  EXPECT_EQ(key(4).default_text, "\"2m\"");
  EXPECT_EQ(manifest.config[4].description, "How long.");
}

TEST(Manifest, GivesTheConfigLayerItsKeysOnceAKind) {
  const auto keys = plugin_keys(
      parsed("id = \"store-x\"\nkind = [\"store\", \"handler\"]\nabi = \"1.0\"\nversion = \"1\"\ndescription = \"x\"\n"
             "[config.a]\ntype = \"boolean\"\ndescription = \"A.\"\n"));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].kind, "store");
  EXPECT_EQ(keys[0].plugin, "x");
  EXPECT_EQ(keys[1].kind, "handler");
  EXPECT_EQ(keys[1].plugin, "store-x");
  ASSERT_EQ(keys[1].keys.size(), 1U);
  EXPECT_EQ(keys[1].keys[0].name, "a");
}

TEST(Manifest, ComplainsWithFileLineAndColumn) {
  EXPECT_EQ(complaint("nonsense = \n").substr(0, 24), "/plugins/store-x.toml:6:");
  EXPECT_THAT(complaint("librari = \"x.so\"\n"),
              AllOf(HasSubstr("/plugins/store-x.toml:6:"), HasSubstr("unknown key `librari`"), HasSubstr("`library`")));
  EXPECT_THAT(complaint("\n[config.a]\ntype = \"strnig\"\ndescription = \"x\"\n"),
              AllOf(HasSubstr(":8:8: config.a:"), HasSubstr("\"strnig\""), HasSubstr("`string`")));
}

TEST(Manifest, ComplainsAboutEveryMissingKey) {
  for (const std::string key : {"id", "kind", "abi", "version", "description"}) {
    std::string text = manifest_text("store-x", "store");
    const std::size_t begin = text.find(key + " = ");
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    const auto manifest = parse_manifest(text, kFile);
    ASSERT_FALSE(manifest) << key;
    EXPECT_THAT(manifest.error().message, HasSubstr("the key `" + key + "` is missing"));
  }
}

TEST(Manifest, ComplainsAboutWrongValues) {
  EXPECT_THAT(complaint_with("\"store-x\"", "\"Store X\""), HasSubstr("`id` must be 1 to 64 of a-z"));
  EXPECT_THAT(complaint_with("\"store-x\"", "\"store-y\""), HasSubstr("the file is named store-x.toml"));
  EXPECT_THAT(complaint_with("\"store-x\"", "\"store/x\""), HasSubstr("`id` must be 1 to 64 of a-z"));
  EXPECT_THAT(complaint_with("\"store-x\"", "7"), HasSubstr("`id` must be a string"));
  EXPECT_THAT(complaint_with("\"store\"", "\"storage\""), HasSubstr("`kind` must be"));
  EXPECT_THAT(complaint_with("\"store\"", "[]"), HasSubstr("at least one kind"));
  EXPECT_THAT(complaint_with("\"store\"", "[\"store\", \"store\"]"), HasSubstr("twice"));
  for (const char* abi : {"\"1\"", "\"1.\"", "\".0\"", "\"1.0.0\"", "\"-1.0\"", "\"99999.0\"", "\"one\""}) {
    EXPECT_THAT(complaint_with("\"1.0\"", abi), HasSubstr("`abi` must be")) << abi;
  }
  EXPECT_THAT(complaint_with("\"1.0.0\"", "\"\\u001b[31m\""), HasSubstr("printable"));
  EXPECT_THAT(complaint("library = \"../evil.so\"\n"), HasSubstr("without a folder"));
  EXPECT_THAT(complaint("library = \"..\"\n"), HasSubstr("without a folder"));
}

TEST(Manifest, ComplainsAboutWrongKeysOfTheConfiguration) {
  const auto key = [](const std::string& lines) { return complaint("[config.a]\n" + lines); };
  const std::string tail = "description = \"x\"\n";
  EXPECT_THAT(complaint("config = 1\n"), HasSubstr("`config` must be a table"));
  EXPECT_THAT(complaint("[config]\na = 1\n"), HasSubstr("`config.a` must be a table"));
  EXPECT_THAT(complaint("[config.\"a b\"]\n"), HasSubstr("of a-z, 0-9 and _"));
  EXPECT_THAT(key(tail), HasSubstr("`type` is missing"));
  EXPECT_THAT(key("type = \"string\"\n"), HasSubstr("`description` is missing"));
  EXPECT_THAT(key("type = \"string\"\nmin = 1\n" + tail), HasSubstr("`min` and `max`"));
  EXPECT_THAT(key("type = \"integer\"\nmin = 2\nmax = 1\n" + tail), HasSubstr("greater"));
  EXPECT_THAT(key("type = \"integer\"\nmin = \"1\"\n" + tail), HasSubstr("the key's own type"));
  EXPECT_THAT(key("type = \"integer\"\ndefault = 0\nmin = 1\n" + tail), HasSubstr("not between"));
  EXPECT_THAT(key("type = \"duration\"\ndefault = \"2\"\n" + tail), HasSubstr("the key's own type"));
  EXPECT_THAT(key("type = \"string\"\ndefault = \"c\"\nchoices = [\"a\"]\n" + tail), HasSubstr("none of `choices`"));
  EXPECT_THAT(key("type = \"integer\"\nchoices = [\"a\"]\n" + tail), HasSubstr("only strings"));
  EXPECT_THAT(key("type = \"secret\"\ndefault = \"x\"\n" + tail), HasSubstr("a secret has no `default`"));
  EXPECT_THAT(key("type = \"string\"\nrequired = true\ndefault = \"x\"\n" + tail), HasSubstr("required"));
}

TEST(Manifest, IsBoundedInSize) {
  EXPECT_THAT(complaint("# " + std::string(300'000, 'x')), HasSubstr("256 KiB"));
}

TEST(Manifest, OfAnyBytesIsSafeToRead) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_FALSE(parse_manifest(bytes, kFile));
  EXPECT_FALSE(parse_manifest("", kFile));
  EXPECT_FALSE(parse_manifest(std::string(2000, '['), kFile));
  const std::string sound = manifest_text("store-x", "store", "[config.a]\ntype = \"integer\"\ndescription = \"x\"\n");
  for (std::size_t cut = 0; cut < sound.size(); ++cut) {
    for (const char wrong : {'\0', '"', '=', '\xff'}) {
      std::string text = sound;
      text[cut] = wrong;
      const auto manifest = parse_manifest(text, kFile);
      EXPECT_THAT(manifest ? kFile : manifest.error().message, HasSubstr(kFile));
    }
  }
}

TEST(Manifest, ThatCannotBeReadSaysWhich) {
  const auto manifest = read_manifest("/nowhere/store-x.toml");
  ASSERT_FALSE(manifest);
  EXPECT_THAT(manifest.error().message, HasSubstr("/nowhere/store-x.toml"));
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_manifest(folder.path()));
}

}  // namespace
}  // namespace agentroom::host
