// Each wrong configuration and the place and words it is refused with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "folder.hpp"

namespace agentroom::config {
namespace {

struct Wrong {
  const char* name;
  const char* toml;
  const char* place;  ///< line:column
  const char* words;
};

class WrongConfiguration : public testing::TestWithParam<Wrong> {};

TEST_P(WrongConfiguration, IsRefusedWithItsPlace) {
  const Folder folder;
  const auto file = folder.write("agentroom.toml", GetParam().toml);
  const auto configuration =
      Configuration::load({file, {}, environment_of({{"HOME", "/home/me"}, {"CTRL", "\x1b[2J"}})});
  ASSERT_FALSE(configuration.problems().empty());
  const std::string text = configuration.problems()[0].text();
  EXPECT_THAT(text, testing::StartsWith(file.string() + ":" + GetParam().place + ": "));
  EXPECT_THAT(text, testing::HasSubstr(GetParam().words));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("\x1b")));
  EXPECT_EQ(exit_code(to_error(configuration.problems()).code), 2);
}

const Wrong kTable[] = {
    {"UnknownTopKey", "sevrer = \"ws://a/ws\"", "1:1", "unknown key `sevrer`; did you mean `server`?"},
    {"UnknownTable", "\n[relais]\nlisten = \"a:1\"", "2:2", "unknown key `relais`; did you mean `relay`?"},
    {"UnknownKeyOfAKind", "[handler]\nconcurency = 4", "2:1",
     "unknown key `concurency` in [handler]; did you mean `concurrency`?"},
    {"UnknownKeyOfTheRelay", "[relay]\n  trust_proxi = []", "2:3", "did you mean `trust_proxy`?"},
    {"UnknownLimit", "[relay.limits]\nmailbox_mesages = 5", "2:1", "did you mean `mailbox_messages`?"},
    {"UnknownKeyOfLog", "[log]\nlvl = \"info\"", "2:1", "known are `level` and `format`"},
    {"UnknownKeyWithEscape", "\"a\\u001b[2J\" = 1", "1:1", "unknown key `a\\x1b"},
    {"ServerOfAnotherType", "server = 1", "1:10", "`server` must be a string, not an integer"},
    {"ServerWithoutScheme", "server = \"relay.example.org\"", "1:10", "must be a URL"},
    {"ServerOverHttp", "server = \"https://relay.example.org/ws\"", "1:10", "must begin with ws:// or wss://"},
    {"ServerWithEscape", "server = \"${CTRL}\"", "1:10", "must be a URL"},
    {"NameWithNewline", "name = \"a\\nb\"", "1:8", "must be printable"},
    {"NameTooLong", "name = \"0123456789012345678901234567890123456789012345678901234567890123x\"", "1:8", "64 bytes"},
    {"NameAsTable", "[name]\nx = 1", "1:1", "`name` must be a string, not a table"},
    {"PluginPathAsString", "[plugins]\npath = \"/opt\"", "2:8", "must be an array of strings, not a string"},
    {"PluginPathOfNumbers", "[plugins]\npath = [\"/opt\", 7]", "2:17", "must hold strings only, not an integer"},
    {"PluginPathEmpty", "[plugins]\npath = [\"\"]", "2:8", "must hold paths"},
    {"PluginsAsString", "plugins = \"x\"", "1:11", "`plugins` must be a table, not a string"},
    {"TransportAsString", "transport = \"ws\"", "1:13", "`transport` must be a table, not a string"},
    {"PluginOfAnotherType", "[store]\nplugin = true", "2:10", "`store.plugin` must be a string, not a boolean"},
    {"PluginEmpty", "[store]\nplugin = \"\"", "2:10", "must name a plugin"},
    {"ConcurrencyAsString", "[handler]\nconcurrency = \"4\"", "2:15",
     "`handler.concurrency` must be a whole number from 1 to 64, not a string"},
    {"ConcurrencyZero", "[handler]\nconcurrency = 0", "2:15", "from 1 to 64, not 0"},
    {"ConcurrencyTooLarge", "[handler]\nconcurrency = 65", "2:15", "from 1 to 64, not 65"},
    {"ConcurrencyAsFloat", "[handler]\nconcurrency = 4.0", "2:15", "not a float"},
    {"HopsNegative", "[handler]\nmax_hops = -1", "2:12", "not -1"},
    {"ListenWithoutPort", "[relay]\nlisten = \"127.0.0.1\"", "2:10", "must be host:port"},
    {"ListenPortTooLarge", "[relay]\nlisten = \"127.0.0.1:65536\"", "2:10", "must be host:port"},
    {"ListenBareIpv6", "[relay]\nlisten = \"::1:8787\"", "2:10", "must be host:port"},
    {"PublishersUnknownWord", "[relay]\npublishers = \"everyone\"", "2:14", "must be \"anyone\" or an array"},
    {"PublishersBadKey", "[relay]\npublishers = [\"abc\"]", "2:15", "must hold agents' keys"},
    {"PublishersNumber", "[relay]\npublishers = 5", "2:14", "must be a string, not an integer"},
    {"TrustProxyName", "[relay]\ntrust_proxy = [\"localhost\"]", "2:16", "must hold IP addresses"},
    {"RequireSecretAsString", "[relay]\nrequire_secret = \"yes\"", "2:18", "must be true or false, not a string"},
    {"SecretTooShort", "[relay]\nsecret = \"short\"", "2:10", "must be at least 32 characters long"},
    {"PreviousSecretTooShort", "[relay]\nsecret_previous = \"short\"", "2:19", "must be at least 32 characters long"},
    {"LimitZero", "[relay.limits]\nmailbox_messages = 0", "2:20", "not 0"},
    {"LimitHuge", "[relay.limits]\nconnections = 9223372036854775807", "2:15", "from 1 to 1000000"},
    {"SizeAsInteger", "[relay.limits]\nmailbox_bytes = 1048576", "2:17",
     "must be a string with a unit, such as \"256KiB\", not an integer"},
    {"SizeWithoutUnit", "[relay.limits]\nmailbox_bytes = \"1048576\"", "2:17", "a number with a unit"},
    {"SizeTooSmall", "[relay.limits]\nmailbox_bytes = \"1KiB\"", "2:17", "from 1MiB to 2GiB, not \"1KiB\""},
    {"DurationAsInteger", "[relay.limits]\nhandshake_timeout = 10", "2:21",
     "such as \"120s\" or \"24h\", not an integer"},
    {"DurationUnknownUnit", "[relay.limits]\nhandshake_timeout = \"10 seconds\"", "2:21", "(ms, s, m, h or d)"},
    {"DurationTooLong", "[relay.limits]\nhandshake_timeout = \"1d\"", "2:21", "from 100ms to 10m"},
    {"LimitsAsNumber", "[relay]\nlimits = 5", "2:10", "`relay.limits` must be a table, not an integer"},
    {"LogLevelUnknown", "[log]\nlevel = \"warning\"", "2:9", "cannot be \"warning\""},
    {"LogFormatMisspelt", "[log]\nformat = \"jsn\"", "2:10", "did you mean `json`?"},
    {"MissingVariable", "name = \"${NOT_SET}\"", "1:8", "the environment variable NOT_SET, which is not set"},
    {"MissingVariableInAnArray", "[plugins]\npath = [\"/a\", \"${NOT_SET}/b\"]", "2:15", "NOT_SET"},
    {"VariableNeverClosed", "name = \"${HOME\"", "1:8", "names no variable"},
    {"VariableWithoutName", "name = \"${}\"", "1:8", "names no variable"},
    {"NoToml", "this is no TOML", "1:6", "Error while parsing"},
    {"DuplicateKey", "name = \"a\"\nname = \"b\"", "2:8", "cannot redefine"},
    {"DuplicateTable", "[relay]\nlisten = \"a:1\"\n[relay]", "3:1", "cannot redefine existing table 'relay'"},
    {"DuplicateSubtable", "[relay.limits]\n[log]\n[relay.limits]", "3:1", "cannot redefine"},
    {"TableAfterDottedKey", "relay.listen = \"a:1\"\n[relay]", "2:1", "cannot redefine"},
    {"ArrayOfTables", "[[relay]]\nlisten = \"a:1\"", "1:1", "`relay` must be a table, not an array"},
    {"KeyAfterByteOrderMark", "\xef\xbb\xbfnmae = \"a\"", "1:1", "did you mean `name`?"},
    {"KeyAfterCrLf", "name = \"a\"\r\n\r\nnmae = \"b\"\r\n", "3:1", "did you mean `name`?"},
    {"ColumnInCharacters", "name = \"äöü\" x", "1:14", "Error while parsing"},
    {"BareCarriageReturn", "name = \"a\rb\"", "1:10", "control characters"},
    {"DateForAString", "name = 2026-01-01", "1:8", "not a date or time"},
    {"InfinityForANumber", "handler.max_hops = inf", "1:20", "not a float"},
    {"MailboxesZero", "[relay.limits]\nmailboxes = 0", "2:13", "from 1 to 100000000, not 0"},
    {"TokensNegative", "[relay.limits]\nallowed_tokens = -1", "2:18", "from 1 to 10000000000, not -1"},
    {"PercentAboveHundred", "[relay.limits]\nnewcomer_percent = 101", "2:20", "from 1 to 100, not 101"},
    {"SizeWithFraction", "[relay.limits]\nunsent_bytes = \"1.5MiB\"", "2:16", "a number with a unit"},
    {"SizeWithSpace", "[relay.limits]\nunsent_bytes = \"1 MiB\"", "2:16", "a number with a unit"},
    {"SizeNegative", "[relay.limits]\nunsent_bytes = \"-1MiB\"", "2:16", "a number with a unit"},
    {"SizeBeyondAllBounds", "[relay.limits]\nunsent_bytes = \"99999999999999999999GiB\"", "2:16",
     "a number with a unit"},
    {"UnclosedString", "name = \"a", "1:10", "Error while parsing"},
};

