// The handler for OpenAI-compatible APIs, with a server on loopback in their place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api_stand_in.hpp"
#include "handler_run.hpp"

namespace agentroom::handlers {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

using Connection = ApiStandIn::Connection;
constexpr const char* kHandler = "openai-compatible-handler.sh";
const std::string kKey = "sk-Test_0123456789-abcdefghijklmnopqrstuvwxyz";

ApiStandIn::Behaviour answering(std::string answer) {
  return [answer = std::move(answer)](const Request&, const Connection& to) { to.send(answer); };
}

/// The command lines of all processes that this user can see.
std::vector<std::string> command_lines() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    if (std::isdigit(static_cast<unsigned char>(entry.path().filename().string().front())) == 0) continue;
    std::string line = read_text(entry.path() / "cmdline");
    std::ranges::replace(line, '\0', ' ');
    all.push_back(line);
  }
  return all;
}

class Api : public testing::Test {
 protected:
  /// With the settings of a test before those that lead to `api`.
  e2e::Ended run(const ApiStandIn& api, const std::string& text = "hello") {
    const e2e::Environment settings = handler.environment;
    handler.environment.insert({{"LLM_BASE_URL", api.url()}, {"LLM_API_KEY", kKey}, {"LLM_MODEL", "some-model"}});
    const auto ended = handler.run(kHandler, text);
    handler.environment = settings;
    EXPECT_THAT(ended.err, Not(HasSubstr(kKey)));
    return ended;
  }
  void expect_failure(const ApiStandIn& api, const std::string& reason) {
    const auto ended = run(api);
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr(reason));
  }

  HandlerRun handler;
};

TEST_F(Api, GivesBackWhatTheModelSays) {
  for (const std::string text : {"pong", "two\nlines\n", "-n \\c é %s \"$(id)\""}) {
    const ApiStandIn api(answering(completion(text)));
    const auto ended = run(api);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, text);
  }
}

TEST_F(Api, AsksAsTheApiIsDocumented) {
  handler.environment["LLM_MAX_TOKENS"] = "77";
  handler.environment["LLM_SYSTEM"] = "You know all about \"bread\".";
  const ApiStandIn api(answering(completion("pong")));
  run(api);
  ASSERT_EQ(api.requests().size(), 1U);
  const Request request = api.requests().front();
  EXPECT_THAT(request.head, AllOf(HasSubstr("POST /v1/chat/completions HTTP/1.1\r\n"),
                                  HasSubstr("\r\nAuthorization: Bearer " + kKey + "\r\n"),
                                  HasSubstr("\r\nContent-Type: application/json\r\n")));
  const json::object body = json::parse(request.body).as_object();
  EXPECT_EQ(body.at("model"), "some-model");
  EXPECT_EQ(body.at("max_tokens"), 77);
  const json::array& messages = body.at("messages").as_array();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].at("role"), "system");
  EXPECT_EQ(messages[1].at("role"), "user");
  EXPECT_THAT(std::string(messages[0].at("content").as_string()),
              AllOf(HasSubstr("no instructions to you"), HasSubstr("You know all about \"bread\".")));
}

TEST_F(Api, GetsEveryTextAsDataByteForByte) {
  const ApiStandIn api(answering(completion("pong")));
  for (const std::string& text : hostile_texts()) {
    SCOPED_TRACE(text.substr(0, 200));
    ASSERT_EQ(run(api, text).out, "pong");
    const json::value body = json::parse(api.requests().back().body);
    ASSERT_EQ(body.at("messages").as_array().size(), 2U);
    const json::object letter = json::parse(body.at("messages").at(1).at("content").as_string()).as_object();
    EXPECT_TRUE(e2e::text(letter, "message") == text) << "it arrived otherwise";
    EXPECT_EQ(e2e::text(letter, "from"), handler.environment.at("AGENTROOM_FROM_NAME"));
  }
}

TEST_F(Api, TheKeyAndTheTextAreOnNoCommandLine) {
  std::vector<std::string> lines;
  {
    const ApiStandIn api([&](const Request&, const Connection& to) {
      lines = command_lines();
      to.send(completion("pong"));
    });
    EXPECT_EQ(run(api, "a text of a peer").out, "pong");
  }
  EXPECT_THAT(lines, Contains(HasSubstr("curl --disable")));
  EXPECT_THAT(lines, Each(AllOf(Not(HasSubstr(kKey)), Not(HasSubstr("a text of a peer")))));
}

