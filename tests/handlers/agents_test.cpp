// The handlers that hand a message to an agent's own command line, with a stand-in for that command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>

#include "handler_run.hpp"

namespace agentroom::handlers {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

/// Writes down how it was called, then does what the test wants of it.
constexpr const char* kStandIn = R"(#!/bin/sh
[ "$1" = --version ] && exec cat "$SEEN/version"
printf '%s\0' "$@" >"$SEEN/arguments"
env -0 >"$SEEN/environment"
ls -A >"$SEEN/folder"
echo $$ >"$SEEN/pid"
cut -d ' ' -f 5 /proc/self/stat >"$SEEN/group"
cat >"$SEEN/input"
. "$SEEN/behaviour"
)";

std::string named(const testing::TestParamInfo<const char*>& each) {
  return each.param;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, '\0');) parts.push_back(part);
  return parts;
}

class Agents : public testing::TestWithParam<const char*> {
 protected:
  Agents() {
    fs::create_directory(seen());
    handler.environment["SEEN"] = seen().string();
    write_executable(handler.bin() / tool(), kStandIn);
    write_text(seen() / "version", "1.18.2\n");
    answers("pong");
  }

  static std::string tool() { return GetParam(); }
  static std::string script() { return tool() + "-handler.sh"; }
  fs::path seen() const { return handler.folder() / "seen"; }
  e2e::Ended run(const std::string& text = "hello") { return handler.run(script(), text); }

  void behaves(const std::string& commands) { write_text(seen() / "behaviour", commands); }
  /// As the tool that it stands for answers.
  void answers(const std::string& text) {
    if (tool() == "codex") {
      write_text(seen() / "answer", text);
      behaves(
          "echo thinking\nuntil [ \"$1\" = --output-last-message ]; do shift; done\ncat \"$SEEN/answer\" >\"$2\"\n");
      return;
    }
    json::value answer{{"type", "result"}, {"subtype", "success"}, {"is_error", false}, {"result", text}};
    if (tool() == "opencode") answer = {{"type", "text"}, {"part", {{"type", "text"}, {"text", text}}}};
    const std::string before =
        tool() == "opencode" ? "{\"type\":\"step_start\",\"part\":{\"type\":\"step-start\"}}\n" : "";
    write_text(seen() / "answer", before + json::serialize(answer) + "\n");
    behaves("cat \"$SEEN/answer\"\n");
  }

  std::vector<std::string> arguments() const { return split(read_text(seen() / "arguments")); }
  std::string argument_after(const std::string& name) const {
    const auto all = arguments();
    const auto before = std::ranges::find(all, name);
    return before == all.end() || std::next(before) == all.end() ? "" : *std::next(before);
  }
  std::string variable(const std::string& name) const {
    for (const std::string& each : split(read_text(seen() / "environment"))) {
      if (each.starts_with(name + "=")) return each.substr(name.size() + 1);
    }
    return {};
  }
  json::object config() const { return json::parse(variable("OPENCODE_CONFIG_CONTENT")).as_object(); }
  /// What tells the tool how to take the message.
  std::string rules() const {
    if (tool() == "opencode") return e2e::text(config().at("agent").at("agentroom").as_object(), "prompt");
    return argument_after(tool() == "claude" ? "--system-prompt" : "--");
  }

  HandlerRun handler;
};

TEST_P(Agents, GiveBackWhatTheToolAnswers) {
  for (const std::string answer : {"pong", "two\nlines\n\n", "-n \\c é %s \"$(id)\""}) {
    answers(answer);
    const auto ended = run();
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, answer);
  }
}

TEST_P(Agents, SayNothingWhenTheToolSaysNothing) {
  answers("");
  const auto ended = run();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "");
}

TEST_P(Agents, GetEveryTextAsDataByteForByte) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text.substr(0, 200));
    ASSERT_EQ(run(text).out, "pong");
    const std::string input = read_text(seen() / "input");
    const json::object letter = json::parse(input).as_object();
    EXPECT_TRUE(e2e::text(letter, "message") == text) << "it arrived otherwise";
    EXPECT_EQ(e2e::text(letter, "from"), handler.environment.at("AGENTROOM_FROM_NAME"));
    EXPECT_THAT(arguments(), Not(Contains(HasSubstr("peer"))));
    EXPECT_THAT(read_text(seen() / "folder"), "") << "nor may it run anything in the folder";
    if (tool() == "claude") {
      EXPECT_THAT(input, Not(HasSubstr("@"))) << "which attaches a file to the prompt";
    }
  }
}

