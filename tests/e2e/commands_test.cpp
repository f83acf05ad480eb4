// Every command says what it does, and those that tell about the installation say it to programs and to people.
#include <gtest/gtest.h>
#include <signal.h>

#include <regex>
#include <set>
#include <sstream>

#include "room.hpp"

namespace agentroom::e2e {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Command : public testing::TestWithParam<const char*> {
 protected:
  Home home;
};

TEST_P(Command, HasHelpWithAnExample) {
  for (const char* flag : {"--help", "-h"}) {
    auto words = words_of(GetParam());
    words.emplace_back(flag);
    const auto ended = home.run(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    EXPECT_NE(ended.out.find("Usage: agentroom" + std::string(*GetParam() != '\0' ? " " : "") + GetParam()),
              std::string::npos)
        << ended.out;
    const auto example = ended.out.find("Example:\n  ");
    EXPECT_NE(example, std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("agentroom ", example), std::string::npos) << ended.out;
    for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 80U) << line;
  }
  EXPECT_FALSE(fs::exists(home.path())) << "help touches nothing";
}

INSTANTIATE_TEST_SUITE_P(All, Command,
                         testing::Values("", "setup", "whoami", "relay", "invite", "invite create", "invite accept",
                                         "invite list", "invite revoke", "send", "listen", "serve", "peers",
                                         "peers rename", "peers remove", "peers verify", "plugin", "plugin list",
                                         "plugin info", "plugin check", "plugin new", "config", "config check",
                                         "config show", "store", "store check", "store backup", "store compact", "demo",
                                         "completion", "version"),
                         [](const auto& each) {
                           const std::string name = std::regex_replace(std::string(each.param), std::regex(" "), "_");
                           return name.empty() ? "agentroom" : name;
                         });

class Commands : public testing::Test {
 protected:
  /// The object of `agentroom LINE --json`, which succeeds and says nothing else.
  boost::json::object json_of(const std::string& line) {
    auto words = words_of(line);
    words.emplace_back("--json");
    const auto ended = home.run(words);
    EXPECT_EQ(ended.code, 0) << line << ": " << ended.out;
    EXPECT_EQ(ended.err, "") << line;
    EXPECT_EQ(lines_of(ended.out).size(), 1U) << line;
    return ended.json();
  }

  Home home;
};

std::set<std::string> names_of(const boost::json::object& object) {
  std::set<std::string> names;
  for (const auto& member : object) names.emplace(member.key());
  return names;
}

TEST_F(Commands, VersionNamesTheProtocolAndThePluginBoundary) {
  EXPECT_EQ(names_of(json_of("version")), (std::set<std::string>{"version", "protocol", "plugin_abi"}));
  EXPECT_EQ(home.run({"version"}).out, home.run({"--version"}).out);
}

TEST_F(Commands, CompletionPrintsAScriptForEachShell) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const auto ended = home.run({"completion", shell});
    EXPECT_EQ(ended.code, 0);
    EXPECT_NE(ended.out.find("# " + shell + " completion for agentroom"), std::string::npos);
    const auto object = json_of("completion " + shell);
    EXPECT_EQ(text(object, "shell"), shell);
    EXPECT_EQ(text(object, "script"), ended.out);
  }
}

TEST_F(Commands, PluginListTellsWhatIsInstalledAndWhereItIsLookedFor) {
  const auto object = json_of("plugin list");
  EXPECT_EQ(names_of(object), (std::set<std::string>{"plugins", "problems", "path"}));
  EXPECT_FALSE(object.at("path").as_array().empty());
  std::set<std::string> ids;
  for (const auto& plugin : object.at("plugins").as_array()) ids.insert(text(plugin.as_object(), "id"));
  for (const char* id : {"transport-ws", "store-sqlite", "store-memory", "handler-exec", "handler-echo", "tunnel-none",
                         "tunnel-cloudflared", "tunnel-exec"}) {
    EXPECT_TRUE(ids.contains(id)) << id;
  }
}

