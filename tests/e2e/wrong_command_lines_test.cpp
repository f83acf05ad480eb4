// Command lines that cannot be meant: each is told with the option or argument that is wrong, and exit code 2.
#include <gtest/gtest.h>

#include "mistake.hpp"

namespace agentroom::e2e {
namespace {

class WrongCommandLine : public testing::TestWithParam<Mistake> {};

TEST_P(WrongCommandLine, IsToldToPeopleAndPrograms) {
  expect_told(GetParam());
}

Mistake wrong(const char* name, std::vector<std::string> arguments, std::vector<std::string> words, std::string hint) {
  return {name, std::move(arguments), 2, "usage", std::move(words), std::move(hint)};
}

Mistake wrong_server(const char* name, std::string url, std::string words) {
  return wrong(name, {"invite", "create", "--server", std::move(url)}, {"--server ", std::move(words)},
               "ws://localhost:8787/ws");
}

const std::vector<Mistake> kCommands{
    wrong("NoCommand", {}, {"no command"}, "agentroom --help"),
    wrong("UnknownCommand", {"frobnicate"}, {"`frobnicate`", "`setup`", "`demo`"}, "agentroom --help"),
    wrong("MisspeltCommand", {"sned", "a", "b"}, {"`sned`", "did you mean `send`?"}, "agentroom --help"),
    wrong("NoSubcommand", {"invite"}, {"agentroom invite"}, "agentroom invite --help"),
    wrong("MisspeltSubcommand", {"invite", "crate"}, {"`crate`", "did you mean `create`?"}, "agentroom invite --help"),
    wrong("UnknownSubcommandOfPeers", {"peers", "frob"}, {"`frob`", "`rename`", "`remove`"}, "agentroom peers --help"),
    wrong("ControlCharactersInACommand", {"\x1b[2Jx"}, {"`\\x1b[2Jx`"}, "agentroom --help"),
};

const std::vector<Mistake> kOptions{
    wrong("UnknownOption", {"whoami", "--bogus"}, {"`--bogus`"}, "agentroom whoami --help"),
    wrong("MisspeltOption", {"setup", "--forse"}, {"`--forse`", "did you mean `--force`?"}, "agentroom setup --help"),
    wrong("OptionOfAnotherCommand", {"send", "--ttl", "1h", "a", "b"}, {"`--ttl`"}, "--"),
    wrong("TextThatBeginsWithADash", {"send", "alice", "-x"}, {"`-x`"}, "agentroom send PEER -- TEXT"),
    wrong("OptionWithoutItsValue", {"whoami", "--home"}, {"--home"}, "agentroom whoami --help"),
    wrong("PortTooLarge", {"relay", "--port", "99999"}, {"--port", "65535", "99999"}, "agentroom relay --help"),
    wrong("PortNegative", {"relay", "--port", "-1"}, {"--port", "65535"}, "agentroom relay --help"),
    wrong("PortNoNumber", {"relay", "--port", "http"}, {"--port", "http"}, "agentroom relay --help"),
    wrong("PortEmpty", {"relay", "--port", ""}, {"--port"}, "agentroom relay --help"),
    wrong("HostNoName", {"relay", "--host", "not a host"}, {"--host", "\"not a host\""}, "agentroom relay --help"),
    wrong("TtlWithoutUnit", {"invite", "create", "--ttl", "5"}, {"--ttl", "24h", "\"5\""}, "invite create --help"),
    wrong("TtlZero", {"invite", "create", "--ttl", "0s"}, {"--ttl", "\"0s\""}, "invite create --help"),
    wrong("TtlTooLong", {"invite", "create", "--ttl", "8d"}, {"--ttl", "7d"}, "invite create --help"),
    wrong("TtlOverflows", {"invite", "create", "--ttl", "99999999999999999999d"}, {"--ttl"}, "invite create --help"),
    wrong("WaitNegative", {"invite", "accept", "x", "--wait", "-1"}, {"--wait", "86400"}, "invite accept --help"),
    wrong("WaitNoNumber", {"invite", "accept", "x", "--wait", "soon"}, {"--wait", "soon"}, "invite accept --help"),
    wrong("SeedWithoutTo", {"serve", "--on-message", "cat", "--seed", "hi"}, {"--seed", "--to"}, "serve --help"),
    wrong("ToWithoutSeed", {"serve", "--on-message", "cat", "--to", "alice"}, {"--to", "--seed"}, "serve --help"),
    wrong("OnceWithMaxTurns", {"serve", "--on-message", "cat", "--once", "--max-turns", "3"}, {"--once", "--max-turns"},
          "serve --help"),
    wrong("MaxTurnsZero", {"serve", "--on-message", "cat", "--max-turns", "0"}, {"--max-turns", "0"}, "serve --help"),
    wrong("HandlerTimeoutNegative", {"serve", "--on-message", "cat", "--handler-timeout", "-5"}, {"--handler-timeout"},
          "serve --help"),
    wrong("NoHandler", {"serve"}, {"handler"}, "agentroom serve --on-message COMMAND"),
    wrong("EmptyHandler", {"serve", "--on-message", ""}, {"--on-message"}, "agentroom"),
    wrong("LogLevelUnknown", {"peers", "--log-level", "loud"}, {"--log-level", "\"loud\"", "`warn`"},
          "agentroom --help"),
    wrong("LogFormatUnknown", {"peers", "--log-format", "xml"}, {"--log-format", "\"xml\"", "`json`"},
          "agentroom --help"),
    wrong("ShellUnknown", {"completion", "tcsh"}, {"tcsh", "bash", "zsh", "fish"}, "agentroom completion"),
    wrong("HomeEmpty", {"whoami", "--home", ""}, {"--home"}, "--home DIR"),
};

const std::vector<Mistake> kArguments{
    wrong("SendWithoutPeer", {"send"}, {"PEER"}, "agentroom send --help"),
    wrong("SendWithoutText", {"send", "alice"}, {"TEXT"}, "agentroom send --help"),
    wrong("SendWithTwoTexts", {"send", "alice", "is", "it"}, {"`it`"}, "PEER 'is it done?'"),
    wrong("AcceptWithoutUrl", {"invite", "accept"}, {"URL"}, "agentroom invite accept --help"),
    wrong("RevokeWithoutId", {"invite", "revoke"}, {"ID"}, "agentroom invite revoke --help"),
    wrong("RenameWithoutName", {"peers", "rename", "alice"}, {"NAME"}, "agentroom peers rename --help"),
    wrong("VerifyWithoutPeer", {"peers", "verify"}, {"PEER"}, "agentroom peers verify --help"),
    wrong("CompletionWithoutShell", {"completion"}, {"SHELL"}, "agentroom completion --help"),
    wrong("PluginInfoWithoutName", {"plugin", "info"}, {"NAME"}, "agentroom plugin info --help"),
    wrong("PluginCheckWithoutPlugin", {"plugin", "check"}, {"PLUGIN"}, "agentroom plugin check --help"),
    wrong("PluginNewWithoutName", {"plugin", "new", "handler"}, {"NAME"}, "agentroom plugin new --help"),
    wrong("PluginNewOfNoKind", {"plugin", "new", "hander", "x"}, {"`hander`", "`handler`"},
          "agentroom plugin new --help"),
    wrong("PluginNewInNoLanguage", {"plugin", "new", "store", "x", "--lang", "cppp"}, {"`cppp`", "`cpp`"},
          "agentroom plugin new --help"),
    wrong("PluginNewWithAPath", {"plugin", "new", "store", "../x"}, {"`../x`"}, "agentroom plugin new --help"),
    wrong("WhoamiWithAnArgument", {"whoami", "me"}, {"me"}, "agentroom whoami --help"),
    wrong("RelayWithAnArgument", {"relay", "8787"}, {"8787"}, "agentroom relay --help"),
};

const std::vector<Mistake> kServers{
    wrong_server("WithoutScheme", "relay.example.org", "\"relay.example.org\""),
    wrong_server("Http", "http://localhost:8787/ws", "must begin with ws:// or wss://"),
    wrong_server("Https", "https://relay.example.org/ws", "must begin with ws:// or wss://"),
    wrong_server("WithASpace", "ws://local host/ws", "\"ws://local host/ws\""),
    wrong_server("Empty", "", "\"\""),
    wrong_server("WithoutHost", "ws:///ws", "must name a host"),
    wrong_server("TooLong", "ws://" + std::string(3000, 'a') + "/ws", "at most 2048 characters"),
    wrong_server("PortTooLarge", "ws://localhost:99999/ws", "\"99999\""),
    wrong_server("PortZero", "ws://localhost:0/ws", "\"0\""),
    wrong_server("PortNoNumber", "ws://localhost:abc/ws", "\"abc\""),
    wrong_server("BracketOpen", "ws://[::1/ws", "brackets"),
    wrong_server("Fragment", "ws://localhost/ws#here", "#fragment"),
    wrong_server("ControlCharacters", "ws://a\x1b[2J/ws", "\\x1b[2J"),
    {"Password",
     {"invite", "create", "--server", "ws://me:hunter2@localhost/ws"},
     2,
     "usage",
     {"--server must not hold a user name or a password"},
     "ws://",
     {},
     {},
     {},
     {},
     {"hunter2"}},
    {"PasswordOfHttp",
     {"invite", "create", "--server", "https://me:hunter2@localhost/ws"},
     2,
     "usage",
     {"--server must not hold a user name or a password"},
     "ws://",
     {},
     {},
     {},
     {},
     {"hunter2"}},
    {"OfSend", {"send", "--server", "relay", "alice", "hi"}, 2, "usage", {"--server ", "\"relay\""}, "ws://"},
    {"OfAccept",
     {"invite", "accept", "--server", "relay", "agentroom://invite/x"},
     2,
     "usage",
     {"--server ", "\"relay\""},
     "ws://"},
    {"OfTheEnvironment",
     {"invite", "create"},
     2,
     "usage",
     {"AGENTROOM_SERVER", "\"relay\""},
     "ws://",
     {},
     {{"AGENTROOM_SERVER", "relay"}}},
    {"OtherScheme", {"invite", "create", "--server", "ftp://localhost/ws"}, 2, "usage", {"ftp://localhost/ws"}, "ws"},
};

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Commands, WrongCommandLine, testing::ValuesIn(kCommands), name_of);
INSTANTIATE_TEST_SUITE_P(Options, WrongCommandLine, testing::ValuesIn(kOptions), name_of);
INSTANTIATE_TEST_SUITE_P(Arguments, WrongCommandLine, testing::ValuesIn(kArguments), name_of);
INSTANTIATE_TEST_SUITE_P(Servers, WrongCommandLine, testing::ValuesIn(kServers), name_of);

}  // namespace
}  // namespace agentroom::e2e