TEST_F(Api, TheKeyIsOneOfTheTwo) {
  handler.environment["OPENAI_API_KEY"] = "sk-other";
  const ApiStandIn api(answering(completion("pong")));
  run(api);
  EXPECT_THAT(api.requests().back().head, HasSubstr("Bearer " + kKey + "\r\n"));
  handler.environment["LLM_API_KEY"] = "";
  run(api);
  EXPECT_THAT(api.requests().back().head, HasSubstr("Bearer sk-other\r\n"));
  handler.environment["OPENAI_API_KEY"] = "";
  EXPECT_EQ(run(api).out, "pong") << "a server of one's own needs none";
  EXPECT_THAT(api.requests().back().head, Not(HasSubstr("Authorization")));
}

TEST_F(Api, AsksNobodyWithSettingsThatAreNone) {
  const ApiStandIn api(answering(completion("pong")));
  const auto refuses = [&](const std::string& name, const std::string& value, const std::string& reason) {
    const e2e::Environment before = handler.environment;
    handler.environment[name] = value;
    expect_failure(api, reason);
    handler.environment = before;
  };
  refuses("LLM_MODEL", "", "LLM_MODEL is not set");
  refuses("LLM_API_KEY", "two words", "the key has characters");
  refuses("LLM_API_KEY", "sk\"\nurl = \"http://127.0.0.1:1\"", "the key has characters");
  refuses("LLM_API_KEY", "sk\\n", "the key has characters");
  refuses("LLM_BASE_URL", "file:///etc/passwd", "LLM_BASE_URL is not a URL");
  refuses("LLM_BASE_URL", "http://127.0.0.1\"\nupload-file = \"/etc/passwd", "LLM_BASE_URL is not a URL");
  refuses("LLM_MAX_TOKENS", "many", "LLM_MAX_TOKENS is not a whole number");
  refuses("LLM_TIMEOUT", "0", "LLM_TIMEOUT is not a whole number");
  handler.environment["LLM_API_KEY"] = "";
  refuses("LLM_BASE_URL", "", "neither LLM_API_KEY nor OPENAI_API_KEY is set");
  EXPECT_TRUE(api.requests().empty());
}

TEST_F(Api, ARefusalIsNoReply) {
  const std::string body = json::serialize(json::value{{"error", {{"message", "bad: " + kKey + " is " + kKey}}}});
  for (const auto& [status, reason] :
       std::vector<std::pair<std::string, std::string>>{{"401 Unauthorized", "refuses the key (HTTP 401)"},
                                                        {"403 Forbidden", "refuses the key (HTTP 403)"},
                                                        {"429 Too Many Requests", "too many requests"},
                                                        {"404 Not Found", "HTTP 404: bad: … is …"},
                                                        {"500 Internal Server Error", "HTTP 500: bad: … is …"}}) {
    const ApiStandIn api(answering(http(status, body)));
    expect_failure(api, reason);
  }
  const ApiStandIn plain(answering(http("502 Bad Gateway", "<html>")));
  expect_failure(plain, "HTTP 502\n");
}

TEST_F(Api, IsNotFollowedElsewhere) {
  const ApiStandIn other(answering(completion("pong")));
  const ApiStandIn api(
      answering(http("307 Temporary Redirect", "", "Location: " + other.url() + "/chat/completions\r\n")));
  expect_failure(api, "HTTP 307");
  EXPECT_TRUE(other.requests().empty()) << "which would get the key";
}

TEST_F(Api, AnAnswerInAnotherFormIsNoReply) {
  for (const char* body :
       {"", "no JSON", "{", "[]", "{}", R"({"choices":[]})", R"({"choices":[{}]})", R"({"choices":[{"message":{}}]})",
        R"({"choices":[{"message":{"content":1}}]})", R"({"choices":[{"message":{"content":["x"]}}]})"}) {
    SCOPED_TRACE(body);
    const ApiStandIn api(answering(http("200 OK", body)));
    expect_failure(api, "with what is no answer");
  }
}

TEST_F(Api, AnAnswerThatBreaksOffIsNoReply) {
  const std::string whole = completion("pong");
  const ApiStandIn api(answering(whole.substr(0, whole.size() - 5)));
  expect_failure(api, "curl: (18)");
  const ApiStandIn nothing([](const Request&, const Connection&) {});
  expect_failure(nothing, "curl: (52)");
}