TEST_F(Commands, PluginInfoTellsEveryKeyAndWhetherThePluginLoads) {
  EXPECT_EQ(text(json_of("plugin info sqlite"), "id"), "store-sqlite") << "a short name that one kind has";
  const auto object = json_of("plugin info handler-exec");
  EXPECT_EQ(names_of(object), (std::set<std::string>{"ok", "id", "kinds", "version", "abi", "description", "library",
                                                     "manifest", "shadowed", "config", "loads", "error"}));
  EXPECT_EQ(text(object, "id"), "handler-exec");
  EXPECT_TRUE(object.at("loads").as_bool());
  std::map<std::string, boost::json::object> keys;
  for (const auto& key : object.at("config").as_array()) keys[text(key.as_object(), "name")] = key.as_object();
  EXPECT_EQ(names_of(keys["timeout"]),
            (std::set<std::string>{"name", "type", "required", "default", "min", "max", "choices", "description"}));
  EXPECT_TRUE(keys["command"].at("required").as_bool());
  EXPECT_EQ(text(keys["timeout"], "type"), "duration");
  EXPECT_EQ(text(keys["timeout"], "default"), "120s");
  const std::string shown = home.run({"plugin", "info", "handler-exec"}).out;
  for (const char* part :
       {"handler-exec", "loads", "yes", "[handler.exec]", "max_output", "\"128KiB\"", "(required)"}) {
    EXPECT_NE(shown.find(part), std::string::npos) << part << "\n" << shown;
  }
}

