// examples/plugins/handler-openai as it was built outside the tree, with a server on loopback in the place of an API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <future>

#include "api_stand_in.hpp"
#include "handler_under_test.hpp"
#include "hostile_texts.hpp"

namespace agentroom::handlers {
namespace {

namespace json = boost::json;
using conformance::Answer;
using conformance::CancelFlag;
using conformance::HandlerUnderTest;
using conformance::Message;
using conformance::PluginUnderTest;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Connection = ApiStandIn::Connection;
const std::string kKey = "sk-Test_0123456789-abcdefghijklmnopqrstuvwxyz";
constexpr const char* kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";

std::string event(const json::value& value) {
  return "data: " + json::serialize(value) + "\n\n";
}
std::string piece(std::string_view text) {
  return event({{"choices", json::array{{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", nullptr}}}}});
}
std::string stop(const char* reason = "stop") {
  return event({{"choices", json::array{{{"index", 0}, {"delta", json::object()}, {"finish_reason", reason}}}}}) +
         event({{"choices", json::array()}, {"usage", {{"total_tokens", 7}}}}) + "data: [DONE]\n\n";
}
std::string stream(std::string_view text) {
  return kStreamHead + piece(text) + stop();
}

ApiStandIn::Behaviour answering(std::string answer) {
  return [answer = std::move(answer)](const Request&, const Connection& to) { to.send(answer); };
}
/// One after another; the last one from then on.
ApiStandIn::Behaviour answering_in_turn(std::vector<std::string> answers) {
  return [answers = std::move(answers), next = std::size_t{0}](const Request&, const Connection& to) mutable {
    to.send(answers[next]);
    if (next + 1 < answers.size()) ++next;
  };
}

json::array messages_of(const Request& request) {
  return json::parse(request.body).at("messages").as_array();
}
std::string content(const json::value& message) {
  return std::string(message.at("content").as_string());
}
/// What a peer said, out of what the model was given.
std::string said(const json::value& message) {
  return std::string(json::parse(content(message)).at("message").as_string());
}

Message from(char peer, std::string text) {
  Message message = conformance::text(std::move(text));
  message.from[0] = peer;
  return message;
}

class OpenAi : public testing::Test {
 protected:
  OpenAi() : plugin_(OPENAI_PLUGIN) {}

  HandlerUnderTest& open(const ApiStandIn& api, const std::string& more = {}) {
    handler_.emplace(plugin_, config(api.url(), more));
    return *handler_;
  }
  static std::string config(const std::string& url, const std::string& more) {
    return "model = \"some-model\"\nbase_url = \"" + url + "\"\napi_key = \"" + kKey + "\"\nbackoff = \"1ms\"\n" + more;
  }
  void expect_no_secret(const Answer& answer) const {
    EXPECT_THAT(std::string(answer.error.message) + answer.error.hint + answer.text, Not(HasSubstr(kKey)));
    EXPECT_THAT(plugin_.host().log_text(), Not(HasSubstr(kKey)));
  }
  void expect_failure(const ApiStandIn& api, ar_status status, const std::string& reason, std::size_t requests) {
    const std::size_t before = api.requests().size();
    const Answer answer = open(api, "retries = 2\n").handle(conformance::text("hello"));
    EXPECT_TRUE(answer.is_failure()) << answer.describe();
    EXPECT_EQ(answer.reason(), status) << answer.describe();
    EXPECT_THAT(answer.error.message, HasSubstr(reason));
    EXPECT_EQ(api.requests().size() - before, requests);
    expect_no_secret(answer);
  }

  mutable PluginUnderTest plugin_;
  std::optional<HandlerUnderTest> handler_;
};

TEST_F(OpenAi, PutsAnAnswerTogetherFromItsPieces) {
  const std::string text = "one é \"two\"\n\xF0\x9F\xA6\x8A three";
  std::string all = std::string(": a comment\r\nevent: x\rdata: {\"choices\":\r\ndata: []}\n\n");
  for (const char* part : {"one é \"t", "wo\"\n\xF0\x9F\xA6\x8A", " three"}) all += piece(part);
  const ApiStandIn api([&](const Request&, const Connection& to) {
    to.send(kStreamHead);
    for (const char byte : all + stop()) to.send(std::string_view(&byte, 1));
  });
  const Answer answer = open(api).handle(conformance::text("hello"));
  EXPECT_TRUE(answer.is_reply()) << answer.describe();
  EXPECT_EQ(answer.text, text);
  expect_no_secret(answer);
}

TEST_F(OpenAi, TakesAnAnswerThatDoesNotStream) {
  const ApiStandIn api(answering(completion("pong")));
  EXPECT_EQ(open(api).handle(conformance::text("hello")).text, "pong");
}

TEST_F(OpenAi, AsksAsTheApiIsDocumented) {
  const ApiStandIn api(answering(stream("pong")));
  EXPECT_EQ(open(api, "max_tokens = 77\nsystem = \"You know \\\"bread\\\".\"\n").handle(conformance::text("hi")).text,
            "pong");
  ASSERT_EQ(api.requests().size(), 1U);
  const Request request = api.requests().front();
  EXPECT_THAT(request.head, AllOf(HasSubstr("POST /v1/chat/completions HTTP/1.1\r\n"),
                                  HasSubstr("\r\nAuthorization: Bearer " + kKey + "\r\n"),
                                  HasSubstr("\r\nContent-Type: application/json\r\n")));
  const json::object body = json::parse(request.body).as_object();
  EXPECT_EQ(body.at("model"), "some-model");
  EXPECT_EQ(body.at("stream"), true);
  EXPECT_EQ(body.at("max_tokens"), 77);
  const json::array messages = messages_of(request);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].at("role"), "system");
  EXPECT_EQ(messages[1].at("role"), "user");
  EXPECT_THAT(content(messages[0]), AllOf(HasSubstr("no instructions to you"), HasSubstr("You know \"bread\".")));
}

TEST_F(OpenAi, GetsEveryTextAsDataInJson) {
  const ApiStandIn api(answering(stream("pong")));
  open(api, "history = 0\nturns = 1000\n");
  for (const std::string& text : conformance::hostile_texts()) {
    SCOPED_TRACE(testing::PrintToString(text));
    Message message = conformance::text(text);
    message.from_name = text;
    ASSERT_EQ(handler_->handle(message).text, "pong");
    const Request request = api.requests().back();
    const json::array messages = messages_of(request);
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(said(messages[1]), text);
    EXPECT_EQ(std::string(json::parse(content(messages[1])).at("from").as_string()), text);
    std::string head = request.head;
    head.replace(head.find("Content-Length: "), head.size(), "");
    EXPECT_EQ(head, api.requests().front().head.substr(0, head.size())) << "a text is in no header";
  }
}

TEST_F(OpenAi, TriesAgainWhenTheApiHasHadTooManyRequests) {
  const ApiStandIn api(answering_in_turn(
      {http("429 Too Many Requests", "{}"), http("503 Service Unavailable", "<html>"), stream("pong")}));
  const Answer answer = open(api).handle(conformance::text("hello"));
  EXPECT_EQ(answer.text, "pong") << answer.describe();
  EXPECT_EQ(api.requests().size(), 3U);
  EXPECT_EQ(api.requests()[0].body, api.requests()[2].body);
  EXPECT_EQ(plugin_.host().metric("openai_retries"), 2);
  expect_no_secret(answer);
}

TEST_F(OpenAi, WaitsAsLongAsTheApiAsks) {
  const ApiStandIn api(answering_in_turn({http("429 Too Many Requests", "{}", "Retry-After: 1\r\n"), stream("pong")}));
  const auto began = steady_clock::now();
  EXPECT_EQ(open(api).handle(conformance::text("hello")).text, "pong");
  EXPECT_GE(steady_clock::now() - began, std::chrono::seconds(1));
}

TEST_F(OpenAi, DoesNotWaitLongerThanItsMessageMayTake) {
  const ApiStandIn api(answering(http("429 Too Many Requests", "{}", "Retry-After: 3600\r\n")));
  expect_failure(api, AR_NETWORK, "too many requests", 1);
}

TEST_F(OpenAi, TriesAgainWhenAnAnswerBreaksOff) {
  const std::string begun = kStreamHead + piece("half of an ans");
  const std::string whole = completion("pong");
  const ApiStandIn api(answering_in_turn({begun, "", whole.substr(0, whole.size() - 5), stream("pong")}));
  const Answer answer = open(api).handle(conformance::text("hello"));
  EXPECT_EQ(answer.text, "pong") << answer.describe();
  EXPECT_EQ(api.requests().size(), 4U);
}

TEST_F(OpenAi, GivesUpAfterItsRetries) {
  expect_failure(ApiStandIn(answering(http("500 Internal Server Error", R"({"error":{"message":"out of order"}})"))),
                 AR_NETWORK, "HTTP 500): out of order", 3);
  expect_failure(ApiStandIn(answering(kStreamHead + piece("half"))), AR_NETWORK, "broke off", 3);
  expect_failure(ApiStandIn(answering("")), AR_NETWORK, "cannot be reached", 3);
}

TEST_F(OpenAi, DoesNotTryAgainWhatStaysSo) {
  const std::string repeats = json::serialize(json::value{{"error", {{"message", "bad: " + kKey}}}});
  expect_failure(ApiStandIn(answering(http("401 Unauthorized", repeats))), AR_PERMISSION, "refuses the key", 1);
  expect_failure(ApiStandIn(answering(http("400 Bad Request", repeats))), AR_NETWORK, "(HTTP 400)", 1);
  expect_failure(ApiStandIn(answering(http("429 Too Many Requests", R"({"error":{"code":"insufficient_quota"}})"))),
                 AR_NETWORK, "no credit", 1);
  expect_failure(ApiStandIn(answering(kStreamHead + event({{"error", {{"message", kKey}}}}))), AR_NETWORK,
                 "reported an error", 1);
  for (const char* wrong : {"data: [1]\n\n", "data: no JSON\n\n", "data: {\"choices\":1}\n\n", "data: {}\n\n"}) {
    expect_failure(ApiStandIn(answering(std::string(kStreamHead) + wrong)), AR_NETWORK, "what is no answer", 1);
  }
  expect_failure(ApiStandIn(answering(kStreamHead + stop("length"))), AR_TOO_LARGE, "used up max_tokens", 1);
  expect_failure(ApiStandIn(answering(stream(std::string(131'073, 'x')))), AR_NETWORK, "longer than a message", 1);
}

TEST_F(OpenAi, AnEndlessAnswerIsCut) {
  for (const std::string& begin : {std::string(kStreamHead) + "data: \"", std::string("HTTP/1.1 200 OK\r\n\r\n{\"")}) {
    expect_failure(ApiStandIn([&](const Request&, const Connection& to) {
                     to.send(begin);
                     while (to.send(std::string(65'536, 'x'))) {
                     }
                   }),
                   AR_NETWORK, "too long", 1);
  }
}

TEST_F(OpenAi, IsNotFollowedElsewhere) {
  const ApiStandIn other(answering(stream("pong")));
  expect_failure(
      ApiStandIn(answering(http("307 Temporary Redirect", "", "Location: " + other.url() + "/chat/completions\r\n"))),
      AR_NETWORK, "HTTP 307", 1);
  EXPECT_TRUE(other.requests().empty()) << "which would get the key";
}

TEST_F(OpenAi, IsReachedWithoutAProxyThatWouldReadTheKey) {
  const ApiStandIn proxy(answering(stream("from the proxy")));
  const ApiStandIn api(answering(stream("pong")));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  const Answer answer = open(api).handle(conformance::text("hello"));
  ::unsetenv("http_proxy");
  EXPECT_EQ(answer.text, "pong");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(OpenAi, KeepsOneConversationWithEachPeer) {
  const ApiStandIn api([](const Request& request, const Connection& to) {
    to.send(stream("re: " + said(messages_of(request).back())));
  });
  open(api, "history = 2\n");
  for (const char* text : {"1", "2", "3", "4"}) {
    EXPECT_EQ(handler_->handle(from('a', std::string("a") + text)).text, std::string("re: a") + text);
    EXPECT_EQ(handler_->handle(from('b', std::string("b") + text)).text, std::string("re: b") + text);
  }
  const json::array messages = messages_of(api.requests()[6]);  // the last one of a
  ASSERT_EQ(messages.size(), 6U);
  EXPECT_EQ(said(messages[1]), "a2") << "the first one is forgotten";
  EXPECT_EQ(content(messages[2]), "re: a2");
  EXPECT_EQ(messages[2].at("role"), "assistant");
  EXPECT_EQ(said(messages[3]), "a3");
  EXPECT_EQ(content(messages[4]), "re: a3");
  EXPECT_EQ(said(messages[5]), "a4");
}

TEST_F(OpenAi, AMessageWithoutAnAnswerIsNoPartOfTheConversation) {
  const ApiStandIn api(answering_in_turn({http("400 Bad Request", "{}"), kStreamHead + stop(), stream("pong")}));
  open(api);
  EXPECT_TRUE(handler_->handle(conformance::text("refused")).is_failure());
  EXPECT_TRUE(handler_->handle(conformance::text("nothing to say")).is_none());
  EXPECT_EQ(handler_->handle(conformance::text("hello")).text, "pong");
  EXPECT_EQ(messages_of(api.requests().back()).size(), 2U);
}

TEST_F(OpenAi, ForgetsWhatIsTooLongToBeShownAgain) {
  const ApiStandIn api(answering(stream("pong")));
  open(api, "history = 1000\nturns = 1000\n");
  for (int i = 0; i < 10; ++i) handler_->handle(conformance::text(std::string(20'000, 'x')));
  EXPECT_LT(api.requests().back().body.size(), 90'000U);
  EXPECT_EQ(messages_of(api.requests().back()).size(), 8U);
}

TEST_F(OpenAi, APeerHasABudgetOfItsOwn) {
  const ApiStandIn api(answering(stream("pong")));
  open(api, "turns = 2\n");
  EXPECT_EQ(handler_->handle(from('a', "1")).text, "pong");
  EXPECT_EQ(handler_->handle(from('a', "2")).text, "pong");
  const Answer over = handler_->handle(from('a', "3"));
  EXPECT_TRUE(over.is_reply());
  EXPECT_THAT(over.text, HasSubstr("again later"));
  EXPECT_TRUE(handler_->handle(from('a', "4")).is_none()) << "it is told once";
  EXPECT_EQ(handler_->handle(from('b', "1")).text, "pong");
  EXPECT_EQ(api.requests().size(), 3U);
}

TEST_F(OpenAi, ABudgetIsThereAgainInTheNextPeriod) {
  const ApiStandIn api(answering(stream("pong")));
  open(api, "turns = 1\nperiod = \"1s\"\n");
  EXPECT_EQ(handler_->handle(conformance::text("1")).text, "pong");
  const auto until = steady_clock::now() + conformance::kPatience;
  Answer answer = handler_->handle(conformance::text("2"));
  while (answer.text != "pong" && steady_clock::now() < until) answer = handler_->handle(conformance::text("2"));
  EXPECT_EQ(answer.text, "pong");
  EXPECT_EQ(api.requests().size(), 2U);
}

TEST_F(OpenAi, EndsAtOnceWhenItIsCancelled) {
  std::promise<void> asked;
  std::promise<void> refused;
  const ApiStandIn api([&, count = 0](const Request&, const Connection& to) mutable {
    switch (++count) {
      case 1:  // while the answer comes
        to.send(kStreamHead + piece("half"));
        asked.set_value();
        return to.await_end();
      case 2:  // while it waits to ask again
        to.send(http("429 Too Many Requests", "{}", "Retry-After: 60\r\n"));
        return refused.set_value();
      default:
        to.send(stream("pong"));
    }
  });
  open(api, "turns = 1\n");
  for (std::promise<void>* const reached : {&asked, &refused}) {
    CancelFlag cancel;
    auto call = std::async(std::launch::async, [&] { return handler_->handle(conformance::text("hello"), cancel); });
    reached->get_future().wait();
    const auto cancelled_at = steady_clock::now();
    cancel.cancel();
    const Answer answer = call.get();
    EXPECT_TRUE(answer.is_cancelled()) << answer.describe();
    EXPECT_LE(steady_clock::now() - cancelled_at, std::chrono::seconds(2));
  }
  const Answer again = handler_->handle(conformance::text("hello"));
  EXPECT_EQ(again.text, "pong") << "what was cancelled takes nothing of the budget: " << again.describe();
  EXPECT_EQ(messages_of(api.requests().back()).size(), 2U);
}

TEST_F(OpenAi, ASlowApiIsATimeout) {
  const ApiStandIn api([](const Request&, const Connection& to) { to.await_end(); });
  const Answer answer = open(api, "timeout = \"300ms\"\n").handle(conformance::text("hello"));
  EXPECT_EQ(answer.reason(), AR_TIMEOUT) << answer.describe();
}

TEST_F(OpenAi, SettingsThatAreNoneAreRefused) {
  const auto refused = [&](const std::string& toml, const std::string& reason) {
    ar_handler* handler = nullptr;
    conformance::Error error;
    EXPECT_EQ(HandlerUnderTest::try_open(plugin_, toml, &handler, &error), AR_INVALID) << toml;
    EXPECT_THAT(error.message, HasSubstr(reason));
    EXPECT_THAT(std::string(error.message) + error.hint, Not(HasSubstr("sk-")));
  };
  const std::string model = "model = \"m\"\n";
  refused("", "model of handler-openai is missing");
  refused(model + "api_key = \"sk-1\\r\\nX-More: 1\"\n", "characters that no key has");
  refused(model + "api_key = \"sk-1\" sk-2\n", "no TOML");
  refused(model + "base_url = \"file:///etc/passwd\"\n", "base_url");
  refused(model + "base_url = \"http://127.0.0.1/ v1\"\n", "base_url");
  refused(model + "base_url = \"https://sk-1@api.example/v1\"\n", "has a user or a query");
  refused(model + "base_url = \"http://api.example/v1\"\napi_key = \"sk-1\"\n", "unencrypted");
  refused(model + "base_url = \"http://127.0.0.1.example/v1\"\napi_key = \"sk-1\"\n", "unencrypted");
  refused(model + "timeout = \"soon\"\n", "timeout");
}

TEST_F(OpenAi, KeepsThePromisesOfAHandler) {
  const ApiStandIn echo([](const Request& request, const Connection& to) {
    boost::system::error_code cancelled;  // in the middle of its request
    json::parse(request.body, cancelled);
    if (!cancelled) to.send(stream(said(messages_of(request).back())));
  });
  const ApiStandIn silent(answering(kStreamHead + stop()));
  const ApiStandIn slow([](const Request&, const Connection& to) { to.await_end(); });
  const std::string folder = testing::TempDir();
  const auto file = [&](const std::string& name, const ApiStandIn& api, const std::string& more) {
    const std::string path = folder + "openai-" + name + ".toml";
    std::ofstream(path) << "[handler.openai]\n" << config(api.url(), more);
    return path;
  };
  const std::string many = "turns = 100000\nhistory = 0\n";
  const std::string command = std::string("'" AGENTROOM "' --home '") + folder + "openai-home' --config '" +
                              file("echo", echo, many) +
                              "' plugin check '" OPENAI_PLUGIN "' --json --when 'echo=" + file("echo", echo, many) +
                              "' --when 'none=" + file("none", silent, many) +
                              "' --when 'endless=" + file("endless", slow, "timeout = \"1h\"\n") +
                              "' --when 'timeout=" + file("timeout", slow, "timeout = \"500ms\"\n") + "' 2>&1";
  std::FILE* const run = ::popen(command.c_str(), "r");
  ASSERT_NE(run, nullptr);
  std::string output;
  for (int c = std::fgetc(run); c != EOF; c = std::fgetc(run)) output += static_cast<char>(c);
  EXPECT_EQ(::pclose(run), 0) << output;
  EXPECT_THAT(output, AllOf(HasSubstr("\"broken\":0"), HasSubstr("\"left_out\":2"))) << "but for those that fail";
}

}  // namespace
}  // namespace agentroom::handlers
