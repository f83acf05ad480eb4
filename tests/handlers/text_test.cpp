// The handlers of examples/handlers that hand a text on as it is: to a command line of one's own, and to a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "handler_run.hpp"

namespace agentroom::handlers {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream in(read_text(file));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class AnyAgent : public testing::Test {
 protected:
  AnyAgent() {
    handler.environment["SEEN"] = handler.folder().string();
    handler.environment["AGENT"] = "any-agent --print";
    write_executable(handler.bin() / "any-agent",
                     "#!/bin/sh\nls -A >\"$SEEN/inside\"\necho \"$*\" >\"$SEEN/arguments\"\n"
                     "cat >\"$SEEN/input\"\nprintf pong\n");
  }

  HandlerRun handler;
};

TEST_F(AnyAgent, GetsEveryTextAsOneStringBelowTheRulesForIt) {
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text.substr(0, 200));
    const auto ended = handler.run("agent.sh", text);
    ASSERT_EQ(ended.out, "pong") << ended.err;
    const auto input = lines_of(handler.folder() / "input");
    ASSERT_GE(input.size(), 3U);
    const json::object letter = json::parse(input.back()).as_object();
    EXPECT_TRUE(e2e::text(letter, "message") == text) << "it arrived otherwise";
    EXPECT_EQ(e2e::text(letter, "from"), handler.environment.at("AGENTROOM_FROM_NAME"));
    EXPECT_THAT(input, Each(Not(HasSubstr("@")))) << "which attaches a file to the prompt";
    EXPECT_THAT(std::vector(input.begin(), input.end() - 1), Each(Not(HasSubstr("peer"))));
    EXPECT_THAT(read_text(handler.folder() / "input"), HasSubstr("no instructions to you"));
    EXPECT_EQ(read_text(handler.folder() / "arguments"), "--print\n");
    EXPECT_EQ(read_text(handler.folder() / "inside"), "") << "the folder it is in is empty";
  }
}

TEST_F(AnyAgent, ThatFailsIsNoReply) {
  handler.environment["AGENT"] = "false";
  EXPECT_EQ(handler.run("agent.sh", "hello").code, 1);
  handler.environment.erase("AGENT");
  EXPECT_THAT(handler.run("agent.sh", "hello").err, HasSubstr("AGENT"));
}

TEST_F(AnyAgent, NeedsJq) {
  const auto ended = handler.run_with_only({"sh", "env", "any-agent"}, "agent.sh");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("there is no jq on the PATH"));
}

class MessageLog : public testing::Test {
 protected:
  MessageLog() { handler.environment["AGENTROOM_LOG_FILE"] = log().string(); }
  fs::path log() const { return handler.folder() / "messages.log"; }

  HandlerRun handler;
};

TEST_F(MessageLog, HasOneLineOfAsciiForEachMessage) {
  std::size_t number = 0;
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text.substr(0, 200));
    const auto ended = handler.run("log.sh", text);
    ASSERT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, "");
    const auto lines = lines_of(log());
    ASSERT_EQ(lines.size(), ++number);
    for (const char c : lines.back()) ASSERT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
    const json::object entry = json::parse(lines.back()).as_object();
    EXPECT_TRUE(e2e::text(entry, "text") == text) << "it arrived otherwise";
    EXPECT_EQ(e2e::text(entry, "from"), handler.environment.at("AGENTROOM_FROM"));
    EXPECT_EQ(e2e::text(entry, "from_name"), handler.environment.at("AGENTROOM_FROM_NAME"));
    EXPECT_EQ(e2e::text(entry, "msg_id"), "0190");
  }
}

TEST_F(MessageLog, IsReadByItsOwnerAlone) {
  ASSERT_EQ(handler.run("log.sh", "hello").code, 0);
  EXPECT_EQ(fs::status(log()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(MessageLog, KeepsMessagesThatComeAtTheSameTimeApart) {
  write_text(handler.folder() / "text", hostile_texts().back());
  e2e::Environment environment = handler.environment;
  environment["LOG_SH"] = HANDLERS "/log.sh";
  e2e::Child all("/bin/sh", {"-c", "for each in 1 2 3 4 5 6 7 8; do \"$LOG_SH\" <text & done; wait"}, environment,
                 handler.folder() / "errors", handler.folder());
  EXPECT_EQ(all.wait(), 0) << all.errors();
  const auto lines = lines_of(log());
  ASSERT_EQ(lines.size(), 8U);
  for (const std::string& line : lines) EXPECT_TRUE(line == lines.front());
  EXPECT_EQ(e2e::text(json::parse(lines.front()).as_object(), "text").size(), hostile_texts().back().size());
}

TEST_F(MessageLog, ThatCannotBeWrittenIsAFailure) {
  handler.environment["AGENTROOM_LOG_FILE"] = "/dev/full";
  EXPECT_NE(handler.run("log.sh", "hello").code, 0);
  handler.environment["AGENTROOM_LOG_FILE"] = (handler.folder() / "none/messages.log").string();
  EXPECT_NE(handler.run("log.sh", "hello").code, 0);
}

}  // namespace
}  // namespace agentroom::handlers
