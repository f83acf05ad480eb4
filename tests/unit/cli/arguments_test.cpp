#include "arguments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agentroom::cli {
namespace {

using testing::HasSubstr;

Invocation parsed(std::vector<std::string> arguments) {
  auto invocation = parse_arguments(std::move(arguments));
  if (invocation) return *invocation;
  ADD_FAILURE() << (invocation.error().error ? invocation.error().error->message : "help");
  return {};
}

template <class T>
T command(std::vector<std::string> arguments) {
  const auto invocation = parsed(std::move(arguments));
  const T* found = std::get_if<T>(&invocation.command);
  EXPECT_NE(found, nullptr) << "another command: " << invocation.command.index();
  return found != nullptr ? *found : T{};
}

Error refused(std::vector<std::string> arguments) {
  auto invocation = parse_arguments(std::move(arguments));
  if (!invocation && invocation.error().error) return *invocation.error().error;
  ADD_FAILURE() << "was taken";
  return {};
}

std::string help(std::vector<std::string> arguments) {
  auto invocation = parse_arguments(std::move(arguments));
  return invocation ? "" : invocation.error().help;
}

const std::vector<std::string> kTricky{"listen", "send",    "relay",   "invite", "version", "-",     "++",   "",
                                       "{}",     "[a,b]",   "%%",      "-5",     "'a'",     "\"a\"", "a\nb", "$(id)",
                                       "--- a",  " --json", "\x1b[2J", "a=b=c",  "@file",   "/v",    "~",    "\\"};

TEST(Send, TakesATextThatIsTheNameOfACommandOrLooksSpecial) {
  for (const std::string& text : kTricky) EXPECT_EQ(command<SendCommand>({"send", "alice", text}).text, text);
}

TEST(Send, TakesAnyTextAfterADoubleDash) {
  auto texts = kTricky;
  for (const char* more : {"--", "--json", "--help", "-h", "-q", "--config=x", "--home", "-hello", "--no-such"})
    texts.push_back(more);
  for (const std::string& text : texts) {
    const auto invocation = parsed({"send", "alice", "--", text});
    EXPECT_EQ(std::get<SendCommand>(invocation.command).text, text);
    EXPECT_FALSE(invocation.globals.json) << text;
    EXPECT_FALSE(invocation.globals.config) << text;
  }
}

TEST(Send, TakesAPeerThatIsTheNameOfACommand) {
  EXPECT_EQ(command<SendCommand>({"send", "listen", "serve"}).peer, "listen");
  EXPECT_EQ(command<SendCommand>({"send", "--", "-peer", "-text"}).peer, "-peer");
}

TEST(Send, NeverDropsATextThatBeginsWithADash) {
  for (const char* text : {"-hello", "--hello", "-x"}) {
    const Error error = refused({"send", "alice", text});
    EXPECT_EQ(exit_code(error.code), 2);
    EXPECT_THAT(error.hint, HasSubstr("--"));
  }
}

TEST(Send, NeedsBothArgumentsAndNoThird) {
  EXPECT_THAT(refused({"send"}).message, HasSubstr("PEER"));
  EXPECT_THAT(refused({"send", "alice"}).message, HasSubstr("TEXT"));
  EXPECT_THAT(refused({"send", "alice", "--config=x"}).message, HasSubstr("TEXT")) << "an option is no text";
  EXPECT_THAT(refused({"send", "alice", "a", "b"}).message, HasSubstr("does not expect `b`"));
  EXPECT_THAT(refused({"send", "alice", "--", "a", "b"}).message, HasSubstr("does not expect `b`"));
  EXPECT_THAT(refused({"send", "alice", "--"}).message, HasSubstr("TEXT"));
}

TEST(GlobalOptions, StandBeforeOrAfterEveryCommand) {
  const std::vector<std::vector<std::string>> commands{{"setup"},
                                                       {"whoami"},
                                                       {"relay"},
                                                       {"invite", "create"},
                                                       {"invite", "accept", "x"},
                                                       {"invite", "list"},
                                                       {"send", "a", "b"},
                                                       {"listen"},
                                                       {"serve"},
                                                       {"peers"},
                                                       {"peers", "remove", "a"},
                                                       {"peers", "verify", "a"},
                                                       {"plugin", "list"},
                                                       {"plugin", "info", "a"},
                                                       {"config", "check"},
                                                       {"config", "show"},
                                                       {"demo"},
                                                       {"completion", "bash"},
                                                       {"version"}};
  const std::vector<std::string> options{
      "--config",    "c",     "--home",       "h",    "--server", "s", "--trust-relay", "--json",
      "--log-level", "debug", "--log-format", "json", "-q"};
  const auto check = [](const Invocation& invocation, const std::string& name) {
    const GlobalOptions& g = invocation.globals;
    EXPECT_EQ(g.config, "c") << name;
    EXPECT_EQ(g.home, "h") << name;
    EXPECT_EQ(g.server, "s") << name;
    EXPECT_EQ(g.log_level, "debug") << name;
    EXPECT_EQ(g.log_format, "json") << name;
    EXPECT_TRUE(g.trust_relay && g.json && g.quiet) << name;
  };
  for (const auto& words : commands) {
    auto after = words;
    after.insert(after.end(), options.begin(), options.end());
    check(parsed(after), words.back() + " after");
    auto before = options;
    before.insert(before.end(), words.begin(), words.end());
    check(parsed(before), words.back() + " before");
  }
}

TEST(GlobalOptions, TheLastOneCounts) {
  EXPECT_EQ(parsed({"--server", "a", "listen", "--server", "b"}).globals.server, "b");
  EXPECT_EQ(parsed({"listen", "--server", "a", "--server=b"}).globals.server, "b");
}

TEST(GlobalOptions, AreValuesEvenWhenTheyLookLikeCommands) {
  EXPECT_EQ(parsed({"--home", "listen", "whoami"}).globals.home, "listen");
  EXPECT_EQ(parsed({"whoami", "--config=serve"}).globals.config, "serve");
}

TEST(Relay, TakesHostAndPort) {
  const auto relay = command<RelayCommand>({"relay", "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(relay.host, "0.0.0.0");
  EXPECT_EQ(relay.port, 0);
  for (const char* port : {"65536", "-1", "abc", "", "80x", "8e1"}) {
    EXPECT_EQ(exit_code(refused({"relay", "--port", port}).code), 2) << port;
  }
}

TEST(Room, TakesTheOptionsOfServeAndOfRelay) {
  for (const auto& name : {std::vector<std::string>{"room", "open"}, {"host"}}) {
    std::vector<std::string> words = name;
    words.insert(words.end(), {"--on-message", "cat", "--host", "::1", "--port", "0", "--no-tunnel", "--detach",
                               "--once", "--seed", "-hi", "--to", "stop", "--handler-timeout", "5", "--invite"});
    const auto room = command<RoomOpenCommand>(words);
    EXPECT_EQ(room.serve.on_message, "cat");
    EXPECT_EQ(room.serve.max_turns, 1U);
    EXPECT_EQ(room.serve.seed, "-hi");
    EXPECT_EQ(room.serve.to, "stop");
    EXPECT_EQ(room.serve.handler_timeout_s, 5);
    EXPECT_FALSE(room.serve.invite) << "a room prints one when it knows its URL";
    EXPECT_EQ(room.host, "::1");
    EXPECT_EQ(room.port, 0);
    EXPECT_TRUE(room.no_tunnel);
    EXPECT_TRUE(room.detach);
  }
  EXPECT_FALSE(command<RoomOpenCommand>({"room", "open"}).no_tunnel);
}

TEST(Room, IsStoppedByItsPortOrWithAllOthers) {
  EXPECT_EQ(command<RoomStopCommand>({"room", "stop", "--port", "8787"}).port, 8787);
  EXPECT_TRUE(command<RoomStopCommand>({"room", "stop", "--all"}).all);
  EXPECT_EQ(exit_code(refused({"room", "stop", "--all", "--port", "1"}).code), 2);
  EXPECT_EQ(exit_code(refused({"room"}).code), 2);
}

TEST(Doctor, TakesAHandlerToTry) {
  const auto doctor = command<DoctorCommand>({"doctor", "--room", "--no-tunnel", "--on-message", "cat"});
  EXPECT_TRUE(doctor.room);
  EXPECT_TRUE(doctor.no_tunnel);
  EXPECT_EQ(doctor.on_message, "cat");
}

TEST(Invite, TakesALifetimeWithAUnit) {
  EXPECT_EQ(command<InviteCreateCommand>({"invite", "create", "--ttl", "2h"}).ttl_ms, 7'200'000);
  EXPECT_FALSE(command<InviteCreateCommand>({"invite", "create"}).ttl_ms);
  for (const char* ttl : {"24", "0s", "-1h", "x"})
    EXPECT_THAT(refused({"invite", "create", "--ttl", ttl}).message, HasSubstr("--ttl"));
}

TEST(Invite, WaitsTenSecondsUnlessTold) {
  EXPECT_EQ(command<InviteAcceptCommand>({"invite", "accept", "agentroom://invite/x"}).wait_s, 10);
  EXPECT_EQ(command<InviteAcceptCommand>({"invite", "accept", "x", "--wait", "0"}).wait_s, 0);
  EXPECT_EQ(exit_code(refused({"invite", "accept", "x", "--wait", "-1"}).code), 2);
  EXPECT_EQ(exit_code(refused({"invite", "accept"}).code), 2);
}

TEST(Serve, TakesAllItsOptions) {
  const auto serve = command<ServeCommand>({"serve", "--on-message", "m=$(cat); echo \"$m\"", "--invite", "--seed",
                                            "-hi", "--to", "listen", "--max-turns", "3", "--handler-timeout", "0"});
  EXPECT_EQ(serve.on_message, "m=$(cat); echo \"$m\"");
  EXPECT_TRUE(serve.invite);
  EXPECT_EQ(serve.seed, "-hi");
  EXPECT_EQ(serve.to, "listen");
  EXPECT_EQ(serve.max_turns, 3U);
  EXPECT_EQ(serve.handler_timeout_s, 0);
  EXPECT_EQ(command<ServeCommand>({"serve", "--once"}).max_turns, 1U);
}

TEST(Serve, RefusesWhatContradictsItself) {
  EXPECT_THAT(refused({"serve", "--once", "--max-turns", "2"}).message, HasSubstr("excludes"));
  EXPECT_THAT(refused({"serve", "--seed", "hi"}).message, HasSubstr("--to"));
  EXPECT_THAT(refused({"serve", "--to", "alice"}).message, HasSubstr("--seed"));
  EXPECT_EQ(exit_code(refused({"serve", "--max-turns", "0"}).code), 2);
  EXPECT_EQ(exit_code(refused({"serve", "--handler-timeout", "-1"}).code), 2);
}

TEST(Completion, KnowsThreeShells) {
  for (const std::string& shell : shells()) {
    EXPECT_EQ(command<CompletionCommand>({"completion", shell}).shell, shell);
  }
  EXPECT_THAT(refused({"completion", "fsh"}).message, HasSubstr("did you mean"));
  EXPECT_THAT(refused({"completion", "powershell"}).message, HasSubstr("`bash`, `zsh` and `fish`"));
  EXPECT_THAT(refused({"completion"}).message, HasSubstr("SHELL"));
}

TEST(Commands, ThatAreMisspeltNameTheNearest) {
  EXPECT_THAT(refused({"sned", "a", "b"}).message, HasSubstr("did you mean `send`?"));
  EXPECT_THAT(refused({"invite", "creat"}).message, HasSubstr("did you mean `create`?"));
  EXPECT_THAT(refused({"listen", "--jsn"}).message, HasSubstr("`--jsn`"));
}

TEST(Commands, ThatAreMissingAreWrongUsage) {
  for (const auto& words : std::vector<std::vector<std::string>>{{}, {"invite"}, {"plugin"}, {"config"}, {"--json"}}) {
    EXPECT_EQ(exit_code(refused(words).code), 2);
  }
}

TEST(Commands, TellThatJsonWasAskedForEvenWhenTheyAreWrong) {
  EXPECT_TRUE(parse_arguments({"--json", "nonsense"}).error().json);
  EXPECT_TRUE(parse_arguments({"send", "--json"}).error().json);
  EXPECT_FALSE(parse_arguments({"send", "--", "--json"}).error().json);
}

const std::vector<std::vector<std::string>> kAllCommands{{},
                                                         {"setup"},
                                                         {"whoami"},
                                                         {"relay"},
                                                         {"invite"},
                                                         {"invite", "create"},
                                                         {"invite", "accept"},
                                                         {"invite", "list"},
                                                         {"invite", "revoke"},
                                                         {"send"},
                                                         {"listen"},
                                                         {"serve"},
                                                         {"peers"},
                                                         {"peers", "rename"},
                                                         {"peers", "remove"},
                                                         {"peers", "verify"},
                                                         {"plugin"},
                                                         {"plugin", "list"},
                                                         {"plugin", "info"},
                                                         {"config"},
                                                         {"config", "check"},
                                                         {"config", "show"},
                                                         {"demo"},
                                                         {"completion"},
                                                         {"version"}};

TEST(Help, IsThereForEveryCommandWithAnExample) {
  for (auto words : kAllCommands) {
    for (const char* flag : {"--help", "-h"}) {
      auto asked = words;
      asked.emplace_back(flag);
      const std::string text = help(asked);
      EXPECT_THAT(text, HasSubstr("Example:\n  ")) << (words.empty() ? "agentroom" : words.back());
      std::string usage = "Usage: agentroom";
      for (const auto& word : words) usage += " " + word;
      EXPECT_THAT(text, HasSubstr(usage));
    }
  }
}

TEST(Help, FitsATerminalOfEightyColumns) {
  for (auto words : kAllCommands) {
    words.emplace_back("--help");
    std::istringstream lines(help(words));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

}  // namespace
}  // namespace agentroom::cli
