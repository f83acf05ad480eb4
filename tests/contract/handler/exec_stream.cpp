// mode = "stream": one command that answers message after message.
#include <sys/wait.h>

#include <future>

#include "exec_fixture.hpp"

namespace agentroom::conformance {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

/// A shell that has the members of each line in variables: $id, $text.
const std::string kEachLine =
    "while read -r line; do id=${line#*'\"id\":'}; id=${id%%,*}; text=${line##*'\"text\":\"'}; text=${text%'\"}'}; ";

class HandlerExecStream : public ExecFact {
 protected:
  HandlerUnderTest& stream(const std::string& shell, const std::string& more = "") {
    return open("mode = \"stream\"\ncommand = '''" + shell + "'''\n" + more);
  }
  HandlerUnderTest& each_line(const std::string& shell, const std::string& more = "") {
    return stream(kEachLine + shell + "; done", more);
  }
  Answer say(const std::string& text) {
    Message message;
    message.text = text;
    return handler_->handle(message);
  }
};

TEST_F(HandlerExecStream, OneCommandAnswersAllMessages) {
  each_line(R"(n=$((n+1)); printf '{"id":%s,"reply":"%s %s of %s"}\n' "$id" "$text" "$n" $$)");
  const Answer first = say("one");
  ASSERT_TRUE(first.is_reply()) << first.describe();
  EXPECT_THAT(first.text, HasSubstr("one 1 of "));
  const Answer second = say("two");
  EXPECT_EQ(second.text, "two 2" + first.text.substr(5)) << "the same process";
}

TEST_F(HandlerExecStream, TheMessageIsOneObjectOnALine) {
  stream(R"(read -r line; printf '%s' "$line" | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/{"id":1,"reply":"/; s/$/"}/'; echo)");
  const Answer answer = say("a \"quoted\"\nline");
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  for (const char* part :
       {"\"id\":1,", "\"from\":\"mZq1b7L2", "\"from_name\":\"planner\"", "\"pk\":\"Aq2Sw3De",
        "\"msg_id\":\"0190b8e2-4c1a-7e6b", "\"conversation_id\":\"0190b8e2-4c1a-7000", "\"attempt\":1", "\"hops\":0",
        "\"sent_at\":1700000000000", R"("text":"a \"quoted\"\nline")"}) {
    EXPECT_THAT(answer.text, HasSubstr(part));
  }
}

TEST_F(HandlerExecStream, NothingToSayAndAnErrorAreAnswersToo) {
  each_line(R"(case $text in
    null) echo "{\"id\":$id,\"reply\":null}";; empty) echo "{\"id\":$id,\"reply\":\"\"}";; bare) echo "{\"id\":$id}";;
    *) echo "{\"id\":$id,\"error\":\"no model\"}";; esac)");
  EXPECT_TRUE(say("null").is_none());
  EXPECT_TRUE(say("empty").is_none());
  EXPECT_TRUE(say("bare").is_none());
  const Answer failed = say("fail");
  EXPECT_EQ(failed.reason(), AR_ABORTED) << failed.describe();
  EXPECT_THAT(failed.error.message, HasSubstr("no model"));
  EXPECT_TRUE(say("null").is_none()) << "the command runs on";
}

