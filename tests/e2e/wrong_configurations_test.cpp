// Configurations that cannot be used: each is told with file, line and column, and exit code 2.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "mistake.hpp"

namespace agentroom::e2e {
namespace {

class WrongConfiguration : public testing::TestWithParam<Mistake> {};

TEST_P(WrongConfiguration, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

std::function<void(Home&)> file(const std::string& name, const std::string& content) {
  return [=](Home& home) {
    fs::create_directories((home.desk() / name).parent_path());
    fs::permissions(home.write(name, content), fs::perms::owner_read | fs::perms::owner_write);
  };
}

/// `toml` in a file of --config, for a command that needs a transport and a store.
Mistake wrong(const char* name, const std::string& toml, const std::string& place, std::vector<std::string> words,
              std::vector<std::string> arguments = {"peers"}) {
  arguments.insert(arguments.begin(), {"--config", "c.toml"});
  words.push_back("c.toml:" + place + ": ");
  return {name, std::move(arguments), 2, "config", std::move(words), "", file("c.toml", toml)};
}

const std::vector<std::string> kServe{"serve"};
const std::vector<std::string> kRelay{"relay", "--port", "0"};

const std::vector<Mistake> kToml{
    wrong("StringNeverClosed", "server = \"ws://a", "1:17", {"string"}),
    wrong("TableNeverClosed", "[relay\n", "1:7", {"expected ']'"}),
    wrong("ValueMissing", "name = \n", "1:8", {"expected value"}),
    wrong("KeyMissing", "= 5", "1:1", {"expected keys"}),
    wrong("NoToml", "<xml/>", "1:1", {"parsing"}),
    wrong("DuplicateKey", "name = \"a\"\nname = \"b\"", "2:8", {"cannot redefine", "'name'"}),
    wrong("DuplicateTable", "[log]\n[log]\n", "2:1", {"cannot redefine"}),
    wrong("NoUtf8", "name = \"\xff\xfe\"", "1:8", {"utf-8"}),
    wrong("UnknownKey", "frobnicate = 1", "1:1", {"unknown key `frobnicate`", "`server`"}),
    wrong("MisspeltKey", "sever = \"ws://a\"", "1:1", {"did you mean `server`?"}),
    wrong("MisspeltTable", "[hanlder]\n", "1:2", {"did you mean `handler`?"}),
    wrong("MisspeltKeyOfATable", "[handler]\nconcurency = 1", "2:1", {"in [handler]", "did you mean `concurrency`?"}),
    wrong("WrongType", "server = 5", "1:10", {"`server` must be a string, not an integer"}),
    wrong("TableAsString", "store = \"sqlite\"", "1:9", {"`store` must be a table, not a string"}),
    wrong("StringAsArray", "name = [\"a\"]", "1:8", {"`name` must be a string, not an array"}),
    wrong("OutOfRange", "[handler]\nconcurrency = 0", "2:15", {"from 1 to 64, not 0"}),
    wrong("NumberTooLarge", "[handler]\nmax_hops = 99999999999999999999", "2:32", {"64 bits"}),
    wrong("MissingVariable", "name = \"${NOT_SET}\"", "1:8", {"environment variable NOT_SET"}),
    wrong("VariableNeverClosed", "name = \"${HOME\"", "1:8", {"`${`"}),
    wrong("SeveralMistakes", "x = 1\ny = 2\nz = 3", "1:1", {"unknown key `x`", "(and 2 more)"}),
};

const std::vector<Mistake> kValues{
    wrong("Server", "server = \"http://localhost/ws\"", "1:10", {"`server` must begin with ws://"}),
    wrong("ServerPort", "server = \"ws://localhost:99999/ws\"", "1:10", {"`server` must have a port"}),
    wrong("NameTooLong", "name = \"" + std::string(65, 'n') + "\"", "1:8", {"`name`", "64 bytes"}),
    wrong("NameWithControlCharacters", "name = \"a\\u001b[2J\"", "1:8", {"`name` must be printable"}),
    wrong("PluginPathNoArray", "[plugins]\npath = \"x\"", "2:8", {"`plugins.path` must be an array"}),
    wrong("LogLevel", "[log]\nlevel = \"loud\"", "2:9", {"`log.level` cannot be \"loud\"", "`warn`"}),
    wrong("LogFormat", "[log]\nformat = \"jsn\"", "2:10", {"did you mean `json`?"}),
    wrong("Listen", "[relay]\nlisten = \"8787\"", "2:10", {"`relay.listen` must be host:port"}, kRelay),
    wrong("Publishers", "[relay]\npublishers = \"everyone\"", "2:14", {"`relay.publishers`", "\"anyone\""}, kRelay),
    wrong("PublishersKey", "[relay]\npublishers = [\"abc\"]", "2:15", {"`relay.publishers`", "\"abc\""}, kRelay),
    wrong("TrustProxy", "[relay]\ntrust_proxy = [\"localhost\"]", "2:16", {"IP addresses", "\"localhost\""}, kRelay),
    wrong("RequireSecret", "[relay]\nrequire_secret = \"yes\"", "2:18", {"true or false, not a string"}, kRelay),
    wrong("DurationWithoutUnit", "[relay.limits]\nhandshake_timeout = \"10\"", "2:21", {"a unit", "\"10\""}, kRelay),
    wrong("DurationInWords", "[handler.exec]\ncommand = \"cat\"\ntimeout = \"5 minutes\"", "3:11",
          {"`handler.exec.timeout`", "\"5 minutes\""}, kServe),
    wrong("SizeInWords", "[relay.limits]\nmailbox_bytes = \"1 lot\"", "2:17", {"a unit", "\"1 lot\""}, kRelay),
    wrong("SizeTooSmall", "[relay.limits]\nmailbox_bytes = \"1KiB\"", "2:17", {"from 1MiB to 2GiB"}, kRelay),
    wrong("SecretTooShort", "[relay]\nsecret = \"hunter2\"", "2:10", {"`relay.secret`", "32 characters"}, kRelay),
};

const std::vector<Mistake> kPlugins{
    wrong("TransportUnknown", "[transport]\nplugin = \"carrier-pigeon\"", "2:10", {"carrier-pigeon"}),
    wrong("StoreMisspelt", "[store]\nplugin = \"sqlit\"", "2:10", {"sqlit", "did you mean `sqlite`?"}),
    wrong("StoreNoName", "[store]\nplugin = \"A B\"", "2:10", {"A B"}),
    wrong("StoreByAPathThatIsMissing", "[store]\nplugin = \"./none.so\"", "2:10", {"none.so"}),
    wrong("HandlerIsATransport", "[handler]\nplugin = \"ws\"", "2:10", {"ws"}, kServe),
    wrong("KeyUnknown", "[store.sqlite]\nfrob = 1", "2:1", {"`frob` in [store.sqlite]", "`integrity_check`"}),
    wrong("KeyMisspelt", "[transport.ws]\nmax_request = 5", "2:1", {"did you mean `max_requests`?"}),
    wrong("ValueUnknown", "[store.sqlite]\nintegrity_check = \"fast\"", "2:19", {"\"fast\"", "`quick`"}),
    wrong("ValueOfAnotherType", "[transport.ws]\nmax_requests = \"many\"", "2:16", {"a whole number", "a string"}),
    wrong("ValueTooSmall", "[store.memory]\nmax_bytes = \"1B\"", "2:13", {"at least 1MiB"}),
    wrong("RequiredKeyMissing", "[handler]\nplugin = \"exec\"", "2:10", {"`handler.exec.command` is required"}, kServe),
    wrong("CommandEmpty", "[handler.exec]\ncommand = []", "2:11", {"must name a program"}, kServe),
    wrong("TableOfNoPlugin", "[store.sqlit]\nx = 1", "1:8", {"[store.sqlit]", "did you mean `sqlite`?"}),
};

Mistake of_file(const char* name, std::vector<std::string> words, const std::string& hint,
                std::function<void(Home&)> prepare, int exit = 2, const char* code = "config",
                std::vector<std::string> arguments = {"--config", "c.toml", "peers"}) {
  return {name, std::move(arguments), exit, code, std::move(words), hint, std::move(prepare)};
}

const std::vector<Mistake> kFiles{
    of_file("Missing", {"c.toml: ", "No such file"}, "--config FILE", {}),
    of_file("IsAFolder", {"c.toml: ", "a folder"}, "--config FILE",
            [](Home& home) { fs::create_directory(home.desk() / "c.toml"); }),
    of_file("IsUnreadable", {"c.toml: ", "permission denied"}, "chmod u+r",
            [](Home& home) { fs::permissions(home.write("c.toml", ""), fs::perms::none); }),
    of_file("IsHuge", {"c.toml", "larger than"}, "--config FILE", file("c.toml", std::string(2'000'000, '#'))),
    of_file("IsALoop", {"c.toml: ", "loop"}, "--config FILE",
            [](Home& home) { fs::create_symlink("c.toml", home.desk() / "c.toml"); }),
    of_file("OfTheHome", {"{home}/agentroom.toml:1:1: ", "`frob`"}, "agentroom",
            file("home/agentroom.toml", "frob = 1"), 2, "config", {"whoami"}),
    of_file("OfTheHomeWithASecretThatOthersCanRead", {"{home}/agentroom.toml:2:10: ", "`relay.secret`", "others"},
            "chmod 600 {home}/agentroom.toml",
            [](Home& home) {
              file("home/agentroom.toml", "[relay]\nsecret = \"" + std::string(40, 'q') + "\"")(home);
              fs::permissions(home.path() / "agentroom.toml", static_cast<fs::perms>(0644));
            },
            2, "config", {"relay", "--port", "0"}),
    of_file("ServerUrlIsGarbage", {"{home}/server_url ", "\"garbage here\""}, "ws://",
            file("home/server_url", "garbage here\n"), 2, "config", {"invite", "create"}),
    of_file("ServerUrlIsHuge", {"{home}/server_url", "larger than"}, "rm -r {home}/server_url",
            file("home/server_url", std::string(5000, 'u')), 2, "config", {"invite", "create"}),
    of_file("ServerUrlIsAFolder", {"{home}/server_url", "a folder"}, "rm -r {home}/server_url",
            [](Home& home) { fs::create_directories(home.path() / "server_url"); }, 2, "config", {"invite", "create"}),
};

Mistake of_secret(const char* name, std::vector<std::string> words, const std::string& hint,
                  std::function<void(Home&)> prepare, Environment environment = {}) {
  return {name,
          {"relay", "--port", "0"},
          2,
          "config",
          std::move(words),
          hint,
          std::move(prepare),
          std::move(environment),
          {},
          {},
          {"hunter2"}};
}

const std::vector<Mistake> kSecrets{
    of_secret("TooShort", {"HMAC_SECRET", "32 characters"}, "/dev/urandom", {}, {{"HMAC_SECRET", "hunter2"}}),
    of_secret("TooLong", {"HMAC_SECRET", "1,024 bytes"}, "/dev/urandom", {}, {{"HMAC_SECRET", std::string(2000, 'x')}}),
    of_secret("NoUtf8", {"HMAC_SECRET", "UTF-8"}, "/dev/urandom", {}, {{"HMAC_SECRET", std::string(40, '\xff')}}),
    of_secret("OfDotEnvTooShort", {"{desk}/.env", "32 characters"}, "/dev/urandom",
              file(".env", "HMAC_SECRET=hunter2")),
    of_secret("OfDotEnvWithoutValue", {"{desk}/.env:2: "}, "HMAC_SECRET=", file(".env", "A=b\nHMAC_SECRET hunter2\n")),
    of_secret("OfDotEnvWithAnOpenQuote", {"{desk}/.env:1: ", "quote"},
              "HMAC_SECRET=", file(".env", "HMAC_SECRET=\"hunter2hunter2hunter2hunter2hunter2\n")),
    of_secret("OfDotEnvHuge", {"{desk}/.env", "larger than"}, "working directory",
              file(".env", std::string(70'000, '#'))),
};

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Toml, WrongConfiguration, testing::ValuesIn(kToml), name_of);
INSTANTIATE_TEST_SUITE_P(Values, WrongConfiguration, testing::ValuesIn(kValues), name_of);
INSTANTIATE_TEST_SUITE_P(Plugins, WrongConfiguration, testing::ValuesIn(kPlugins), name_of);
INSTANTIATE_TEST_SUITE_P(Files, WrongConfiguration, testing::ValuesIn(kFiles), name_of);
INSTANTIATE_TEST_SUITE_P(Secrets, WrongConfiguration, testing::ValuesIn(kSecrets), name_of);

}  // namespace
}  // namespace agentroom::e2e