TEST_F(Commands, PluginInfoNamesTheNearestPluginAndWhereItLooked) {
  const auto ended = home.run({"plugin", "info", "sqlit", "--json"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(text(ended.json(), "code"), "plugin");
  EXPECT_NE(text(ended.json(), "error").find("did you mean `store-sqlite`?"), std::string::npos) << ended.out;
  EXPECT_NE(text(ended.json(), "error").find("looked for in /"), std::string::npos) << ended.out;
  EXPECT_NE(text(ended.json(), "hint").find("agentroom plugin list"), std::string::npos);
}

TEST_F(Commands, PluginInfoListsTheCandidatesOfAnAmbiguousName) {
  fs::create_directory(home.desk() / "plugins");
  for (const std::string kind : {"transport", "tunnel"}) {
    home.write("plugins/" + kind + "-twice.so", "");
    home.write("plugins/" + kind + "-twice.toml", "id = \"" + kind + "-twice\"\nkind = \"" + kind +
                                                      "\"\nabi = \"1.0\"\nversion = \"1\"\ndescription = \"x\"\n");
  }
  home.environment["AGENTROOM_PLUGIN_PATH"] = (home.desk() / "plugins").string();
  const auto ended = home.run({"plugin", "info", "twice", "--json"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(text(ended.json(), "code"), "ambiguous");
  EXPECT_NE(text(ended.json(), "error").find("transport-twice, tunnel-twice"), std::string::npos) << ended.out;

  const auto broken = json_of("plugin info tunnel-twice");
  EXPECT_FALSE(broken.at("loads").as_bool());
  EXPECT_NE(text(broken, "error").find("tunnel-twice.so"), std::string::npos);
}

TEST_F(Commands, ConfigCheckTellsWhichFileIsRight) {
  EXPECT_TRUE(json_of("config check").at("file").is_null());
  const std::string file = home.write("a.toml", "name = \"x\"\n").string();
  const auto object = json_of("--config " + file + " config check");
  EXPECT_EQ(names_of(object), (std::set<std::string>{"ok", "file", "problems"}));
  EXPECT_EQ(text(object, "file"), file);
}

TEST_F(Commands, ConfigCheckTellsEveryProblemWithItsPlace) {
  const std::string file = home.write("a.toml", "nmae = \"x\"\n\n[log]\nlevel = 7\n").string();
  const auto ended = home.run({"--config", file, "config", "check", "--json"});
  EXPECT_EQ(ended.code, 2);
  const auto problems = ended.json().at("problems").as_array();
  ASSERT_EQ(problems.size(), 2U) << ended.out;
  EXPECT_EQ(names_of(problems[0].as_object()), (std::set<std::string>{"file", "line", "column", "error", "hint"}));
  EXPECT_EQ(problems[0].at("line").to_number<int>(), 1);
  EXPECT_EQ(problems[1].at("line").to_number<int>(), 4);
  EXPECT_EQ(problems[1].at("column").to_number<int>(), 9);
  const auto human = home.run({"--config", file, "config", "check"});
  EXPECT_EQ(human.code, 2);
  EXPECT_NE(human.err.find(file + ":1:1: unknown key `nmae`; did you mean `name`?"), std::string::npos) << human.err;
  EXPECT_NE(human.err.find(file + ":4:9: "), std::string::npos) << human.err;
}

TEST_F(Commands, ConfigShowTellsWhereEachValueCameFrom) {
  const std::string file = home.write("a.toml",
                                      "name = \"${WHO}\"\n[relay]\nsecret = \"${SECRET}\"\n[handler.exec]\n"
                                      "command = \"curl ${SECRET}\"\n"
                                      "env = [\"API_KEY=sk-inline\", \"OTHER=${SECRET}\"]\n")
                               .string();
  const std::string secret = "0123456789abcdef0123456789abcdef";
  home.environment["WHO"] = "planner";
  home.environment["SECRET"] = secret;
  home.environment["AGENTROOM_SERVER"] = "ws://127.0.0.1:1/ws";
  const auto object = json_of("--config " + file + " --log-level error config show");
  EXPECT_EQ(text(object, "file"), file);
  const auto& values = object.at("values").as_object();
  const auto value = [&](const char* key) { return boost::json::serialize(values.at(key).at("value")); };
  const auto origin = [&](const char* key) { return text(values.at(key).as_object(), "origin"); };
  EXPECT_EQ(origin("home"), "AGENTROOM_HOME");
  EXPECT_EQ(value("server"), "\"ws://127.0.0.1:1/ws\"");
  EXPECT_EQ(origin("server"), "AGENTROOM_SERVER");
  EXPECT_EQ(value("name"), "\"planner\"");
  EXPECT_EQ(origin("name"), file + ":1:8");
  EXPECT_EQ(origin("log.level"), "--log-level");
  EXPECT_EQ(origin("log.format"), "default");
  EXPECT_EQ(value("relay.secret"), "\"(set)\"");
  EXPECT_EQ(value("relay.secret_previous"), "null");
  EXPECT_EQ(value("handler.exec.command"), "\"curl ${SECRET}\"");
  EXPECT_EQ(value("handler.exec.env"), R"json(["API_KEY=(set)","OTHER=${SECRET}"])json");
  EXPECT_EQ(value("transport.ws.max_requests"), "1024") << "a plugin's default, from its manifest";
  EXPECT_EQ(value("relay.limits.mailboxes"), "100000");
  EXPECT_EQ(boost::json::serialize(object).find(secret), std::string::npos);
  EXPECT_EQ(boost::json::serialize(object).find("sk-inline"), std::string::npos);

  const std::string shown = home.run({"--config", file, "config", "show"}).out;
  EXPECT_EQ(shown.find(secret), std::string::npos);
  EXPECT_EQ(shown.find("sk-inline"), std::string::npos);
  for (const char* line :
       {"[handler.exec]", "\n# env = [", "# a.toml:1 with WHO", "# AGENTROOM_SERVER", "# secret = (set)"}) {
    EXPECT_NE(shown.find(line), std::string::npos) << line << "\n" << shown;
  }
}

TEST_F(Commands, ConfigShowTellsWhereTheHomeAndTheServerCameFrom) {
  const auto origin = [&](const std::string& arguments, const char* key) {
    return text(json_of(arguments + " config show").at("values").at(key).as_object(), "origin");
  };
  EXPECT_EQ(origin("", "server"), "default");
  EXPECT_EQ(origin("--server ws://127.0.0.1:1/ws", "server"), "--server");
  EXPECT_EQ(origin("--home " + (home.desk() / "other").string(), "home"), "--home");
  ASSERT_EQ(home.run({"setup", "--no-probe"}).code, 0);
  home.write("home/server_url", "ws://127.0.0.1:2/ws\n");
  EXPECT_EQ(origin("", "server"), (home.path() / "server_url").string());
  home.write("home/agentroom.toml", "server = \"ws://127.0.0.1:3/ws\"\n");
  EXPECT_EQ(origin("", "server"), (home.path() / "agentroom.toml").string() + ":1:10");
  home.environment.erase("AGENTROOM_HOME");
  EXPECT_EQ(origin("", "home"), "default");
}

TEST_F(Commands, ConfigShowPrintsWhatAConfigurationCanBeMadeOf) {
  const auto file = home.write("a.toml", "[handler.exec]\ncommand = \"tr a-z 'A-Z'\"\n");
  const auto first = home.run({"--config", file.string(), "config", "show"});
  ASSERT_EQ(first.code, 0) << first.err;
  const auto second = home.run({"--config", home.write("shown.toml", first.out).string(), "config", "show", "--json"});
  ASSERT_EQ(second.code, 0) << second.out;
  const auto shown = second.json();
  for (const auto& [key, value] : shown.at("values").as_object()) {
    const std::string origin = text(value.as_object(), "origin");
    const bool is_unset = value.at("value").is_null() || key == "home";
    EXPECT_TRUE(is_unset || origin.find("shown.toml:") != std::string::npos) << key << " from " << origin;
  }
}

TEST_F(Commands, WarningsAreJsonForPrograms) {
  const fs::path file = home.write("a.toml", "[relay]\nsecret = \"0123456789abcdef0123456789abcdef\"\n");
  fs::permissions(file, fs::perms(0644));
  const auto ended = home.run({"--config", file.string(), "config", "check", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.out;
  const auto line = boost::json::parse(ended.err).as_object();
  EXPECT_EQ(names_of(line), (std::set<std::string>{"ts", "level", "component", "message"}));
  EXPECT_NE(text(line, "message").find("chmod 600"), std::string::npos);
}

class Conversation : public testing::Test {
 protected:
  std::string invite() {
    return text(alice.run({"invite", "create", "--server", relay->url(), "--json"}).json(), "url");
  }

  /// What the relay wrote to stderr when it ran with these options and an agent came and went.
  std::string log_of(const std::vector<std::string>& options) {
    relay = std::make_unique<Relay>(host, 0, options);
    EXPECT_FALSE(invite().empty());
    relay->child->signal(SIGTERM);
    EXPECT_EQ(relay->child->wait(), 0);
    return relay->child->errors();
  }

  Home host;
  Home alice;
  Home bob;
  std::unique_ptr<Relay> relay;
};

TEST_F(Conversation, BothSidesVerifyTheSameSafetyNumber) {
  relay = std::make_unique<Relay>(host);
  auto listener = alice.start({"listen", "--server", relay->url(), "--json"});
  await(*listener, "listening");
  const auto accepted = bob.run({"invite", "accept", invite(), "--json"});
  ASSERT_EQ(accepted.code, 0) << accepted.out;
  await(*listener, "peer_online");
  const std::string alice_pk = text(accepted.json(), "peer_pk");
  const std::string bob_pk = text(bob.run({"whoami", "--json"}).json(), "pk");

  const auto at_bob = bob.run({"peers", "verify", alice_pk, "--json"}).json();
  const auto at_alice = alice.run({"peers", "verify", bob_pk.substr(0, 12), "--json"}).json();
  EXPECT_EQ(names_of(at_bob), (std::set<std::string>{"ok", "pk", "safety_number"}));
  EXPECT_EQ(text(at_bob, "pk"), alice_pk);
  EXPECT_EQ(text(at_alice, "pk"), bob_pk);
  const std::string number = text(at_bob, "safety_number");
  EXPECT_TRUE(std::regex_match(number, std::regex("\\d{5}( \\d{5}){11}"))) << number;
  EXPECT_EQ(text(at_alice, "safety_number"), number);

  std::string shown = bob.run({"peers", "verify", alice_pk}).out;
  shown = std::regex_replace(shown, std::regex("\\s+"), " ");
  EXPECT_NE(shown.find(number), std::string::npos) << "in lines for people, the same digits\n" << shown;
  EXPECT_EQ(bob.run({"peers", "verify", "nobody"}).code, 4);
}

TEST_F(Conversation, LogLinesAreJsonObjectsWhenAskedFor) {
  const std::string log = log_of({"--log-format", "json", "--log-level", "debug"});
  const auto lines = lines_of(log);
  EXPECT_GE(lines.size(), 2U) << "an agent came and went";
  for (const std::string& line : lines) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(line, failed);
    ASSERT_TRUE(!failed && value.is_object()) << line;
    auto names = names_of(value.as_object());
    for (const char* of_some : {"agent", "address", "reason"}) names.erase(of_some);
    EXPECT_EQ(names, (std::set<std::string>{"ts", "level", "component", "message"})) << line;
    EXPECT_TRUE(value.at("ts").is_int64()) << line;
    EXPECT_TRUE((std::set<std::string>{"debug", "info", "warning", "error"}).contains(text(value.as_object(), "level")))
        << line;
  }
}

TEST_F(Conversation, LogLevelsSelectWhatIsLogged) {
  const std::string info = log_of({"--log-level", "info"});
  EXPECT_NE(info.find("connected"), std::string::npos) << info;
  EXPECT_EQ(info.find('{'), std::string::npos) << "text unless told";
  EXPECT_EQ(log_of({"--log-level", "error"}), "");
  EXPECT_EQ(log_of({"--log-level", "off"}), "");
  EXPECT_EQ(log_of({}), "") << "warnings and errors only";
  EXPECT_EQ(log_of({"-q", "--log-level", "info"}).empty(), false) << "the level that is named wins over -q";
}

TEST_F(Conversation, LogOptionsComeFromTheConfigurationToo) {
  const std::string file = host.write("a.toml", "[log]\nlevel = \"info\"\nformat = \"json\"\n").string();
  const std::string log = log_of({"--config", file});
  ASSERT_FALSE(log.empty());
  for (const std::string& line : lines_of(log)) EXPECT_TRUE(line.starts_with("{")) << line;
  EXPECT_EQ(log_of({"--config", file, "--log-level", "error"}), "") << "a flag wins";
}

}  // namespace
}  // namespace agentroom::e2e