INSTANTIATE_TEST_SUITE_P(Table, WrongConfiguration, testing::ValuesIn(kTable),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(WrongConfigurations, ShowNoMoreThanTheBeginningOfWhatIsThere) {
  const Folder folder;
  const std::string flood(100'000, 'x');
  const auto configuration = Configuration::load(
      {folder.write("a.toml", flood + " = 1\nlog.level = \"" + flood + "\"\nrelay.listen = \"" + flood + "\""),
       {},
       environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 3U);
  for (const auto& problem : configuration.problems()) EXPECT_LE(problem.text().size(), 400U) << problem.text();
}

TEST(WrongConfigurations, OfAFlagAreToldByTheFlagAlone) {
  const auto configuration = Configuration::load({{}, {{"log.level", "loud", "--log-level"}}, environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_THAT(configuration.problems()[0].text(), testing::StartsWith("--log-level cannot be \"loud\""));
}

TEST(ConfigurationFile, MayHaveAByteOrderMarkAndLinesThatEndAsOnWindows) {
  const Folder folder;
  const auto configuration = Configuration::load(
      {folder.write("a.toml", "\xef\xbb\xbfname = \"a\"\r\n[handler]\r\nconcurrency = 2\r\n"), {}, environment_of({})});
  for (const auto& problem : configuration.problems()) ADD_FAILURE() << problem.text();
  EXPECT_EQ(configuration.settings().name, "a");
  EXPECT_EQ(configuration.settings().handler.concurrency, 2U);
}

TEST(ConfigurationFile, WithoutANameIsAProblemOfItsFlag) {
  const auto configuration = Configuration::load({std::filesystem::path(), {}, environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_EQ(configuration.problems()[0].text(), "--config names no file");
}

TEST(ConfigurationFile, ThatIsAFolderIsAProblem) {
  const Folder folder;
  const auto configuration = Configuration::load({folder.path(), {}, environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_EQ(configuration.problems()[0].text(), folder.path().string() + ": cannot be read: it is a folder");
}

TEST(ConfigurationFile, ThatIsMissingIsAProblem) {
  const Folder folder;
  const auto configuration = Configuration::load({folder / "none.toml", {}, environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_THAT(configuration.problems()[0].text(), testing::HasSubstr("No such file"));
}

TEST(ConfigurationFile, ThatIsNoUtf8IsAProblem) {
  const Folder folder;
  const auto configuration =
      Configuration::load({folder.write("a.toml", "name = \"\xff\xfe\""), {}, environment_of({})});
  EXPECT_FALSE(configuration.problems().empty());
}

TEST(ConfigurationFile, ThatIsHugeIsNotRead) {
  const Folder folder;
  const auto configuration =
      Configuration::load({folder.write("a.toml", std::string(2'000'000, '#')), {}, environment_of({})});
  ASSERT_EQ(configuration.problems().size(), 1U);
  EXPECT_THAT(configuration.problems()[0].text(), testing::HasSubstr("larger than 1 MiB"));
}

TEST(ConfigurationFile, ThatIsNestedTooDeepIsAProblem) {
  const Folder folder;
  const auto configuration =
      Configuration::load({folder.write("a.toml", "a = " + std::string(100'000, '[')), {}, environment_of({})});
  EXPECT_FALSE(configuration.problems().empty());
}

}  // namespace
}  // namespace agentroom::config
