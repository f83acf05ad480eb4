#include "stream_messages.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace agentroom::handler_exec {
namespace {

namespace json = boost::json;
using sdk::fail;

constexpr std::size_t kMaxDepth = 8;

sdk::Error no_answer(const std::string& why) {
  return fail(AR_INVALID, "the command wrote a line that is no answer: " + why,
              R"(Each line is one object: {"id":N,"reply":"..."} or {"id":N,"error":"..."}.)");
}

}  // namespace

std::string message_line(std::uint64_t id, const sdk::Message& message) {
  const json::object object{{"id", id},
                            {"from", message.from},
                            {"from_name", message.from_name},
                            {"pk", message.self},
                            {"msg_id", message.msg_id},
                            {"conversation_id", message.conversation_id},
                            {"attempt", message.attempt},
                            {"hops", message.hops},
                            {"sent_at", message.sent_at_ms},
                            {"text", message.text}};
  return json::serialize(object) + "\n";
}

sdk::Result<AnswerLine> parse_answer_line(std::string_view line, std::size_t max_reply) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error, {}, options);
  if (error) return no_answer("not JSON (" + error.message() + ")");
  const json::object* object = value.if_object();
  if (object == nullptr) return no_answer("not an object");
  const json::value* id = object->if_contains("id");
  if (id == nullptr || !(id->is_int64() || id->is_uint64())) return no_answer("it has no id that is a whole number");
  AnswerLine answer;
  answer.id = id->to_number<std::uint64_t>(error);
  if (error) return no_answer("its id is none of a message");

  if (const json::value* failed = object->if_contains("error"); failed != nullptr && !failed->is_null()) {
    if (!failed->is_string()) return no_answer("its error is not a text");
    answer.reply = fail(AR_ABORTED, "the command answered with an error: " + std::string(failed->as_string()));
    return answer;
  }
  const json::value* reply = object->if_contains("reply");
  if (reply == nullptr || reply->is_null()) return answer;
  if (!reply->is_string()) return no_answer("its reply is not a text");
  const json::string& text = reply->as_string();
  if (text.size() > max_reply) {
    answer.reply = fail(AR_TOO_LARGE, "the command answered with " + std::to_string(text.size()) + " bytes",
                        "A reply has at most " + std::to_string(max_reply) + " bytes: max_output of handler-exec.");
  } else if (!text.empty()) {
    answer.reply = sdk::Reply(std::string(text));
  }
  return answer;
}

}  // namespace agentroom::handler_exec