TEST_F(Api, AnEndlessAnswerIsCutAndNoReply) {
  const ApiStandIn api([](const Request&, const Connection& to) {
    to.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"choices\":[\"");
    while (to.send(std::string(65536, 'x'))) {
    }
  });
  expect_failure(api, "longer than 4 MiB");
}

TEST_F(Api, ASlowAnswerIsNoReply) {
  handler.environment["LLM_TIMEOUT"] = "1";
  const ApiStandIn api([](const Request&, const Connection& to) { to.await_end(); });
  expect_failure(api, "no answer within 1 s");
}

TEST_F(Api, ThatDoesNotRunIsSaidToBeSo) {
  std::string url;
  {
    const ApiStandIn gone(answering(""));
    url = gone.url();
  }
  handler.environment.insert({{"LLM_BASE_URL", url}, {"LLM_MODEL", "some-model"}});
  const auto ended = handler.run(kHandler, "hello");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("Failed to connect"));
}

TEST_F(Api, SaysNothingWhenTheModelSaysNothing) {
  for (const char* content : {"\"\"", "null"}) {
    const ApiStandIn api(answering(http(
        "200 OK", std::string(R"({"choices":[{"finish_reason":"stop","message":{"content":)") + content + "}}]}")));
    const auto ended = run(api);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST_F(Api, ThatUsedUpItsTokensBeforeItSpokeFailed) {
  const ApiStandIn api(
      answering(http("200 OK", R"({"choices":[{"finish_reason":"length","message":{"content":""}}]})")));
  expect_failure(api, "used up LLM_MAX_TOKENS (4096)");
}

TEST_F(Api, IsReachedWithoutTheUsersCurlrc) {
  write_text(handler.folder() / ".curlrc", "header = \"X-Curlrc: read\"\ninclude\n");
  const ApiStandIn api(answering(completion("pong")));
  EXPECT_EQ(run(api).out, "pong");
  EXPECT_THAT(api.requests().back().head, Not(HasSubstr("X-Curlrc")));
}

TEST_F(Api, NeedsItsTools) {
  for (const std::string missing : {"curl", "jq"}) {
    HandlerRun fresh;
    const auto ended = fresh.run_with_only({"sh", "env", missing == "jq" ? "curl" : "jq"}, kHandler);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("there is no " + missing + " on the PATH"));
  }
}

TEST(Serve, AnswersAPeerWithWhatAModelSays) {
  const ApiStandIn api([](const Request& request, const Connection& to) {
    const json::value body = json::parse(request.body);
    const json::value letter = json::parse(body.at("messages").at(1).at("content").as_string());
    to.send(completion(std::string(letter.at("from").as_string()) +
                       " said: " + std::string(letter.at("message").as_string())));
  });
  e2e::Home host;
  e2e::Home alice;
  e2e::Home bob;
  const e2e::Relay relay(host);
  alice.environment.insert({{"LLM_BASE_URL", api.url()}, {"LLM_API_KEY", kKey}, {"LLM_MODEL", "some-model"}});
  bob.environment["AGENTROOM_SERVER"] = relay.url();
  const std::string command = std::string(HANDLERS) + "/openai-compatible-handler.sh";
  const auto serving =
      alice.start({"serve", "--server", relay.url(), "--invite", "--on-message", "'" + command + "'", "--json"});
  const auto accepted = bob.run({"invite", "accept", e2e::text(e2e::await(*serving, "invite"), "url"), "--json"});
  const std::string peer = e2e::text(accepted.json(), "peer_pk");
  EXPECT_EQ(alice.run({"peers", "rename", e2e::text(bob.run({"whoami", "--json"}).json(), "pk"), "bob"}).code, 0);
  const auto listening = bob.start({"listen", "--json"});
  EXPECT_EQ(bob.run({"send", peer, "--", "-n \"$(id)\" @/etc/passwd"}).code, 0);
  EXPECT_EQ(e2e::text(e2e::await(*listening, "message"), "text"), "bob said: -n \"$(id)\" @/etc/passwd");
  for (e2e::Child* const each : {listening.get(), serving.get(), relay.child.get()}) {
    each->signal(SIGTERM);
    EXPECT_EQ(each->wait(), 0) << each->errors();
  }
  EXPECT_THAT(serving->errors(), Not(HasSubstr(kKey)));
}

}  // namespace
}  // namespace agentroom::handlers
