// What a command's output, end and environment mean.
#include <sys/wait.h>

#include "exec_fixture.hpp"

namespace agentroom::conformance {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

using HandlerExec = ExecFact;

TEST_F(HandlerExec, DropsOneTrailingNewlineFromTheReply) {
  EXPECT_EQ(run("echo hi").text, "hi");
  EXPECT_EQ(run("printf 'hi\\n\\n'").text, "hi\n");
  EXPECT_EQ(run("printf 'hi'").text, "hi");
}

TEST_F(HandlerExec, HasNothingToSayWhenOnlyANewlineIsLeft) {
  EXPECT_TRUE(run("true").is_none());
  EXPECT_TRUE(run("echo").is_none());
}

TEST_F(HandlerExec, TellsTheExitCodeAndTheEndOfStandardError) {
  const Answer answer = run("echo something to say; echo first >&2; echo 'the reason' >&2; exit 3");
  ASSERT_TRUE(answer.is_failure()) << answer.describe();
  EXPECT_THAT(answer.error.message, AllOf(HasSubstr("exit code 3"), EndsWith("the reason")));
}

TEST_F(HandlerExec, QuotesOnlyTheEndOfALongStandardError) {
  const Answer answer = run("yes filler | head -c 3000000 >&2; printf 'last words\\377' >&2; exit 9");
  ASSERT_TRUE(answer.is_failure()) << answer.describe();
  EXPECT_THAT(answer.error.message, AllOf(HasSubstr("exit code 9"), EndsWith("last words?")));
}

TEST_F(HandlerExec, SaysThatTheShellDidNotFindTheProgram) {
  const Answer answer = run("no-such-program-anywhere");
  EXPECT_THAT(answer.error.message, HasSubstr("exit code 127"));
  EXPECT_STRNE(answer.error.hint, "");
}

TEST_F(HandlerExec, NamesTheSignalThatEndedTheCommand) {
  const Answer answer = run("kill -SEGV $$");
  ASSERT_TRUE(answer.is_failure());
  EXPECT_THAT(answer.error.message, HasSubstr("SIGSEGV"));
}

TEST_F(HandlerExec, RefusesOutputThatIsNoText) {
  for (const char* bytes : {"\\377", "ok \\300\\257", "\\355\\240\\200", "cut \\342\\202"}) {
    const Answer answer = run(std::string("printf '") + bytes + "'");
    ASSERT_TRUE(answer.is_failure()) << bytes;
    EXPECT_THAT(answer.error.message, HasSubstr("UTF-8"));
  }
}

TEST_F(HandlerExec, TakesCharactersThatLieAcrossTheChunksInWhichTheyCome) {
  // Of two, three and four bytes, behind one byte: some of them cross every boundary there is.
  std::string text = "x";
  while (text.size() < 131'000) text += "\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x91\x8b";
  EXPECT_EQ(run("cat", text).text, text);
  EXPECT_EQ(run("printf '\\303'; sleep 0.1; printf '\\251'").text, "\xc3\xa9");
}

TEST_F(HandlerExec, TakesAReplyOfTheLongestTextAndItsNewline) {
  const Answer answer = run("head -c 131072 /dev/zero | tr '\\0' x; echo");
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_EQ(answer.text.size(), 131'072U);
}

TEST_F(HandlerExec, RefusesAReplyOverTheLimit) {
  const Answer over = run("head -c 131073 /dev/zero | tr '\\0' x");
  EXPECT_EQ(over.reason(), AR_TOO_LARGE) << over.describe();
  const Answer configured = run("printf 123456", "hello", "max_output = \"5B\"");
  EXPECT_EQ(configured.reason(), AR_TOO_LARGE);
  EXPECT_THAT(configured.error.message, HasSubstr("more than 5 bytes"));
  EXPECT_TRUE(run("printf 12345", "hello", "max_output = \"5B\"").is_reply());
}

TEST_F(HandlerExec, TellsTheCommandWhatIsKnownOfTheMessage) {
  Message message;
  message.attempt = 3;
  const Answer answer = open(
                            "command = '''echo \"$AGENTROOM_FROM|$AGENTROOM_PK|$AGENTROOM_FROM_NAME|"
                            "$AGENTROOM_MSG_ID|$AGENTROOM_ATTEMPT\"'''")
                            .handle(message);
  EXPECT_EQ(answer.text, message.from + "|" + message.self + "|planner|" + message.msg_id + "|3");
}

TEST_F(HandlerExec, CleansTheNameOfThePeer) {
  Message message;
  message.from_name = std::string("a\nb\0c\x1b[2Jd\xc3\xa9", 12);
  EXPECT_EQ(open("command = '''printf %s \"$AGENTROOM_FROM_NAME\"'''").handle(message).text, "abc[2Jd\xc3\xa9");
}

TEST_F(HandlerExec, NeverPutsTheMessageOnACommandLine) {
  const Answer answer =
      run("cat >/dev/null; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$$/environ", "the-words-of-the-peer");
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_THAT(answer.text, AllOf(HasSubstr("/bin/sh"), Not(HasSubstr("the-words-of-the-peer"))));
}

TEST_F(HandlerExec, KeepsTheSecretOfARelayFromTheCommand) {
  for (const char* name : {"HMAC_SECRET", "OLD_HMAC_SECRET"}) {
    ::setenv(name, "0123456789abcdef0123456789abcdef", 1);
    EXPECT_EQ(run("echo \"${" + std::string(name) + "-unset}\"").text, "unset");
    ::unsetenv(name);
  }
}

TEST_F(HandlerExec, HandsOnTheEnvironmentAndWhatIsConfigured) {
  ::setenv("EXEC_TEST_INHERITED", "one", 1);
  ::setenv("EXEC_TEST_REPLACED", "two", 1);
  ::setenv("EXEC_TEST_TOKEN", "three", 1);
  const Answer answer = run("echo \"$EXEC_TEST_INHERITED $EXEC_TEST_REPLACED $EXEC_TEST_TOKEN $EXEC_TEST_ADDED\"",
                            "hello", R"(env = ["EXEC_TEST_REPLACED=other", "EXEC_TEST_ADDED=a=b"])");
  EXPECT_EQ(answer.text, "one other three a=b");
}

TEST_F(HandlerExec, AnArrayMeetsNoShell) {
  Message message;
  EXPECT_EQ(open(R"(command = ["printf", "%s", "$HOME; exit 3"])").handle(message).text, "$HOME; exit 3");
}

TEST_F(HandlerExec, SaysWhichProgramDoesNotStart) {
  const Answer missing = open(R"(command = ["/no/such/program"])").handle(Message());
  ASSERT_TRUE(missing.is_failure());
  EXPECT_THAT(missing.error.message, HasSubstr("/no/such/program"));
  EXPECT_STRNE(missing.error.hint, "");
  const Answer folder = open(R"(command = ["/"])").handle(Message());
  ASSERT_TRUE(folder.is_failure());
  EXPECT_THAT(open("command = \"true\"\ncwd = \"/no/such/folder\"").handle(Message()).error.message,
              HasSubstr("/no/such/folder"));
}

TEST_F(HandlerExec, RunsInTheConfiguredFolder) {
  EXPECT_EQ(run("pwd", "", "cwd = \"/usr\"").text, "/usr");
}

TEST_F(HandlerExec, NamesTheKeyOfAWrongConfiguration) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "command"},
      {"command = 3", "command"},
      {"command = \"\"", "command"},
      {"command = []", "command"},
      {"command = [\"a\", 3]", "command"},
      {"command = \"a\\u0000b\"", "command"},
      {"command = \"true\"\ntimeout = 120", "timeout"},
      {"command = \"true\"\ntimeout = \"120\"", "timeout"},
      {"command = \"true\"\ntimeout = \"-1s\"", "timeout"},
      {"command = \"true\"\ntimeout = \"\"", "timeout"},
      {"command = \"true\"\ntimeout = \"1 s\"", "timeout"},
      {"command = \"true\"\ntimeout = \"99999999999999999999s\"", "timeout"},
      {"command = \"true\"\ntimeout = \"9223372036854775807h\"", "timeout"},
      {"command = \"true\"\nmax_output = \"1MiB\"", "max_output"},
      {"command = \"true\"\nmax_output = \"0B\"", "max_output"},
      {"command = \"true\"\nmax_output = \"129KiB\"", "max_output"},
      {"command = \"true\"\nmode = \"other\"", "mode"},
      {"command = \"true\"\ncwd = 1", "cwd"},
      {"command = \"true\"\nenv = \"A=b\"", "env"},
      {"command = \"true\"\nenv = [\"novalue\"]", "env"},
      {"command = \"true\"\nenv = [\"=x\"]", "env"},
      {"command = \"true\"\ncomand = \"x\"", "comand"},
  };
  for (const auto& [config, key] : wrong) {
    const Error error = refusal(config);
    EXPECT_EQ(error.status, AR_INVALID) << config;
    EXPECT_THAT(error.message, HasSubstr(key)) << config;
  }
}

TEST_F(HandlerExec, TakesDurationsAndSizesWithTheirUnits) {
  for (const char* timeout : {"0", "0s", "500ms", "120s", "2m", "1h", "7d"}) {
    EXPECT_EQ(run("echo ok", "", std::string("timeout = \"") + timeout + "\"").text, "ok") << timeout;
  }
  EXPECT_EQ(run("echo ok", "", "max_output = \"128KiB\"\nmode = \"spawn\"").text, "ok");
}

}  // namespace
}  // namespace agentroom::conformance
