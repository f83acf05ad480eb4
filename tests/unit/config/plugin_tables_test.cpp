#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "folder.hpp"

namespace agentroom::config {
namespace {

using testing::HasSubstr;

PluginKey key(std::string name, KeyType type) {
  PluginKey k;
  k.name = std::move(name);
  k.type = type;
  return k;
}

std::vector<PluginKeys> installed_plugins() {
  PluginKey timeout = key("timeout", KeyType::kDuration);
  timeout.max = 7'200'000;
  timeout.default_text = "\"120s\"";
  PluginKey mode = key("mode", KeyType::kString);
  mode.choices = {"spawn", "stream"};
  PluginKey command = key("command", KeyType::kCommand);
  command.required = true;
  PluginKey output = key("output", KeyType::kSize);
  output.min = 1024;
  PluginKey retries = key("retries", KeyType::kInteger);
  retries.min = 0;
  retries.max = 9;
  return {{"transport", "ws", {key("ca_file", KeyType::kPath), key("verify", KeyType::kBoolean)}},
          {"store", "sqlite", {}},
          {"store", "memory", {}},
          {"handler", "echo", {key("prefix", KeyType::kString)}},
          {"handler",
           "exec",
           {command, mode, timeout, output, retries, key("factor", KeyType::kFloat), key("args", KeyType::kStrings),
            key("files", KeyType::kPaths), key("token", KeyType::kSecret), key("env", KeyType::kEnvironment)}}};
}

struct PluginTables : testing::Test {
  Folder folder;
  std::vector<Override> overrides;
  std::vector<std::string> needed{"transport", "store", "handler"};

  Configuration check(const std::string& toml) {
    auto configuration = Configuration::load(
        {folder.write("agentroom.toml", toml), overrides, environment_of({{"HOME", "/home/me"}, {"TOKEN", "t0k3n"}})});
    configuration.check_plugins(installed_plugins(), needed);
    return configuration;
  }
  /// The TOML handed to the handler.
  std::string handed(const std::string& table) {
    const auto configuration = check("[handler.exec]\n" + table);
    for (const auto& problem : configuration.problems()) ADD_FAILURE() << problem.text();
    return configuration.settings().handler.choice.config;
  }
  std::string problem(const std::string& toml) {
    const auto configuration = check(toml);
    return configuration.problems().empty() ? "" : configuration.problems()[0].text();
  }
  std::string at(const std::string& place) const { return (folder / "agentroom.toml").string() + ":" + place + ": "; }
};

TEST_F(PluginTables, ReachThePluginAsToml) {
  EXPECT_EQ(handed("command = \"cat\"\ntimeout = \"2h\"\nretries = 3"),
            "command = \"cat\"\nretries = 3\ntimeout = \"2h\"");
}

TEST_F(PluginTables, CarryDurationsAndSizesInOneForm) {
  EXPECT_THAT(handed("command = \"a\"\ntimeout = \"120s\""), HasSubstr("timeout = \"2m\""));
  EXPECT_THAT(handed("command = \"a\"\ntimeout = \"0m\""), HasSubstr("timeout = \"0s\""));
  EXPECT_THAT(handed("command = \"a\"\noutput = \"128KB\""), HasSubstr("output = \"125KiB\""));
}

TEST_F(PluginTables, KeepTextThatNeedsEscaping) {
  EXPECT_THAT(handed("command = \"a'b\\\"c\\nd\""), HasSubstr("a'b\\\"c\\nd"));
}

TEST_F(PluginTables, HaveTheirPathsMadeAbsolute) {
  needed = {"transport"};
  const auto configuration = check("[transport.ws]\nca_file = \"certs/ca.pem\"");
  EXPECT_THAT(configuration.settings().transport.config, HasSubstr((folder / "certs/ca.pem").string()));
}

TEST_F(PluginTables, HaveTheirVariablesReplaced) {
  EXPECT_THAT(handed("command = \"x ${HOME}\""), HasSubstr("x /home/me"));
}

TEST_F(PluginTables, ACommandBesideTheFileIsFoundFromAnywhere) {
  EXPECT_THAT(handed("command = \"./brain.sh --fast\""),
              HasSubstr("'" + folder.path().string() + "'/./brain.sh --fast"));
  EXPECT_THAT(handed("command = [\"./brain.sh\", \"./x\"]"),
              HasSubstr("[ \"" + (folder / "brain.sh").string() + "\", \"./x\" ]"));
  EXPECT_THAT(handed("command = \"cat ./x\""), HasSubstr("\"cat ./x\"")) << "any other is the shell's to read";
}

TEST_F(PluginTables, ACommandOfAFlagIsLeftAlone) {
  overrides = {{"handler.exec.command", "./x ${HOME}", "--on-message"}};
  EXPECT_THAT(check("").settings().handler.choice.config, HasSubstr("\"./x ${HOME}\""));
}

TEST_F(PluginTables, OfUnchosenPluginsAreCheckedButNotHandedOn) {
  const auto configuration = check("[handler]\nplugin = \"echo\"\n[handler.exec]\ncommand = \"cat\"");
  EXPECT_TRUE(configuration.problems().empty());
  EXPECT_EQ(configuration.settings().handler.choice.config, "");
  EXPECT_THAT(problem("[handler]\nplugin = \"echo\"\n[handler.exec]\ncomand = \"cat\""),
              HasSubstr(at("4:1") + "unknown key `comand` in [handler.exec]; did you mean `command`?"));
}

TEST_F(PluginTables, AreRefusedWithTheirPlace) {
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\ntimeout = 5"), HasSubstr(at("3:11")));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\ntimeout = \"2d\""), HasSubstr("from 0s to 2h"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\nmode = \"strem\""), HasSubstr("did you mean `stream`?"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\noutput = \"1B\""), HasSubstr(at("3:10")));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\nretries = 10"), HasSubstr("from 0 to 9, not 10"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\nfactor = \"x\""), HasSubstr("must be a number"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"a\"\nargs = \"x\""), HasSubstr("must be an array of strings"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = 5"), HasSubstr(at("2:11")));
  EXPECT_THAT(problem("[handler.exec]\ncommand = []"), HasSubstr("must name a program"));
  EXPECT_THAT(problem("[handler.exec]\ncommand = \"\""), HasSubstr("must be a command"));
  EXPECT_THAT(problem("[transport.ws]\nverify = \"no\"\n[handler.exec]\ncommand = \"a\""), HasSubstr("true or false"));
}