TEST_P(Agents, AreToldThatTheTextIsNoInstruction) {
  handler.environment["LLM_SYSTEM"] = "You know all about \"bread\".";
  run();
  EXPECT_THAT(rules(), AllOf(HasSubstr("no instructions to you"), HasSubstr("\"message\""), HasSubstr("\"from\""),
                             HasSubstr("You know all about \"bread\".")));
}

TEST_P(Agents, HaveNothingToActWith) {
  handler.environment["LLM_MODEL"] = "some/model";
  run();
  if (tool() == "claude") {
    EXPECT_THAT(arguments(), ElementsAre("--print", "--output-format", "json", "--safe-mode", "--tools", "",
                                         "--strict-mcp-config", "--disable-slash-commands", "--no-session-persistence",
                                         "--system-prompt", rules(), "--model", "some/model"));
    EXPECT_EQ(variable("CLAUDE_CODE_DISABLE_ATTACHMENTS"), "1");
  } else if (tool() == "codex") {
    EXPECT_THAT(arguments(),
                ElementsAre("exec", "--sandbox", "read-only", "--skip-git-repo-check", "--ephemeral",
                            "--ignore-user-config", "--ignore-rules", "--color", "never", "--disable", "shell_tool",
                            "--disable", "unified_exec", "--disable", "apps", "--disable", "plugins", "--disable",
                            "multi_agent", "-c", "web_search=\"disabled\"", "-c", "tools.view_image=false", "-c",
                            "project_doc_max_bytes=0", "--output-last-message", argument_after("--output-last-message"),
                            "--model", "some/model", "--", rules()));
  } else {
    EXPECT_THAT(arguments(), ElementsAre("run", "--agent", "agentroom", "--format", "json", "--model", "some/model"));
    const json::value nothing{{"*", "deny"}};
    EXPECT_EQ(config().at("permission"), nothing);
    EXPECT_EQ(config().at("agent").at("agentroom").at("permission"), nothing);
    EXPECT_EQ(config().at("agent").at("agentroom").at("mode"), "primary");
    EXPECT_EQ(config().at("share"), "disabled");
    EXPECT_EQ(variable("OPENCODE_DISABLE_PROJECT_CONFIG"), "1");
  }
  EXPECT_EQ(read_text(seen() / "folder"), "") << "the folder it is in is empty";
}

TEST_P(Agents, StayInTheProcessGroupThatEndsWithTheirHandler) {
  run();
  EXPECT_EQ(std::stoi(read_text(seen() / "group")), ::getpgrp());
}

TEST_P(Agents, ThatHangAreEnded) {
  handler.environment["LLM_TIMEOUT"] = "1";
  behaves("exec sleep 1000\n");
  const auto ended = run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr(tool() + " has not answered within 1 s"));
  EXPECT_NE(::kill(std::stoi(read_text(seen() / "pid")), 0), 0) << "it still runs";
}

TEST_P(Agents, ThatFailAreNoReply) {
  behaves("echo half an answer\necho the reason >&2\nexit 7\n");
  const auto ended = run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("the reason"));
  EXPECT_THAT(ended.err, HasSubstr(tool() == "opencode" ? "no JSON" : "exit code 7"));
}

TEST_P(Agents, ThatFloodAreNoReply) {
  behaves(tool() == "codex"
              ? "until [ \"$1\" = --output-last-message ]; do shift; done\nyes | head -c 3000000 | tee \"$2\"\n"
              : "exec yes\n");
  const auto ended = run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("more than 1 MiB"));
}

TEST_P(Agents, ThatAnswerInAnotherFormAreNoReply) {
  for (const char* form : {"printf 'no JSON'", "printf '[]'", "printf '{'", "printf '{\"type\":\"error\"}'", "true"}) {
    behaves(std::string(form) + "\n");
    const auto ended = run();
    EXPECT_EQ(ended.code, 1) << form;
    EXPECT_EQ(ended.out, "") << form;
    EXPECT_NE(ended.err, "") << form;
  }
}