TEST_F(HandlerExecStream, MessagesMayBeAnsweredInAnyOrder) {
  stream(
      R"(read -r a; read -r b; for line in "$b" "$a"; do id=${line#*'"id":'}; id=${id%%,*};
         t=${line##*'"text":"'}; echo "{\"id\":$id,\"reply\":\"${t%'"}'}\"}"; done; cat >/dev/null)");
  auto first = std::async(std::launch::async, [&] { return say("first"); });
  auto second = std::async(std::launch::async, [&] { return say("second"); });
  EXPECT_EQ(first.get().text, "first");
  EXPECT_EQ(second.get().text, "second");
}

TEST_F(HandlerExecStream, ACommandThatEndsIsStartedAgainByTheNextMessage) {
  each_line(R"(case $text in die) exit 7;; *) echo "{\"id\":$id,\"reply\":\"$$\"}";; esac)");
  const Answer before = say("x");
  const Answer died = say("die");
  EXPECT_EQ(died.reason(), AR_ABORTED) << died.describe();
  EXPECT_THAT(died.error.message, HasSubstr("exit code 7"));
  const Answer after = say("x");
  ASSERT_TRUE(after.is_reply()) << after.describe();
  EXPECT_NE(after.text, before.text);
}

TEST_F(HandlerExecStream, AnAnswerCountsThoughTheCommandEndsRightBehindIt) {
  each_line(R"(echo "{\"id\":$id,\"reply\":\"last words\"}"; exit 1)");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(say("x").text, "last words");
}

TEST_F(HandlerExecStream, ASignalsDeathIsAnErrorWithItsLastWords) {
  each_line("echo 'out of luck' >&2; kill -SEGV $$; sleep 10");
  const Answer answer = say("x");
  EXPECT_EQ(answer.reason(), AR_ABORTED);
  EXPECT_THAT(answer.error.message, HasSubstr("SIGSEGV"));
  EXPECT_THAT(answer.error.message, HasSubstr("out of luck"));
}

TEST_F(HandlerExecStream, WhatIsNoAnswerEndsTheCommand) {
  for (const char* line : {"hello", "[1]", "{}", R"({"id":"1","reply":"x"})", R"({"id":1,"reply":7})",
                           R"({"id":1,"error":7})", R"({"id":-1})", R"({"id":1.5})", R"({"id":1} {"id":1})"}) {
    each_line("printf '%s\\n' '" + std::string(line) + "'; sleep 1000");
    const Answer answer = say("x");
    EXPECT_EQ(answer.reason(), AR_INVALID) << line << ": " << answer.describe();
  }
  each_line(R"(printf '{"id":1,"reply":"\377"}\n'; sleep 1000)");
  EXPECT_EQ(say("x").reason(), AR_INVALID);
}

TEST_F(HandlerExecStream, AnswersThatNobodyWaitsForAreIgnored) {
  each_line(R"(echo '{"id":999,"reply":"x"}'; echo; echo "{\"id\":$id,\"reply\":\"mine\"}")");
  EXPECT_EQ(say("x").text, "mine");
  EXPECT_EQ(say("x").text, "mine");
}

TEST_F(HandlerExecStream, ALineWithoutEndIsBounded) {
  each_line("yes | tr -d '\\n'");
  EXPECT_EQ(say("x").reason(), AR_TOO_LARGE);
}

TEST_F(HandlerExecStream, AReplyIsBoundedAndTheCommandRunsOn) {
  each_line(R"(case $text in long) r=123456789;; *) r=ok;; esac; echo "{\"id\":$id,\"reply\":\"$r\"}")",
            "max_output = \"8B\"");
  EXPECT_EQ(say("long").reason(), AR_TOO_LARGE);
  EXPECT_EQ(say("x").text, "ok");
}

TEST_F(HandlerExecStream, TheLongestTextGoesThereAndBack) {
  stream(R"(perl -pe 'BEGIN { $| = 1 } s/"text":/"reply":/')");
  const std::string longest(131'072, 'x');
  EXPECT_EQ(say(longest).text, longest);
}

TEST_F(HandlerExecStream, ALineMayComeInPieces) {
  each_line(R"(printf '{"id":%s,' "$id"; sleep 0.05; printf '"reply":"\303'; sleep 0.05; printf '\251"}\n{"id"'
               sleep 0.05; printf ':999}\n')");
  EXPECT_EQ(say("x").text, "\xc3\xa9");
  EXPECT_EQ(say("x").text, "\xc3\xa9");
}

TEST_F(HandlerExecStream, ALineWithoutItsEndTimesOut) {
  each_line(R"(printf '{"id":%s,"reply":"x"}' "$id"; sleep 1000)", "timeout = \"300ms\"");
  EXPECT_EQ(say("x").reason(), AR_TIMEOUT);
}

TEST_F(HandlerExecStream, ALongestTextThatJsonMakesSixTimesAsLongGoesThereAndBack) {
  // Each of these bytes is \u0001 on the line: 768 KiB each way.
  const std::string longest(131'072, '\x01');
  stream(R"(perl -pe 'BEGIN { $| = 1 } s/"text":/"reply":/')");
  EXPECT_TRUE(say(longest).text == longest);
}

TEST_F(HandlerExecStream, TellsWhichAttemptItIs) {
  stream(R"(read -r line; a=${line#*'"attempt":'}; echo "{\"id\":1,\"reply\":\"${a%%,*}\"}")");
  Message message;
  message.attempt = 3;
  EXPECT_EQ(handler_->handle(message).text, "3");
}

TEST_F(HandlerExecStream, AFloodOfAnswersThatNobodyWaitsForHoldsNothingUp) {
  each_line(R"(yes '{"id":999,"reply":"x"}' | head -n 200000; echo "{\"id\":$id,\"reply\":\"mine\"}")");
  EXPECT_EQ(say("x").text, "mine");
}

TEST_F(HandlerExecStream, ACommandThatNeverReadsTimesOut) {
  stream("sleep 1000", "timeout = \"300ms\"");
  EXPECT_EQ(say(std::string(131'072, 'x')).reason(), AR_TIMEOUT);
}

TEST_F(HandlerExecStream, ATimeoutEndsTheCommandAndFailsWhatElseItHad) {
  each_line("trap '' TERM; echo $$ >&2; sleep 1000", "timeout = \"1500ms\"");
  const auto began = steady_clock::now();
  auto other = std::async(std::launch::async, [&] { return say("other"); });
  const Answer answer = say("x");
  const Answer others = other.get();
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(12));
  EXPECT_TRUE(answer.reason() == AR_TIMEOUT || others.reason() == AR_TIMEOUT);
  EXPECT_TRUE(answer.is_failure());
  EXPECT_TRUE(others.is_failure());
  // The other one may have waited for a second command, which had no time to say anything.
  std::size_t commands = 0;
  for (const char* const told : {answer.error.message, others.error.message}) {
    const std::string message = told;
    const std::string last = message.substr(message.rfind(' ') + 1);
    if (last.find_first_not_of("0123456789") != std::string::npos) continue;
    ++commands;
    EXPECT_TRUE(ends_soon(std::stoi(last))) << message;
  }
  EXPECT_GE(commands, 1U) << answer.error.message << " and " << others.error.message;
}

TEST_F(HandlerExecStream, CancellingOneMessageLeavesTheCommandToTheOthers) {
  each_line(R"(case $text in slow) ;; *) echo "{\"id\":$id,\"reply\":\"$$\"}";; esac)");
  const Answer before = say("x");
  CancelFlag cancel;
  auto call = std::async(std::launch::async, [&] {
    Message message;
    message.text = "slow";
    return handler_->handle(message, cancel);
  });
  EXPECT_EQ(say("x").text, before.text);
  cancel.cancel();
  EXPECT_TRUE(call.get().is_cancelled());
  EXPECT_EQ(say("x").text, before.text);
}

TEST_F(HandlerExecStream, ACommandThatDoesNotStartIsToldEachTime) {
  open("mode = \"stream\"\ncommand = [\"/no/such/program\"]");
  for (int i = 0; i < 3; ++i) {
    const Answer answer = say("x");
    EXPECT_EQ(answer.reason(), AR_IO) << answer.describe();
    EXPECT_THAT(answer.error.message, HasSubstr("/no/such/program"));
  }
}

TEST_F(HandlerExecStream, ACommandThatClosesItsOutputIsEnded) {
  each_line("echo $$ >&2; exec >&-; sleep 1000");
  const Answer answer = say("x");
  EXPECT_EQ(answer.reason(), AR_ABORTED);
  EXPECT_THAT(answer.error.message, HasSubstr("closed its output"));
}

TEST_F(HandlerExecStream, LeavesNoProcessBehind) {
  each_line(R"(sleep 1000 & echo "{\"id\":$id,\"reply\":\"$!\"}")");
  const Answer answer = say("x");
  ASSERT_TRUE(answer.is_reply()) << answer.describe();
  handler_.reset();
  EXPECT_TRUE(ends_soon(std::stoi(answer.text)));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace agentroom::conformance