TEST_F(PluginTables, MissARequiredKeyOnlyWhereThePluginIsNeeded) {
  EXPECT_THAT(problem(""), HasSubstr("`handler.exec.command` is required by the handler plugin exec"));
  needed = {"transport", "store"};
  EXPECT_EQ(problem(""), "");
}

TEST_F(PluginTables, OfAPluginThatIsNotInstalledAreAProblem) {
  EXPECT_THAT(
      problem("[handler.exce]\ncommand = \"cat\"\n[handler.exec]\ncommand = \"cat\""),
      HasSubstr(at("1:10") + "[handler.exce] belongs to no handler plugin that is installed; did you mean `exec`?"));
}

TEST_F(PluginTables, AChosenPluginMustBeInstalled) {
  needed = {"store"};
  EXPECT_THAT(problem("[store]\nplugin = \"sqlit\""),
              HasSubstr(at("2:10") + "`store.plugin` names \"sqlit\", which is not installed; did you mean `sqlite`?"));
}

TEST_F(PluginTables, APluginChosenByIdOrLibraryHasTheSameTable) {
  const std::string table = "[handler.exec]\ncommand = \"cat\"\n";
  EXPECT_THAT(check("handler.plugin = \"handler-exec\"\n" + table).settings().handler.choice.config, HasSubstr("cat"));
  EXPECT_THAT(check("handler.plugin = \"./handler-exec.so\"\n" + table).settings().handler.choice.config,
              HasSubstr("cat"));
}

TEST_F(PluginTables, HandOnASecretAndNeverShowIt) {
  const auto configuration = check("[handler.exec]\ncommand = \"cat\"\ntoken = \"${TOKEN}\"");
  EXPECT_THAT(configuration.settings().handler.choice.config, HasSubstr("t0k3n"));
  for (const auto& value : configuration.effective())
    EXPECT_THAT(value.value, testing::Not(HasSubstr("t0k3n"))) << value.key;
}