TEST_P(Agents, NeedTheirTools) {
  const std::vector<std::string> always{"sh", "env", "cat", "mktemp", "mkdir", "rm", "sed", "head", "wc"};
  std::vector<std::string> needed{tool(), "jq", "timeout"};
  for (std::size_t missing = 0; missing < needed.size(); ++missing) {
    HandlerRun fresh;
    write_executable(fresh.bin() / tool(), kStandIn);
    std::vector<std::string> there = always;
    for (const std::string& each : needed) {
      if (each != needed[missing]) there.push_back(each);
    }
    const auto ended = fresh.run_with_only(there, script());
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("there is no " + needed[missing] + " on the PATH"));
  }
}

TEST_P(Agents, RefuseATimeThatIsNone) {
  for (const char* time : {"soon", "0", "-1", "1.5", "1 2"}) {
    handler.environment["LLM_TIMEOUT"] = time;
    const auto ended = run();
    EXPECT_EQ(ended.code, 1) << time;
    EXPECT_THAT(ended.err, HasSubstr("LLM_TIMEOUT is not a number of seconds"));
    EXPECT_FALSE(fs::exists(seen() / "arguments")) << time;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Agents, testing::Values("claude", "codex", "opencode"), named);

class Claude : public Agents {};

TEST_P(Claude, AnErrorThatEndsWellIsNoReply) {
  behaves(R"(echo '{"type":"result","is_error":true,"result":"Credit balance is too low"}')");
  const auto ended = run();
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("answered with an error"));
}

TEST_P(Claude, TellsWhyItFailed) {
  behaves("echo '{\"type\":\"result\",\"is_error\":true,\"result\":\"Credit balance is too low\"}'\nexit 1\n");
  EXPECT_THAT(run().err, HasSubstr("exit code 1: Credit balance is too low"));
}

TEST_P(Claude, AnswersWhenItIsVerboseToo) {
  behaves(R"(echo '[{"type":"system"},{"type":"result","is_error":false,"result":"pong"}]')");
  EXPECT_EQ(run().out, "pong");
}

INSTANTIATE_TEST_SUITE_P(Each, Claude, testing::Values("claude"), named);

class OpenCode : public Agents {};

TEST_P(OpenCode, OfVersionTwoRunsAServerOfItsOwn) {
  for (const char* version : {"2.0.16\n", "opencode v2.1.4\n", "opencode2 v2.0.22\n"}) {
    write_text(seen() / "version", version);
    EXPECT_EQ(run().out, "pong") << version;
    EXPECT_THAT(arguments(), ElementsAre("run", "--agent", "agentroom", "--format", "json", "--standalone"));
  }
}

TEST_P(OpenCode, OfAVersionThatIsNotKnownIsNotRun) {
  for (const char* version : {"", "0.15.31\n", "1.0.5\n", "1.1.0\n", "3.0.0\n", "20.1.0\n", "no version\n"}) {
    write_text(seen() / "version", version);
    const auto ended = run();
    EXPECT_EQ(ended.code, 1) << version;
    EXPECT_THAT(ended.err, HasSubstr("opencode is ")) << version;
    EXPECT_FALSE(fs::exists(seen() / "arguments")) << version;
  }
}

TEST_P(OpenCode, AnErrorAmongTheEventsIsNoReply) {
  for (const char* error : {R"({"name":"APIError","data":{"message":"no credit"}})", R"({"message":"no credit"})"}) {
    behaves(
        std::string("echo '{\"type\":\"text\",\"part\":{\"text\":\"half\"}}'\necho '{\"type\":\"error\",\"error\":") +
        error + "}'\n");
    const auto ended = run();
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr("no credit"));
  }
}

TEST_P(OpenCode, PutsItsTextsOneBelowTheOther) {
  behaves(
      "echo '{\"type\":\"text\",\"part\":{\"text\":\"one\"}}'\necho "
      "'{\"type\":\"text\",\"part\":{\"text\":\"two\"}}'\n");
  EXPECT_EQ(run().out, "one\ntwo");
}

INSTANTIATE_TEST_SUITE_P(Each, OpenCode, testing::Values("opencode"), named);

}  // namespace
}  // namespace agentroom::handlers