TEST_F(PluginTables, ShowTextsThatHoldVariablesAsTheyAreWritten) {
  const auto shown = [&](const std::string& key, const std::string& toml) {
    const auto configuration = check(toml);
    for (const auto& value : configuration.effective()) {
      EXPECT_THAT(value.value, testing::Not(HasSubstr("t0k3n"))) << value.key;
      if (value.key == key) return value;
    }
    return EffectiveValue{};
  };
  const std::string exec = "handler.exec.";
  EXPECT_EQ(shown(exec + "command", "[handler.exec]\ncommand = \"curl ${TOKEN}\"").value, "\"curl ${TOKEN}\"");
  EXPECT_EQ(shown(exec + "command", "[handler.exec]\ncommand = [\"curl\", \"${TOKEN}\"]").value,
            "[\"curl\", \"${TOKEN}\"]");
  EXPECT_EQ(shown(exec + "args", "[handler.exec]\ncommand = \"a\"\nargs = [\"-t\", \"${TOKEN}\"]").value,
            "[\"-t\", \"${TOKEN}\"]");
  const auto prefix =
      shown("handler.echo.prefix", "[handler]\nplugin = \"echo\"\n[handler.echo]\nprefix = \"${TOKEN}\"");
  EXPECT_EQ(prefix.value, "\"${TOKEN}\"");
  EXPECT_THAT(prefix.variables, testing::ElementsAre("TOKEN"));
}

TEST_F(PluginTables, ShowNoValueOfAnEnvironmentThatStandsInTheFile) {
  const std::string toml =
      "[handler.exec]\ncommand = \"cat\"\nenv = [\"API_KEY=sk-1\", \"A=x=sk-2\", \"B=${TOKEN}\", \"sk-3\"]";
  const auto configuration = check(toml);
  EXPECT_TRUE(configuration.warnings().empty()) << "others cannot read the file";
  EXPECT_THAT(configuration.settings().handler.choice.config,
              HasSubstr("env = [ \"API_KEY=sk-1\", \"A=x=sk-2\", \"B=t0k3n\", \"sk-3\" ]"));
  const auto& values = configuration.effective();
  const auto env = std::ranges::find(values, "handler.exec.env", &EffectiveValue::key);
  ASSERT_NE(env, values.end());
  EXPECT_EQ(env->value, "[\"API_KEY=(set)\", \"A=(set)\", \"B=${TOKEN}\", \"(set)\"]");
  EXPECT_TRUE(env->hidden);
  EXPECT_THAT(env->variables, testing::ElementsAre("TOKEN"));
}

TEST_F(PluginTables, WithASecretInTheirEnvironmentBelongInAFileThatOthersCannotRead) {
  const auto warnings = [&](const std::string& env, bool file_of_home) {
    const auto file = folder.write("open.toml", "[handler.exec]\ncommand = \"cat\"\nenv = [\"" + env + "\"]", 0644);
    auto configuration = Configuration::load(
        {.file = file, .overrides = {}, .environment = environment_of({{"TOKEN", "t"}}), .file_of_home = file_of_home});
    configuration.check_plugins(installed_plugins(), needed);
    std::vector<std::string> all = configuration.warnings();
    for (const auto& problem : configuration.problems()) all.push_back(problem.text() + " " + problem.hint);
    return all;
  };
  for (const bool file_of_home : {false, true}) {
    for (const std::string name : {"API_KEY", "github_token", "PGPASSWORD", "CLIENT_SECRET"}) {
      EXPECT_THAT(warnings(name + "=sk-1", file_of_home),
                  testing::ElementsAre(testing::AllOf(HasSubstr("open.toml:3:7: `handler.exec.env` holds the secret " +
                                                                name + " in a file that others can read"),
                                                      HasSubstr("chmod 600"), testing::Not(HasSubstr("sk-1")))));
    }
    EXPECT_THAT(warnings("API_KEY=${TOKEN}", file_of_home), testing::IsEmpty());
    EXPECT_THAT(warnings("LANG=C", file_of_home), testing::IsEmpty());
  }
}

TEST_F(PluginTables, ShowDefaultsOfTheChosenPlugin) {
  const auto configuration = check("[handler.exec]\ncommand = \"cat\"");
  EXPECT_TRUE(std::ranges::any_of(configuration.effective(), [](const EffectiveValue& value) {
    return value.key == "handler.exec.timeout" && value.value == "\"120s\"" && value.origin.text() == "default";
  }));
}

}  // namespace
}  // namespace agentroom::config
